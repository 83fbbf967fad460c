// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.linux.process.ProcessTable;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.LocalEnd;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.SocketInfo;
import dev.nfkit.process.SocketState;
import dev.nfkit.process.Sockets;
import dev.nfkit.process.UnknownReason;
import dev.nfkit.socket.NetlinkTransport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds processes on Linux: asks the kernel for the socket ({@link Sockets}), and {@code /proc} for the process that has
 * it.
 *
 * <pre>{@code
 * try (ProcessResolver processes = LinuxProcesses.open(LinuxTransport.current())) {
 *     System.out.println(processes.resolve(entry.original()));
 * }
 * }</pre>
 *
 * <p>It finds processes of other users only with {@code CAP_SYS_PTRACE}, and processes of containers only from the
 * host's pid namespace. Without them it works for what is visible, and returns the user of the socket with {@link
 * UnknownReason#NO_PERMISSION} or {@link UnknownReason#OTHER_PID_NAMESPACE} for the rest.
 *
 * <p>Safe for any number of threads. Sockets, processes and searches without result are kept in caches, of some
 * megabytes at most; a cached answer is checked against {@code /proc} each time, and what is known about a process is
 * read again after a second, and as soon as it starts another program.
 */
public final class LinuxProcesses implements ProcessResolver {
    private static final System.Logger LOG = System.getLogger(LinuxProcesses.class.getName());
    private static final Path PROC = Path.of("/proc");

    private final Sockets sockets;
    private final ProcessTable table;
    private volatile boolean closed;
    private volatile boolean warned;

    private LinuxProcesses(Sockets sockets, ProcessTable table) {
        this.sockets = sockets;
        this.table = table;
    }

    /**
     * Opens a resolver for the connections of a network namespace.
     *
     * @param transport the network namespace
     * @return the resolver; the caller closes it
     * @throws dev.nfkit.KernelRefusedException if the kernel does not show sockets
     *     ({@link dev.nfkit.Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a socket cannot be opened
     */
    public static ProcessResolver open(NetlinkTransport transport) throws NetlinkException {
        return open(transport, PROC);
    }

    /** As {@link #open(NetlinkTransport)}, with another directory in place of {@code /proc}. */
    static LinuxProcesses open(NetlinkTransport transport, Path proc) throws NetlinkException {
        return new LinuxProcesses(Sockets.open(transport), new ProcessTable(proc, transport::nanoTime));
    }

    @Override
    public Attribution resolve(ConntrackTuple tuple) {
        if (!searched(tuple)) {
            return Attribution.unknown(UnknownReason.OTHER_PROTOCOL);
        }
        try {
            return find(tuple);
        } catch (NetlinkException e) {
            if (!closed) {
                LOG.log(
                        warned ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                        "the process of a connection is unknown: {0}",
                        e.getMessage());
                warned = true;
            }
            return Attribution.unknown(UnknownReason.FAILED);
        }
    }

    private static boolean searched(ConntrackTuple tuple) {
        return tuple.hasProtocol()
                && (tuple.protocol() == IpProtocol.TCP || tuple.protocol() == IpProtocol.UDP)
                && tuple.hasPorts()
                && !tuple.family().equals(AddressFamily.UNSPEC);
    }

    private Attribution find(ConntrackTuple tuple) throws NetlinkException {
        LocalEnd end = sockets.findEither(tuple);
        Optional<SocketInfo> socket = ofProcess(end);
        if (socket.isEmpty()) {
            return Attribution.unknown(end.local() ? UnknownReason.ENDED : UnknownReason.FORWARDED);
        }
        long inode = socket.get().inode();
        long uid = socket.get().uid();
        ProcessTable.Result result = table.find(
                inode,
                uid,
                () -> ofProcess(sockets.findEither(tuple))
                        .map(again -> again.inode() == inode)
                        .orElse(false));
        ProcessInfo process = result.process();
        UnknownReason reason = result.reason();
        if (process != null) {
            return new Attribution.Known(process);
        }
        return reason == null || reason == UnknownReason.ENDED
                ? Attribution.unknown(UnknownReason.ENDED)
                : new Attribution.Unknown(reason, OptionalLong.of(uid));
    }

    /** The socket that a process has: that of the end, or the one that listens for it; empty if it has none any more. */
    private Optional<SocketInfo> ofProcess(LocalEnd end) throws NetlinkException {
        Optional<SocketInfo> socket = end.socket();
        if (socket.isEmpty() || socket.get().inode() != 0) {
            return socket;
        }
        return awaitsAccept(socket.get())
                ? sockets.findListener(socket.get()).filter(found -> found.inode() != 0)
                : Optional.empty();
    }

    /** Whether no process has accepted the socket yet. One that was closed is in another state. */
    private static boolean awaitsAccept(SocketInfo socket) {
        return socket.is(SocketState.SYN_RECV)
                || socket.is(SocketState.NEW_SYN_RECV)
                || socket.is(SocketState.ESTABLISHED)
                || socket.is(SocketState.CLOSE_WAIT);
    }

    @Override
    public void close() {
        closed = true;
        sockets.close();
    }
}
