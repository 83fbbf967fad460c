// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import dev.nfkit.MalformedMessageException;
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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A socket whose kernel acknowledges requests until it is given answers. It sends these in reply to the next request,
 * with that request's sequence number and port id. Waiting advances its clock.
 */
final class AnsweringTransport implements NetlinkTransport, NetlinkSocket {
    private static final long PORT = 77;
    private static final int SEQUENCE_AT = 8;

    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private @Nullable List<byte[]> answers;
    private long now;

    /** Sends these datagrams in reply to the next request. */
    void answer(List<byte[]> datagrams) {
        answers = datagrams;
    }

    @Override
    public NetlinkSocket open(int protocol) {
        return this;
    }

    @Override
    public KernelView kernel() {
        return new FakeNetfilter().kernel();
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public long portId() {
        return PORT;
    }

    @Override
    public ByteOrder order() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public void send(ByteBuffer datagram) {
        MessageCursor request = new MessageCursor().wrap(datagram, datagram.position(), datagram.remaining(), order());
        try {
            request.next();
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed request", e);
        }
        List<byte[]> given = answers;
        if (given == null) {
            acknowledge(request.sequence());
        } else {
            given.forEach(answer -> waiting.add(addressed(answer, request.sequence())));
            answers = null;
        }
    }

    private void acknowledge(long sequence) {
        MessageWriter writer = new MessageWriter(64, order());
        writer.begin(Netlink.NLMSG_ERROR, 0, sequence, PORT).rawHost32(0).raw(new byte[16]);
        ByteBuffer answer = writer.end().datagram();
        byte[] bytes = new byte[answer.remaining()];
        answer.get(bytes);
        waiting.add(bytes);
    }

    /** Sets the sequence number and the port id of each message. */
    private byte[] addressed(byte[] answer, long sequence) {
        ByteBuffer bytes = ByteBuffer.wrap(answer.clone()).order(order());
        int at = 0;
        while (bytes.capacity() - at >= Netlink.NLMSG_HDRLEN) {
            bytes.putInt(at + SEQUENCE_AT, (int) sequence).putInt(at + SEQUENCE_AT + 4, (int) PORT);
            int length = bytes.getInt(at);
            if (length < Netlink.NLMSG_HDRLEN || length > bytes.capacity() - at) {
                break;
            }
            at += Netlink.align(length);
        }
        return bytes.array();
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) {
        batch.clear();
        while (!waiting.isEmpty() && batch.count() < batch.slots()) {
            byte[] next = waiting.remove();
            int slot = batch.count();
            int kept = Math.min(next.length, batch.slotSize());
            batch.buffer().put(batch.slotOffset(slot), next, 0, kept);
            batch.add(slot, next.length, kept < next.length);
        }
        if (batch.count() == 0) {
            now += timeoutNanos < 0 ? Long.MAX_VALUE / 4 : timeoutNanos;
        }
        batch.receivedAt(now);
        return batch.count();
    }

    @Override
    public void set(SocketOption option, int value) {}

    @Override
    public int get(SocketOption option) {
        return 1 << 20;
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
