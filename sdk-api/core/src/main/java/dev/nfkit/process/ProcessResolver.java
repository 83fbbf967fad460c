// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.conntrack.ConntrackTuple;
import java.util.OptionalLong;

/**
 * Finds the process of a connection or a packet. {@code LinuxProcesses} of {@code nfkit-linux} asks the kernel for the
 * socket and {@code /proc} for its process; tests use {@code FakeProcesses} of {@code nfkit-testkit}.
 *
 * <pre>{@code
 * try (ProcessResolver processes = LinuxProcesses.open(transport)) {
 *     Attribution by = processes.resolve(entry.original());
 *     by.known().ifPresent(process -> System.out.println(process.pid() + " " + process.name()));
 * }
 * }</pre>
 *
 * <p>Ask when the connection begins: a socket that was closed and a process that has ended cannot be found. Any thread
 * may ask. An answer waits for the kernel and for files of {@code /proc}, but never for a packet or another process.
 */
public interface ProcessResolver extends AutoCloseable {
    /**
     * A resolver that does not search: every answer is {@link UnknownReason#NOT_ASKED}.
     *
     * @return the resolver; it has nothing to close
     */
    static ProcessResolver none() {
        return NoProcesses.INSTANCE;
    }

    /**
     * Finds the process at an end of a connection or packet.
     *
     * <p>If the source is an address of this network namespace, the answer is about its socket, and otherwise about that
     * of the destination. If the connection has no socket of its own yet, the socket that listens for it counts. So the
     * answer for a connection's original tuple is the process that began it, if that was here, or else the one that
     * serves it. If both ends are here, {@link ConntrackTuple#inverted()} finds the other one.
     *
     * <p>A packet's tuple is its source and destination. A socket may belong to several processes, which inherited it
     * or got it sent; the answer is one of them.
     *
     * @param tuple the original tuple of a connection, or the tuple of a packet, with the addresses and ports that the
     *     socket has: those before source NAT and after destination NAT of what arrives here
     * @return the process, or why it is unknown; {@link UnknownReason#FAILED} after {@link #close}
     */
    Attribution resolve(ConntrackTuple tuple);

    /**
     * Finds the process at an end of a connection that may be translated. The addresses of the original tuple are those
     * that the beginning end has, and the addresses of the reply those that the answering end has.
     *
     * @param original the original tuple
     * @param reply the tuple of the reply direction
     * @return as {@link #resolve(ConntrackTuple)} of the original tuple; if no socket was found because the destination is
     *     translated, as that of the translated tuple
     */
    default Attribution resolve(ConntrackTuple original, ConntrackTuple reply) {
        Attribution first = resolve(original);
        if (!(first instanceof Attribution.Unknown unknown) || !original.hasPorts() || !reply.hasPorts()) {
            return first;
        }
        ConntrackTuple translated = reply.inverted();
        boolean elsewhere = unknown.reason() == UnknownReason.ENDED
                && !(translated.destination().equals(original.destination())
                        && translated.destinationPort() == original.destinationPort());
        boolean other = unknown.reason() == UnknownReason.FORWARDED || elsewhere;
        if (!other || translated.equals(original)) {
            return first;
        }
        Attribution second = resolve(translated);
        return second instanceof Attribution.Unknown neither && neither.reason() == UnknownReason.FORWARDED
                ? first
                : second;
    }

    /**
     * Finds the process of a packet whose user id the kernel has logged, such as {@code NflogPacket.uid()}.
     *
     * @param tuple the packet's tuple
     * @param uid the packet's user id, 0 to 2³²−1, or empty
     * @return as {@link #resolve(ConntrackTuple)}; if the process is unknown, with this user id unless the socket has
     *     one
     */
    default Attribution resolve(ConntrackTuple tuple, OptionalLong uid) {
        Attribution found = resolve(tuple);
        return found instanceof Attribution.Unknown unknown && unknown.uid().isEmpty() && uid.isPresent()
                ? new Attribution.Unknown(unknown.reason(), uid)
                : found;
    }

    /** Frees sockets and caches. Any thread; idempotent. An answer that is in progress becomes unknown. */
    @Override
    void close();
}
