// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.packet.AddressText;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The messages of sockets: {@code struct inet_diag_req_v2} and {@code struct inet_diag_msg}. */
final class SocketMessages {
    private static final String PATH = "SOCK_DIAG_BY_FAMILY";
    private static final int IPV6_LEN = 16;
    private static final int MAPPED = 0xffff;
    private static final long U32 = 0xffff_ffffL;

    /** Offsets in {@code struct inet_diag_sockid}, which both have after four or eight bytes. */
    private static final int DESTINATION_PORT = 2;

    private static final int SOURCE = 4;
    private static final int DESTINATION = 20;
    private static final int INTERFACE = 36;
    private static final int COOKIE = 40;
    private static final int ID_LEN = 48;

    /** Offsets in {@code struct inet_diag_msg}. */
    private static final int ID = 4;

    private static final int UID = 64;
    private static final int INODE = 68;

    private SocketMessages() {}

    /** The two ends of a socket, the interface that it is bound to, and its cookie. */
    record Ends(InetAddress local, int localPort, InetAddress remote, int remotePort, long device, long cookie) {
        boolean six() {
            return local instanceof Inet6Address;
        }

        /** The same ends, of a socket that is bound to an interface. */
        Ends on(long index) {
            return new Ends(local, localPort, remote, remotePort, index, cookie);
        }

        /** The same ends with source and destination exchanged. */
        Ends exchanged() {
            return new Ends(
                    /* local= */ remote,
                    /* localPort= */ remotePort,
                    /* remote= */ local,
                    /* remotePort= */ localPort,
                    device,
                    cookie);
        }
    }

    /**
     * Writes a request after its header.
     *
     * @param writer the target
     * @param protocol the protocol above IP
     * @param states a bit for each state, as a dump uses them
     * @param ends the ends
     */
    static void write(MessageWriter writer, int protocol, int states, Ends ends) {
        AddressFamily family = ends.six() ? AddressFamily.IPV6 : AddressFamily.IPV4;
        ByteBuffer id =
                ByteBuffer.allocate(ID_LEN).putShort((short) ends.localPort()).putShort((short) ends.remotePort());
        id.position(SOURCE).put(ends.local().getAddress());
        id.position(DESTINATION).put(ends.remote().getAddress());
        id.order(writer.order()).putInt(INTERFACE, (int) ends.device());
        id.order(ByteOrder.BIG_ENDIAN).putLong(COOKIE, ends.cookie());
        writer.raw((byte) family.number(), (byte) protocol, (byte) 0, (byte) 0)
                .rawHost32(states)
                .raw(id.array());
    }

    /** Reads an answer. */
    static SocketInfo read(MessageCursor message, int protocol) throws MalformedMessageException {
        int length = message.length() - Netlink.NLMSG_HDRLEN;
        if (message.type() != SockDiag.SOCK_DIAG_BY_FAMILY) {
            throw new MalformedMessageException(
                    "nlmsghdr", 0, "type " + SockDiag.SOCK_DIAG_BY_FAMILY, "type " + message.type());
        }
        if (length < SockDiag.INET_DIAG_MSG_LEN) {
            throw new MalformedMessageException(
                    PATH, Netlink.NLMSG_HDRLEN, SockDiag.INET_DIAG_MSG_LEN + " bytes", length + " bytes");
        }
        ByteBuffer buffer = message.buffer();
        int at = message.bodyOffset();
        int family = buffer.get(at) & 0xff;
        boolean six = family == AddressFamily.IPV6.number();
        if (!six && family != AddressFamily.IPV4.number()) {
            throw new MalformedMessageException(
                    PATH, Netlink.NLMSG_HDRLEN, "idiag_family 2 or 10", Integer.toString(family));
        }
        int id = at + ID;
        return new SocketInfo(
                protocol,
                SocketState.of(buffer.get(at + 1) & 0xff),
                address(buffer, id + SOURCE, six),
                buffer.getShort(id) & 0xffff,
                address(buffer, id + DESTINATION, six),
                buffer.getShort(id + DESTINATION_PORT) & 0xffff,
                host(message, at + UID),
                host(message, at + INODE),
                host(message, id + INTERFACE),
                buffer.getLong(id + COOKIE));
    }

    /** An address; one of IPv4 that a socket of IPv6 has ({@code ::ffff:10.0.0.1}) as an address of IPv4. */
    private static InetAddress address(ByteBuffer buffer, int at, boolean six) {
        boolean mapped = six && buffer.getLong(at) == 0 && buffer.getInt(at + Long.BYTES) == MAPPED;
        byte[] bytes = new byte[six && !mapped ? IPV6_LEN : Integer.BYTES];
        buffer.get(mapped ? at + IPV6_LEN - Integer.BYTES : at, bytes);
        return AddressText.toInetAddress(Bytes.of(bytes), 0, bytes.length);
    }

    private static long host(MessageCursor message, int at) {
        int value = message.buffer().getInt(at);
        return (message.order() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(value) : value) & U32;
    }
}
