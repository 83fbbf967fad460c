// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A socket that acknowledges every request and then delivers the same datagrams repeatedly, without a system call. What
 * remains is the cost of nfkit itself.
 */
public final class RepeatingSocket implements NetlinkSocket, NetlinkTransport {
    private static final int PAYLOAD = 92;
    /**
     * The offset of a queued packet's id: after nlmsghdr, nfgenmsg and the header of NFQA_PACKET_HDR, which comes
     * first.
     */
    private static final int PACKET_ID = Netlink.NLMSG_HDRLEN + 4 + 4;

    private final KernelView kernel = new FakeNetfilter().kernel();
    private final MessageWriter answer = new MessageWriter(64, ByteOrder.nativeOrder());
    private final MessageCursor request = new MessageCursor();
    private final List<ByteBuffer> datagrams;
    /**
     * Whether packets have ids. They keep increasing, as the kernel's do: a session sends no batches if ids decrease.
     */
    private final boolean numbered;

    private int lastId;
    private @Nullable DatagramBatch filled;
    private boolean answering;
    private long receives = Long.MAX_VALUE;

    private RepeatingSocket(List<ByteBuffer> datagrams, boolean numbered) {
        this.datagrams = datagrams;
        this.numbered = numbered;
    }

    /**
     * Creates a socket whose datagrams each contain the given number of packets, as a rule of the measuring harness
     * logs them.
     *
     * @param group the group that logged them
     * @param count the number of packets in a datagram
     * @return the socket, which is its own transport
     */
    public static RepeatingSocket nflog(int group, int count) {
        MessageWriter writer = new MessageWriter(count * 256 + 64, ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0)
                    .nfgenmsg(AddressFamily.IPV4.number(), group)
                    .bytes(1, (byte) 8, (byte) 0, (byte) 3, (byte) 0)
                    .string(10, "bench")
                    .be32(5, 2)
                    .be32(2, 7)
                    .be32(11, 0)
                    .be32(14, 0)
                    .be32(12, i)
                    .bytes(9, ipv4())
                    .end();
        }
        writer.begin(Netlink.NLMSG_DONE, 0, 0).nfgenmsg(0, group).end();
        return new RepeatingSocket(List.of(writer.datagram()), false);
    }

    /** Creates a socket that delivers the given number of queued packets with each receive, one in each datagram. */
    static RepeatingSocket nfqueue(int queue, int count) {
        List<ByteBuffer> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            packets.add(new MessageWriter(256, ByteOrder.nativeOrder())
                    .begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0)
                    .nfgenmsg(AddressFamily.IPV4.number(), queue)
                    .bytes(1, (byte) 0, (byte) 0, (byte) 0, (byte) i, (byte) 8, (byte) 0, (byte) 3)
                    .be32(6, 2)
                    .be32(3, 7)
                    .bytes(10, ipv4())
                    .end()
                    .datagram());
        }
        return new RepeatingSocket(packets, true);
    }

    /**
     * Lets the socket run empty, which closing a session requires.
     *
     * @param most the number of receives that deliver datagrams
     * @return this socket
     */
    public RepeatingSocket ending(long most) {
        receives = most;
        return this;
    }

    private static byte[] ipv4() {
        byte[] payload = new byte[PAYLOAD];
        payload[0] = 0x45;
        payload[3] = PAYLOAD;
        return payload;
    }

    @Override
    public NetlinkSocket open(int protocol) {
        return this;
    }

    @Override
    public KernelView kernel() {
        return kernel;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long portId() {
        return 1;
    }

    @Override
    public ByteOrder order() {
        return ByteOrder.nativeOrder();
    }

    @Override
    public void send(ByteBuffer datagram) {
        try {
            request.wrap(datagram, datagram.position(), datagram.remaining(), ByteOrder.nativeOrder());
            if (!request.next() || (request.flags() & Netlink.NLM_F_ACK) == 0) {
                return; // verdicts are not acknowledged
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
        answer.clear().begin(Netlink.NLMSG_ERROR, Netlink.NLM_F_CAPPED, request.sequence(), 1);
        answer.rawHost32(0).raw(new byte[Netlink.NLMSG_HDRLEN]).end();
        answering = true;
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) {
        batch.clear();
        if (answering) {
            answering = false;
            batch.buffer().put(0, answer.datagram(), 0, answer.length());
            batch.add(0, answer.length());
            return 1;
        }
        if (receives-- <= 0) {
            return 0;
        }
        boolean fill = filled != batch;
        for (int slot = 0; slot < datagrams.size(); slot++) {
            ByteBuffer datagram = datagrams.get(slot);
            if (fill) {
                batch.buffer().put(batch.slotOffset(slot), datagram, 0, datagram.limit());
            }
            if (numbered) {
                ByteBuffer buffer = batch.buffer();
                int id = ++lastId;
                boolean swap = buffer.order() != ByteOrder.BIG_ENDIAN;
                buffer.putInt(batch.slotOffset(slot) + PACKET_ID, swap ? Integer.reverseBytes(id) : id);
            }
            batch.add(slot, datagram.limit());
        }
        filled = batch;
        return datagrams.size();
    }

    @Override
    public void set(SocketOption option, int value) {}

    @Override
    public int get(SocketOption option) {
        return 1 << 27;
    }

    @Override
    public void filter(@Nullable EventFilter filter) {}

    @Override
    public long drops() {
        return 0;
    }

    @Override
    public long foreign() {
        return 0;
    }

    @Override
    public void wakeup() {}

    @Override
    public void close() {}
}
