// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.socket.SocketOwner;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the process that owns a port id of {@code NETLINK_NETFILTER}: port id, inode in {@code /proc/net/netlink}, a
 * link to it in {@code /proc/pid/fd}. A port id often is the id of the process that opened the socket, but need not be.
 */
final class SocketOwners {
    static final Path NETLINK = Path.of("/proc/thread-self/net/netlink");

    private static final Path PROC = Path.of("/proc");
    /** The maximum number of descriptors to check. */
    private static final int BOUND = 500_000;

    private final String link;
    private int left = BOUND;

    private SocketOwners(String inode) {
        this.link = "socket:[" + inode + "]";
    }

    /**
     * Finds an owner.
     *
     * @param table the text of {@code /proc/net/netlink}, in the namespace in question
     * @param portId the port id
     */
    static Optional<SocketOwner> find(String table, long portId) {
        String inode = inode(table, portId);
        if (inode == null) {
            return Optional.empty();
        }
        return new SocketOwners(inode).search(portId);
    }

    /** The inode of a port id; columns: sk, Eth (the protocol), Pid (the port id), …, Inode. */
    static @Nullable String inode(String table, long portId) {
        String protocol = Integer.toString(Netlink.NETLINK_NETFILTER);
        String port = Long.toString(portId);
        for (String line : table.split("\n", -1)) {
            String[] columns = line.strip().split("\\s+", -1);
            if (columns.length >= 10 && columns[1].equals(protocol) && columns[2].equals(port)) {
                return columns[9];
            }
        }
        return null;
    }

    private Optional<SocketOwner> search(long portId) {
        Path likely = PROC.resolve(Long.toString(portId));
        Boolean has = holds(likely);
        if (Boolean.TRUE.equals(has)) {
            return owner(likely);
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[1-9]*")) {
            for (Path process : processes) {
                if (Boolean.TRUE.equals(holds(process))) {
                    return owner(process);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Then only the port id is known.
        }
        // Its descriptors cannot be read: the port id itself is the best guess.
        return has == null ? owner(likely) : Optional.empty();
    }

    /** Whether a process holds the socket; null if its descriptors cannot be read. */
    private @Nullable Boolean holds(Path process) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (--left < 0) {
                    return false;
                }
                if (isLink(descriptor)) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return null;
        }
    }

    private boolean isLink(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals(link);
        } catch (IOException e) {
            // It was closed in the meantime.
            return false;
        }
    }

    private static Optional<SocketOwner> owner(Path process) {
        try {
            String name = Files.readString(process.resolve("comm")).strip();
            return Optional.of(new SocketOwner(Long.parseLong(String.valueOf(process.getFileName())), name));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
