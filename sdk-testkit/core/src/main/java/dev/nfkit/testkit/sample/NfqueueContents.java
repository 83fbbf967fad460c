// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a packet of NFQUEUE, and what the model of a queue does with them. They are written in the kernel's
 * order ({@code nfqnl_build_packet_message} in {@code net/netfilter/nfnetlink_queue.c}).
 */
public final class NfqueueContents extends PacketContents {
    private static final int CT = NfqueueAttribute.CT.code();
    private static final int CT_INFO = NfqueueAttribute.CT_INFO.code();
    private static final int CAP_LEN = NfqueueAttribute.CAP_LEN.code();
    private static final int SKB_INFO = NfqueueAttribute.SKB_INFO.code();
    private static final int UID = NfqueueAttribute.UID.code();
    private static final int GID = NfqueueAttribute.GID.code();
    private static final int SECCTX = NfqueueAttribute.SECCTX.code();
    /**
     * The kernel's order of attributes between the packet header and the payload. The codes are repeated from {@code
     * linux/netfilter/nfnetlink_queue.h} on purpose: a wrong code in the core's enum shows.
     */
    private static final int[] ORDER = {5, 7, 6, 8, 3, 21, 9, 19, 20, 4, 16, 17, 22, 18, 11, 12, 13, 14};

    private static final long LARGE = NfqueueConfig.NFQA_SKB_GSO | NfqueueConfig.NFQA_SKB_CSUMNOTREADY;

    private final List<byte[]> segments = new ArrayList<>();
    private int queue;
    private long id = 1;
    private boolean bypass;
    private @Nullable Object carried;

    /** Creates a packet without a payload. */
    public NfqueueContents() {
        super(NfqueueAttribute.SCHEMA);
    }

    /** Sets the queue, 0 to 65535. */
    public void queue(int number) {
        queue = number;
    }

    /** Sets the packet's id in its queue, 0 to 2³²−1. */
    public void id(long number) {
        id = number;
    }

    /** Sets the segments into which the kernel splits it; none for a packet of usual size. */
    public void segments(byte[]... packets) {
        segments.clear();
        for (byte[] packet : packets) {
            segments.add(packet.clone());
        }
        if (packets.length > 0) {
            attributes().be32(SKB_INFO, attributes().number(SKB_INFO) | LARGE);
        }
    }

    /** Accepts the packet if its queue is not bound. */
    public void bypass() {
        bypass = true;
    }

    /** Whether the packet is accepted if its queue is not bound. */
    public boolean bypasses() {
        return bypass;
    }

    /** Sets what the packet carries through the queue for its sender. */
    public void carries(Object passenger) {
        carried = passenger;
    }

    /** What the packet carries through the queue, or null. */
    public @Nullable Object carried() {
        return carried;
    }

    /** A copy that the model keeps and changes. */
    public NfqueueContents copy() {
        NfqueueContents copy = new NfqueueContents();
        copy.like(this);
        copy.queue = queue;
        copy.id = id;
        copy.segments.addAll(segments);
        copy.bypass = bypass;
        copy.carried = carried;
        return copy;
    }

    /** The segments into which the kernel splits it; empty if it is of usual size. */
    public List<NfqueueContents> cut() {
        List<NfqueueContents> cut = new ArrayList<>();
        for (byte[] segment : segments) {
            NfqueueContents packet = copy();
            packet.segments();
            packet.payload(segment);
            packet.nonZero(SKB_INFO, attributes().number(SKB_INFO) & ~LARGE);
            cut.add(packet);
        }
        return cut;
    }

    /** Whether it arrived on a device or leaves by it. */
    public boolean touches(long device) {
        for (NfqueueAttribute attribute : List.of(
                NfqueueAttribute.IFINDEX_INDEV,
                NfqueueAttribute.IFINDEX_OUTDEV,
                NfqueueAttribute.IFINDEX_PHYSINDEV,
                NfqueueAttribute.IFINDEX_PHYSOUTDEV)) {
            if (number(attribute) == device) {
                return true;
            }
        }
        return false;
    }

    /** Sets a number that the kernel sends only if it is not 0. */
    public void nonZero(int code, long value) {
        if (value == 0) {
            attributes().remove(code);
        } else {
            attributes().be32(code, value);
        }
    }

    /** Replaces the packet, as {@code nfqnl_mangle} does. Returns false if that fails. */
    public boolean mangle(byte[] packet) {
        if (packet.length < Math.min(payloadLength(), transportOffset())) {
            return false;
        }
        payload(packet);
        nonZero(SKB_INFO, attributes().number(SKB_INFO) & ~NfqueueConfig.NFQA_SKB_CSUMNOTREADY);
        return true;
    }

    /** A number, or 0 if it is absent. */
    public long number(NfqueueAttribute attribute) {
        return attributes().number(attribute.code());
    }

    /** The value of an attribute, or empty. */
    public Optional<Bytes> value(NfqueueAttribute attribute) {
        return attributes().value(attribute.code());
    }

    @Override
    public MessageWriter write(MessageWriter writer) {
        begin(writer, queue);
        return write(
                writer,
                packetHeader(id),
                ORDER,
                payloadLength(),
                code -> attributes().write(writer, code));
    }

    /** Appends the message as a queue of a model writes it: without a copy range, in copy mode META. */
    public MessageWriter write(MessageWriter writer, int toQueue, int newId, OptionalInt copyRange, int flags) {
        boolean whole = copyRange.isEmpty();
        int copied = Math.min(payloadLength(), copyRange.orElse(0));
        begin(writer, toQueue);
        return write(writer, packetHeader(newId), ORDER, copied, code -> {
            if (code == CAP_LEN) {
                if (!whole && copied < payloadLength()) {
                    writer.be32(CAP_LEN, payloadLength());
                }
            } else if (code == SKB_INFO && !whole && (flags & NfqueueConfig.NFQA_CFG_F_GSO) == 0) {
                // The checksum of a packet is computed before the packet is copied.
                long left = attributes().number(SKB_INFO) & ~NfqueueConfig.NFQA_SKB_CSUMNOTREADY;
                if (left != 0) {
                    writer.be32(SKB_INFO, left);
                }
            } else if ((flags & askedBy(code)) == askedBy(code)) {
                attributes().write(writer, code);
            }
        });
    }

    /** The flag of a queue that an attribute requires; 0 for most. */
    private static int askedBy(int code) {
        if (code == UID || code == GID) {
            return NfqueueConfig.NFQA_CFG_F_UID_GID;
        }
        if (code == CT || code == CT_INFO) {
            return NfqueueConfig.NFQA_CFG_F_CONNTRACK;
        }
        return code == SECCTX ? NfqueueConfig.NFQA_CFG_F_SECCTX : 0;
    }

    private void begin(MessageWriter writer, int toQueue) {
        writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).nfgenmsg(family().number(), toQueue);
    }

    private byte[] packetHeader(long packetId) {
        return ByteBuffer.allocate(7)
                .putInt((int) packetId)
                .putShort((short) hwProtocol())
                .put((byte) hook())
                .array();
    }
}
