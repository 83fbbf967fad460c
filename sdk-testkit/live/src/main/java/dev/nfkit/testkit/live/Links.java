// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/** Devices and addresses of a namespace, by requests to rtnetlink(7). */
final class Links {
    private static final int NETLINK_ROUTE = 0;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_NEWADDR = 20;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFLA_NET_NS_PID = 19;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 2;
    private static final int IFF_UP = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(30);

    private Links() {}

    /** Enables a device. */
    static void enable(NetlinkTransport transport, int index) throws NetlinkException {
        request(transport, "RTM_NEWLINK", writer(RTM_NEWLINK, 0).raw(ifinfomsg(index, IFF_UP)));
    }

    /**
     * Makes a pair of connected devices.
     *
     * @param transport the namespace of the first one
     * @param name the name of both
     * @param index the index of both
     * @param task the id of a process or thread in the namespace of the second one
     */
    static void connect(NetlinkTransport transport, String name, int index, long task) throws NetlinkException {
        MessageWriter writer = writer(RTM_NEWLINK, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL)
                .raw(ifinfomsg(index, 0))
                .string(IFLA_IFNAME, name);
        int info = writer.beginNest(IFLA_LINKINFO);
        writer.string(IFLA_INFO_KIND, "veth");
        int data = writer.beginNest(IFLA_INFO_DATA);
        int peer = writer.beginNest(VETH_INFO_PEER);
        writer.raw(ifinfomsg(index, 0)).string(IFLA_IFNAME, name).hostWords(IFLA_NET_NS_PID, Math.toIntExact(task));
        request(transport, "RTM_NEWLINK", writer.endNest(peer).endNest(data).endNest(info));
    }

    /** Gives a device an address. */
    static void address(NetlinkTransport transport, int index, InetAddress address, int prefixLength)
            throws NetlinkException {
        int family = address instanceof Inet4Address ? AF_INET : AF_INET6;
        byte[] ifaddrmsg = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .put((byte) family)
                .put((byte) prefixLength)
                .put((byte) IFA_F_NODAD)
                .put((byte) 0)
                .putInt(index)
                .array();
        request(
                transport,
                "RTM_NEWADDR",
                writer(RTM_NEWADDR, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL)
                        .raw(ifaddrmsg)
                        .bytes(IFA_LOCAL, address.getAddress())
                        .bytes(IFA_ADDRESS, address.getAddress()));
    }

    private static MessageWriter writer(int type, int flags) {
        return new MessageWriter(512, ByteOrder.nativeOrder())
                .begin(type, Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK | flags, 1);
    }

    private static byte[] ifinfomsg(int index, int flags) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.nativeOrder())
                .putInt(0)
                .putInt(index)
                .putInt(flags)
                .putInt(flags)
                .array();
    }

    private static void request(NetlinkTransport transport, String name, MessageWriter writer) throws NetlinkException {
        try (NetlinkSocket socket = transport.open(NETLINK_ROUTE)) {
            socket.send(writer.end().datagram());
            DatagramBatch batch = new DatagramBatch(1, 8192);
            if (socket.receive(batch, BOUND_NANOS) < 1) {
                throw new SystemCallException(name, Errno.ETIMEDOUT, "there is no answer");
            }
            MessageCursor answer =
                    new MessageCursor().wrap(batch.buffer(), batch.offset(0), batch.length(0), socket.order());
            if (!answer.next() || answer.type() != Netlink.NLMSG_ERROR) {
                throw new SystemCallException(name, Errno.EIO, "the answer is no acknowledgement");
            }
            int error = batch.buffer().duplicate().order(socket.order()).getInt(answer.bodyOffset());
            if (error != 0) {
                throw new SystemCallException(name, Errno.of(-error), null);
            }
        }
    }
}
