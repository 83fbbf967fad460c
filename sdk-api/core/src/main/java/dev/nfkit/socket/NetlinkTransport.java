// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.NetlinkException;

/**
 * Opens netlink sockets in one network namespace, and provides the namespace's state. Safe for any number of threads.
 *
 * <p>{@code nfkit-linux} implements it for Linux; tests use a replay or a fake from {@code nfkit-testkit}.
 */
public interface NetlinkTransport {
    /**
     * Opens a socket, bound to a port id that the kernel chooses.
     *
     * @param protocol the netlink protocol, such as {@link dev.nfkit.wire.Netlink#NETLINK_NETFILTER}
     * @return an open socket; the caller closes it
     * @throws NetlinkException if the system refuses one
     */
    NetlinkSocket open(int protocol) throws NetlinkException;

    /**
     * The state of this namespace, apart from its sockets.
     *
     * @return the view; it lives as long as this transport
     */
    KernelView kernel();

    /**
     * The clock of every deadline, as {@link System#nanoTime()}; tests can move it.
     *
     * @return nanoseconds since an arbitrary moment
     */
    long nanoTime();
}
