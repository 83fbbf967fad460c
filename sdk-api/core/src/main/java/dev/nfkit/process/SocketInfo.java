// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A socket of TCP or UDP at the time of the question. Immutable.
 *
 * <p>Follows {@code struct inet_diag_msg} in {@code linux/inet_diag.h}.
 *
 * @param protocol the protocol above IP, {@code IpProtocol.TCP} or {@code IpProtocol.UDP}
 * @param state the state; empty if a later kernel has another one
 * @param localAddress the local address; unspecified if the socket is bound to all
 * @param localPort 0 to 65535
 * @param remoteAddress the remote address; unspecified if the socket is not connected
 * @param remotePort 0 to 65535; 0 if the socket is not connected
 * @param uid the user id of the socket, 0 to 2³²−1
 * @param inode the number by which {@code /proc/pid/fd} names the socket, 0 to 2³²−1; 0 if no process has it, or has it
 *     yet
 * @param interfaceIndex the interface that the socket is bound to, or 0
 * @param cookie identifies the socket until the machine is started again
 */
public record SocketInfo(
        int protocol,
        Optional<SocketState> state,
        InetAddress localAddress,
        int localPort,
        InetAddress remoteAddress,
        int remotePort,
        long uid,
        long inode,
        long interfaceIndex,
        long cookie) {
    /**
     * Whether the socket belongs to one connection, and neither listens nor receives from any address.
     *
     * @return whether it has a remote port and is not listening
     */
    public boolean connected() {
        return remotePort != 0 && !is(SocketState.LISTEN);
    }

    /**
     * Whether the socket is in a state.
     *
     * @param expected the state
     * @return whether it is
     */
    public boolean is(SocketState expected) {
        return state.isPresent() && state.get() == expected;
    }
}
