package dev.nfkit.socket;

/** An option of a netlink socket ({@code socket(7)}, {@code netlink(7)}). */
public enum SocketOption {
    /**
     * The receive buffer in bytes. Setting tries {@code SO_RCVBUFFORCE}, which needs {@code CAP_NET_ADMIN} in the
     * initial user namespace, and falls back to {@code SO_RCVBUF}, which {@code net.core.rmem_max} caps. The kernel
     * doubles what is asked; asking for the value gives the doubled one, which is what datagrams are charged to.
     */
    RECEIVE_BUFFER,
    /**
     * The send buffer in bytes, as {@link #RECEIVE_BUFFER}, with {@code SO_SNDBUFFORCE} and {@code
     * net.core.wmem_max}. A datagram to the kernel must fit it, less 32 bytes.
     */
    SEND_BUFFER,
    /** {@code NETLINK_NO_ENOBUFS}: a full receive buffer drops datagrams without congesting the socket. */
    NO_ENOBUFS,
    /** {@code NETLINK_EXT_ACK}: errors carry the kernel's own words. */
    EXT_ACK,
    /** {@code NETLINK_CAP_ACK}: errors echo only the header of the request. */
    CAP_ACK
}
