// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Set;

/** The messages of routes: {@code struct rtmsg} with attributes, rtnetlink(7). */
final class RouteMessages {
    private static final String PATH = "RTM_NEWROUTE";
    /** Offsets in {@code struct rtmsg}. */
    private static final int DESTINATION_LENGTH = 1;

    private static final int TYPE = 7;

    private static final Set<Integer> DELIVERED =
            Set.of(SockDiag.RTN_LOCAL, SockDiag.RTN_BROADCAST, SockDiag.RTN_MULTICAST);

    private RouteMessages() {}

    /**
     * A route.
     *
     * @param local whether packets to the address are delivered here: it is one of this network namespace, or
     *     that of a broadcast or a multicast group
     * @param device the index of the interface, or 0
     */
    record Route(boolean local, long device) {
        /** There is none. */
        static final Route NONE = new Route(false, 0);
    }

    /** Writes the request for the route to an address. */
    static void write(MessageWriter writer, InetAddress to) {
        AddressFamily family = to instanceof Inet6Address ? AddressFamily.IPV6 : AddressFamily.IPV4;
        byte[] address = to.getAddress();
        byte[] header = new byte[SockDiag.RTMSG_LEN];
        header[0] = (byte) family.number();
        header[DESTINATION_LENGTH] = (byte) (address.length * Byte.SIZE);
        writer.raw(header).bytes(SockDiag.RTA_DST, address);
    }

    /** Reads an answer. */
    static Route read(MessageCursor message) throws MalformedMessageException {
        int length = message.length() - Netlink.NLMSG_HDRLEN;
        if (message.type() != SockDiag.RTM_NEWROUTE) {
            throw new MalformedMessageException(
                    "nlmsghdr", 0, "type " + SockDiag.RTM_NEWROUTE, "type " + message.type());
        }
        if (length < SockDiag.RTMSG_LEN) {
            throw new MalformedMessageException(
                    PATH, Netlink.NLMSG_HDRLEN, SockDiag.RTMSG_LEN + " bytes", length + " bytes");
        }
        int attributes = message.bodyOffset() + SockDiag.RTMSG_LEN;
        AttributeCursor cursor = new AttributeCursor()
                .wrap(message.buffer(), attributes, message.end() - attributes, message.order(), PATH);
        long device = 0;
        while (cursor.next()) {
            if (cursor.type() == SockDiag.RTA_OIF) {
                device = cursor.host32();
            }
        }
        int type = message.buffer().get(message.bodyOffset() + TYPE) & 0xff;
        return new Route(DELIVERED.contains(type), device);
    }
}
