// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

/**
 * The numbers of the kernel's interface to sockets, by its own names ({@code linux/sock_diag.h}, {@code
 * linux/inet_diag.h}), and of its routes as far as they are needed ({@code linux/rtnetlink.h}).
 */
public final class SockDiag {
    /** The netlink protocol of sockets, to open a socket with. */
    public static final int NETLINK_SOCK_DIAG = 4;
    /** A request for sockets, and each answer. */
    public static final int SOCK_DIAG_BY_FAMILY = 20;
    /** A request to end a socket. */
    public static final int SOCK_DESTROY = 21;
    /** Bytes of {@code struct inet_diag_req_v2}. */
    public static final int INET_DIAG_REQ_V2_LEN = 56;
    /** Bytes of {@code struct inet_diag_msg}. */
    public static final int INET_DIAG_MSG_LEN = 72;
    /** As both words of a cookie: any socket. */
    public static final long INET_DIAG_NOCOOKIE = -1;

    /** The netlink protocol of routes, to open a socket with. */
    public static final int NETLINK_ROUTE = 0;
    /** An answer with a route. */
    public static final int RTM_NEWROUTE = 24;
    /** A request for the route to an address. */
    public static final int RTM_GETROUTE = 26;
    /** Bytes of {@code struct rtmsg}. */
    public static final int RTMSG_LEN = 12;
    /** The attribute with the destination's address. */
    public static final int RTA_DST = 1;
    /** The attribute with the index of the interface. */
    public static final int RTA_OIF = 4;
    /** The type of routes to addresses of the network namespace itself. */
    public static final int RTN_LOCAL = 2;
    /** The type of routes to broadcast addresses. */
    public static final int RTN_BROADCAST = 3;
    /** The type of routes to multicast groups. */
    public static final int RTN_MULTICAST = 5;

    private SockDiag() {}
}
