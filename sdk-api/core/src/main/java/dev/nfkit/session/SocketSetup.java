// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.Netlink;

/** Opens the sockets of sessions and tables, and sets the options that they have in common. */
public final class SocketSetup {
    private static final int LEAST_BUFFER = 4096;
    private static final int LARGEST_BUFFER = (1 << 30) - 1;

    private SocketSetup() {}

    /**
     * Checks the size of a socket's buffer, which the kernel doubles.
     *
     * @param option the option's name, for the error
     * @param bytes the size
     * @return the size
     * @throws IllegalArgumentException if it is out of range
     */
    public static int bufferSize(String option, int bytes) {
        if (bytes < LEAST_BUFFER || bytes > LARGEST_BUFFER) {
            throw new IllegalArgumentException(
                    option + " " + bytes + " is out of " + LEAST_BUFFER + " to " + LARGEST_BUFFER);
        }
        return bytes;
    }

    /**
     * Makes what owns a socket.
     *
     * @param <S> what it makes
     */
    @FunctionalInterface
    public interface Maker<S> {
        /**
         * Makes the owner of a socket.
         *
         * @param socket the open socket
         * @return its owner, which closes it
         * @throws NetlinkException if a system call fails or the kernel refuses a request; the socket is then closed
         */
        S make(NetlinkSocket socket) throws NetlinkException;
    }

    /**
     * Opens a socket of netfilter and makes its owner. If that fails, the socket is closed.
     *
     * @param transport opens the socket
     * @param maker makes the owner
     * @return the owner
     * @throws NetlinkException if a system call fails, or as the maker throws
     * @param <S> the owner
     */
    public static <S> S open(NetlinkTransport transport, Maker<S> maker) throws NetlinkException {
        return open(transport, Netlink.NETLINK_NETFILTER, maker);
    }

    /**
     * As {@link #open(NetlinkTransport, Maker)}, of any netlink protocol.
     *
     * @param transport opens the socket
     * @param protocol the netlink protocol
     * @param maker makes the owner
     * @return the owner
     * @throws NetlinkException if a system call fails, or as the maker throws
     * @param <S> the owner
     */
    public static <S> S open(NetlinkTransport transport, int protocol, Maker<S> maker) throws NetlinkException {
        NetlinkSocket socket = transport.open(protocol);
        try {
            return maker.make(socket);
        } catch (Throwable e) {
            Failures.closeAfter(socket, e);
            throw e;
        }
    }

    /**
     * Requests refusals with the kernel's text, and answers that do not repeat the request.
     *
     * @param socket the socket
     * @throws NetlinkException if a system call fails
     */
    public static void explainRefusals(NetlinkSocket socket) throws NetlinkException {
        socket.set(SocketOption.EXT_ACK, 1);
        socket.set(SocketOption.CAP_ACK, 1);
    }

    /**
     * Sets the receive buffer.
     *
     * @param socket the socket
     * @param bytes the requested size
     * @return the size in force, as the kernel counts it
     * @throws NetlinkException if a system call fails
     */
    public static int receiveBuffer(NetlinkSocket socket, int bytes) throws NetlinkException {
        socket.set(SocketOption.RECEIVE_BUFFER, bytes);
        return socket.get(SocketOption.RECEIVE_BUFFER);
    }
}
