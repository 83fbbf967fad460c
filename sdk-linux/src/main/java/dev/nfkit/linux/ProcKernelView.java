// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.AddressFamily;
import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.nfqueue.QueueFeature;
import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.QueueState;
import dev.nfkit.socket.SocketOwner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A network namespace's state, from {@code /proc}. It reads {@code /proc/thread-self} and not {@code /proc/self}, which
 * belongs to the main thread, which did not enter the namespace.
 */
final class ProcKernelView implements KernelView {
    private static final Path NFLOG = Path.of("/proc/thread-self/net/netfilter/nfnetlink_log");
    private static final Path NFQUEUE = Path.of("/proc/thread-self/net/netfilter/nfnetlink_queue");
    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final Path NF_LOG = Path.of("/proc/sys/net/netfilter/nf_log");
    private static final Path CONNTRACK = Path.of("/proc/thread-self/net/stat/nf_conntrack");
    private static final Path RMEM_MAX = Path.of("/proc/sys/net/core/rmem_max");

    private final NamespaceEntry entry;

    ProcKernelView(NamespaceEntry entry) {
        this.entry = entry;
    }

    @Override
    public List<GroupState> nflogGroups() {
        try {
            return groups(read(NFLOG));
        } catch (NetlinkException e) {
            return List.of();
        }
    }

    /** Reads the file's lines: group, port id, queue length, copy mode, copy range, flush timeout, use count. */
    static List<GroupState> groups(String text) {
        return lines(
                text,
                7,
                columns -> new GroupState(
                        Integer.parseInt(columns[0]),
                        Long.parseLong(columns[1]),
                        Long.parseLong(columns[2]),
                        Integer.parseInt(columns[3]),
                        Long.parseLong(columns[4]),
                        Long.parseLong(columns[5]),
                        Long.parseLong(columns[6])));
    }

    @Override
    public List<QueueState> nfqueues() {
        try {
            return queues(read(NFQUEUE));
        } catch (NetlinkException e) {
            return List.of();
        }
    }

    /** Reads the file's lines: queue, port id, waiting, copy mode, copy range, queue and user drops, last id, 1. */
    static List<QueueState> queues(String text) {
        return lines(
                text,
                8,
                columns -> new QueueState(
                        Integer.parseInt(columns[0]),
                        Long.parseLong(columns[1]),
                        Long.parseLong(columns[2]),
                        Integer.parseInt(columns[3]),
                        Long.parseLong(columns[4]),
                        Long.parseLong(columns[5]),
                        Long.parseLong(columns[6]),
                        Long.parseLong(columns[7])));
    }

    @Override
    public Optional<String> unreadable() {
        return unreadable(List.of(NFLOG, NFQUEUE));
    }

    /** Why one of some files cannot be read; a file that does not exist is none of them. */
    Optional<String> unreadable(List<Path> files) {
        for (Path file : files) {
            try {
                read(file);
            } catch (SystemCallException e) {
                if (!e.errno().equals(Errno.ENOENT)) {
                    return Optional.of(e.call() + ": " + e.errno() + "; run as root, or in a namespace of your own:"
                            + " unshare -Ur unshare -n");
                }
            } catch (NetlinkException e) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
        }
        return Optional.empty();
    }

    private static <T> List<T> lines(String text, int columns, Function<String[], T> reader) {
        List<T> read = new ArrayList<>();
        text.lines().forEach(line -> {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length >= columns) {
                try {
                    read.add(reader.apply(words));
                } catch (NumberFormatException e) {
                    // A line of another format is skipped.
                }
            }
        });
        return List.copyOf(read);
    }

    @Override
    public Optional<ConntrackDrops> conntrackDrops() {
        try {
            return drops(read(CONNTRACK));
        } catch (NetlinkException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Boolean> conntrackOnPackets() {
        try {
            return Optional.of(QueueFeature.CONNTRACK.supportedBy(LinuxTransport.of(entry)));
        } catch (NetlinkException e) {
            return Optional.empty();
        }
    }

    /** Reads the file: a line of names, and for each processor a line of hexadecimal numbers. */
    static Optional<ConntrackDrops> drops(String text) {
        List<String[]> lines =
                text.lines().map(line -> line.strip().split("\\s+", -1)).toList();
        List<String> names = lines.isEmpty() ? List.of() : List.of(lines.get(0));
        int insertFailed = names.indexOf("insert_failed");
        int drop = names.indexOf("drop");
        if (insertFailed < 0 || drop < 0) {
            return Optional.empty();
        }
        long failures = 0;
        long drops = 0;
        for (String[] line : lines.subList(1, lines.size())) {
            if (line.length == names.size()) {
                try {
                    failures += Long.parseLong(line[insertFailed], 16);
                    drops += Long.parseLong(line[drop], 16);
                } catch (NumberFormatException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(new ConntrackDrops(failures, drops));
    }

    @Override
    public Optional<SocketOwner> owner(long portId) {
        try {
            return SocketOwners.find(read(SocketOwners.NETLINK), portId);
        } catch (NetlinkException e) {
            return Optional.empty();
        }
    }

    @Override
    public NetAdmin netAdmin() {
        try {
            Machine.require();
            return Privilege.of(entry.path());
        } catch (NetlinkException e) {
            return NetAdmin.UNKNOWN;
        }
    }

    @Override
    public Optional<String> interfaceName(long index) {
        if (index < 1 || index > Integer.MAX_VALUE) {
            return Optional.empty();
        }
        try {
            Machine.require();
            return entry.call(() -> nameOf((int) index));
        } catch (NetlinkException e) {
            return Optional.empty();
        }
    }

    /** SIOCGIFNAME on a socket of this thread's namespace, netdevice(7). */
    private static Optional<String> nameOf(int index) throws NetlinkException {
        int fd = Descriptor.open(0);
        try {
            NativeBlock request = new NativeBlock(Abi.IFREQ_SIZE);
            request.bytes.putInt(Abi.IFR_IFINDEX, index);
            if (LibC.ioctl(fd, Abi.SIOCGIFNAME, request.address) < 0) {
                return Optional.empty();
            }
            byte[] name = new byte[Abi.IFNAMSIZ];
            request.bytes.get(Abi.IFR_NAME, name);
            int length = 0;
            while (length < name.length && name[length] != 0) {
                length++;
            }
            return Optional.of(new String(name, 0, length, StandardCharsets.UTF_8));
        } finally {
            LibC.close(fd);
        }
    }

    @Override
    public String logger(AddressFamily family) throws NetlinkException {
        Path file = NF_LOG.resolve(Integer.toString(family.number()));
        try {
            return read(file).strip();
        } catch (SystemCallException e) {
            throw explained(e, family);
        }
    }

    @Override
    public Optional<String> namespaceId() {
        try {
            Machine.require();
            return entry.call(ProcKernelView::idOfThread);
        } catch (NetlinkException e) {
            return Optional.empty();
        }
    }

    /** Such as {@code net:[4026531840]}, namespaces(7). */
    private static Optional<String> idOfThread() {
        try {
            return Optional.of(Files.readSymbolicLink(NAMESPACE).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public void logger(AddressFamily family, String name) throws NetlinkException {
        write(family, name, () -> true);
    }

    @Override
    public boolean logger(AddressFamily family, String name, Optional<String> namespaceId) throws NetlinkException {
        return write(family, name, () -> idOfThread().equals(namespaceId));
    }

    /** Writes if a condition holds in the namespace; between the two no other namespace can be entered. */
    private boolean write(AddressFamily family, String name, NamespaceEntry.Action<Boolean> condition)
            throws NetlinkException {
        if (name.isBlank() || name.indexOf('\n') >= 0 || name.indexOf(0) >= 0) {
            throw new IllegalArgumentException("logger \"" + name + "\" is not a logger's name; NONE stands for none");
        }
        Path file = NF_LOG.resolve(Integer.toString(family.number()));
        Machine.require();
        try {
            return entry.call(() -> {
                boolean holds = condition.run();
                if (holds) {
                    ProcFile.write(file, name);
                }
                return holds;
            });
        } catch (SystemCallException e) {
            throw explained(e, family);
        }
    }

    private static SystemCallException explained(SystemCallException e, AddressFamily family) {
        String cure;
        if (e.errno().equals(Errno.ENOENT)) {
            cure = e.call().startsWith("write")
                    ? "no logger of this name is loaded for " + family
                    : "the kernel has no loggers for " + family + ", or netfilter's logging is not loaded (nf_log)";
        } else if (e.errno().equals(Errno.EACCES) || e.errno().equals(Errno.EPERM)) {
            cure = "changing a logger needs CAP_NET_ADMIN in the user namespace that owns the network namespace";
        } else {
            return e;
        }
        SystemCallException explained = new SystemCallException(e.call(), e.errno(), cure);
        explained.initCause(e);
        return explained;
    }

    @Override
    public Optional<Long> receiveBufferLimit() {
        try {
            Machine.require();
            // The limit of the whole system; another network namespace may not show it.
            return Optional.of(Long.parseLong(ProcFile.read(RMEM_MAX).strip()));
        } catch (NetlinkException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private String read(Path file) throws NetlinkException {
        Machine.require();
        return entry.call(() -> ProcFile.read(file));
    }
}
