// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/** An option of a netlink socket ({@code socket(7)}, {@code netlink(7)}). */
public enum SocketOption {
    /**
     * The receive buffer in bytes. Setting tries {@code SO_RCVBUFFORCE}, which needs {@code CAP_NET_ADMIN} in the
     * initial user namespace, and falls back to {@code SO_RCVBUF}, which {@code net.core.rmem_max} caps. The kernel
     * doubles the value that is set; reading the option returns the doubled one, to which datagrams are charged.
     */
    RECEIVE_BUFFER,
    /**
     * The send buffer in bytes, as {@link #RECEIVE_BUFFER}, with {@code SO_SNDBUFFORCE} and {@code
     * net.core.wmem_max}. A datagram to the kernel must fit it, less 32 bytes.
     */
    SEND_BUFFER,
    /** {@code NETLINK_NO_ENOBUFS}: a full receive buffer drops datagrams without congesting the socket. */
    NO_ENOBUFS,
    /** {@code NETLINK_EXT_ACK}: errors include the kernel's own text. */
    EXT_ACK,
    /** {@code NETLINK_CAP_ACK}: errors echo only the header of the request. */
    CAP_ACK,
    /**
     * {@code NETLINK_ADD_MEMBERSHIP}: joins the multicast group whose number is set, from 1. Joining again changes
     * nothing. It can only be set.
     */
    ADD_MEMBERSHIP,
    /**
     * {@code NETLINK_DROP_MEMBERSHIP}: leaves the multicast group whose number is set, from 1. Leaving one that was not
     * joined changes nothing. It can only be set. Messages already on the socket stay there.
     */
    DROP_MEMBERSHIP;

    /**
     * Requires that a value may be set. Implementations of {@link NetlinkSocket#set} call it first.
     *
     * @param value the value
     * @throws IllegalArgumentException if it is out of the option's range
     */
    public void requireValid(int value) {
        switch (this) {
            case RECEIVE_BUFFER, SEND_BUFFER -> {
                if (value < 1) {
                    throw new IllegalArgumentException(this + " " + value + " is out of 1 to 2147483647 bytes");
                }
            }
            case NO_ENOBUFS, EXT_ACK, CAP_ACK -> {
                if (value != 0 && value != 1) {
                    throw new IllegalArgumentException(this + " " + value + " is neither 0 (off) nor 1 (on)");
                }
            }
            case ADD_MEMBERSHIP, DROP_MEMBERSHIP -> {
                if (value < 1) {
                    throw new IllegalArgumentException(this + " " + value + " is out of 1 to 2147483647");
                }
            }
        }
    }

    /**
     * Requires that the option can be read. Implementations of {@link NetlinkSocket#get} call it first.
     *
     * @throws IllegalArgumentException if it can only be set, as memberships are
     */
    public void requireReadable() {
        if (this == ADD_MEMBERSHIP || this == DROP_MEMBERSHIP) {
            throw new IllegalArgumentException(this + " can only be set");
        }
    }
}
