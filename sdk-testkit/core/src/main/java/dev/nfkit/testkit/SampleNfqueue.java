package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A packet as NFQUEUE sends it: a builder of {@code NFQNL_MSG_PACKET} messages. Attributes that are not set are absent,
 * except for family, hook and hardware protocol, which every packet has. Not safe for several threads.
 *
 * <pre>{@code
 * byte[] datagram = SampleNfqueue.of(SamplePackets.udp4()).queue(3).id(1).mark(7).toDatagram();
 * }</pre>
 *
 * <p>Attributes have the kernel's codes and are written in the kernel's order ({@code nfqnl_build_packet_message} in
 * {@code net/netfilter/nfnetlink_queue.c}). Passed to {@link FakeNfqueue#enqueue}, it is the packet itself, and the
 * queue's configuration determines which attributes the message contains.
 */
public final class SampleNfqueue extends SamplePacket<SampleNfqueue> {
    private static final int CT = NfqueueAttribute.CT.code();
    private static final int CT_INFO = NfqueueAttribute.CT_INFO.code();
    private static final int CAP_LEN = NfqueueAttribute.CAP_LEN.code();
    private static final int SKB_INFO = NfqueueAttribute.SKB_INFO.code();
    private static final int UID = NfqueueAttribute.UID.code();
    private static final int GID = NfqueueAttribute.GID.code();
    private static final int SECCTX = NfqueueAttribute.SECCTX.code();
    private static final int PRIORITY = NfqueueAttribute.PRIORITY.code();
    private static final int CGROUP_CLASSID = NfqueueAttribute.CGROUP_CLASSID.code();
    /** The kernel's order of attributes between the packet header and the payload. */
    private static final int[] ORDER = {5, 7, 6, 8, 3, 21, 9, 19, 20, 4, 16, 17, 22, 18, 11, 12, 13, 14};

    private static final long LARGE = NfqueueConfig.NFQA_SKB_GSO | NfqueueConfig.NFQA_SKB_CSUMNOTREADY;

    private final List<byte[]> segments = new ArrayList<>();
    private int queue;
    private long id = 1;
    private boolean bypass;

    private SampleNfqueue() {
        super(NfqueueAttribute.SCHEMA);
    }

    @Override
    SampleNfqueue self() {
        return this;
    }

    /**
     * Creates a packet with a payload. Family and hardware protocol follow from its first four bits.
     *
     * @param payload an IP packet, or arbitrary bytes
     * @return a new builder
     */
    public static SampleNfqueue of(byte... payload) {
        return new SampleNfqueue().carrying(payload);
    }

    /**
     * Sets the queue.
     *
     * @param queue 0 to 65535
     * @return this builder
     */
    public SampleNfqueue queue(int queue) {
        this.queue = queue;
        return this;
    }

    /**
     * Sets the packet's id in its queue. The model of the kernel assigns its own.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleNfqueue id(long id) {
        this.id = id;
        return this;
    }

    /**
     * Sets the priority.
     *
     * @param priority 0 to 2³²−1
     * @return this builder
     */
    public SampleNfqueue priority(long priority) {
        return be32(PRIORITY, priority);
    }

    /**
     * Sets the packet's length before it was truncated. The model of the kernel computes its own.
     *
     * @param length in bytes
     * @return this builder
     */
    public SampleNfqueue capturedLength(long length) {
        return be32(CAP_LEN, length);
    }

    /**
     * Sets the flags of the packet's state.
     *
     * @param flags {@code NFQA_SKB_*} of {@link NfqueueConfig}
     * @return this builder
     */
    public SampleNfqueue skbInfo(long flags) {
        return be32(SKB_INFO, flags);
    }

    /**
     * Sets the security context.
     *
     * @param context its bytes, which need not end with NUL
     * @return this builder
     */
    public SampleNfqueue securityContext(byte... context) {
        return put(SECCTX, context);
    }

    /**
     * Sets the control group class of the sending socket.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public SampleNfqueue cgroupClassId(long id) {
        return be32(CGROUP_CLASSID, id);
    }

    /**
     * Makes it a large packet. A queue with {@code NFQA_CFG_F_GSO} receives it unsplit, with the flags of its state;
     * other queues receive these segments, each with its own id. It is not on the wire.
     *
     * @param packets the segments as the kernel would create them, including checksums; none for a packet of usual size
     * @return this builder
     */
    public SampleNfqueue segments(byte[]... packets) {
        segments.clear();
        for (byte[] packet : packets) {
            segments.add(packet.clone());
        }
        return packets.length == 0 ? this : skbInfo(attributes.number(SKB_INFO) | LARGE);
    }

    /**
     * Accepts the packet if its queue is not bound, as a rule with {@code --queue-bypass} does; otherwise it is
     * dropped. It is not on the wire.
     *
     * @return this builder
     */
    public SampleNfqueue ruleBypass() {
        bypass = true;
        return this;
    }

    boolean bypasses() {
        return bypass;
    }

    /** A copy that the model keeps and changes. */
    SampleNfqueue copy() {
        SampleNfqueue copy = new SampleNfqueue().like(this).queue(queue).id(id);
        copy.segments.addAll(segments);
        copy.bypass = bypass;
        return copy;
    }

    /** The segments into which the kernel splits it; empty if it is of usual size. */
    List<SampleNfqueue> cut() {
        List<SampleNfqueue> cut = new ArrayList<>();
        for (byte[] segment : segments) {
            SampleNfqueue packet = copy().segments().payload(segment);
            packet.nonZero(SKB_INFO, attributes.number(SKB_INFO) & ~LARGE);
            cut.add(packet);
        }
        return cut;
    }

    /** Whether it arrived on a device or leaves by it. */
    boolean touches(long device) {
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
    void nonZero(int code, long value) {
        if (value == 0) {
            attributes.remove(code);
        } else {
            attributes.be32(code, value);
        }
    }

    /** Replaces the packet, as {@code nfqnl_mangle} does. Returns false if that fails. */
    boolean mangle(byte[] packet) {
        if (packet.length < Math.min(payload.length, transportOffset())) {
            return false;
        }
        payload(packet).nonZero(SKB_INFO, attributes.number(SKB_INFO) & ~NfqueueConfig.NFQA_SKB_CSUMNOTREADY);
        return true;
    }

    private int transportOffset() {
        int version = payload.length == 0 ? 0 : payload[0] >> 4 & 0xf;
        return version == 4 ? (payload[0] & 0xf) * 4 : version == 6 ? 40 : 0;
    }

    /** A number, or 0 if it is absent. */
    long number(NfqueueAttribute attribute) {
        return attributes.number(attribute.code());
    }

    Optional<Bytes> value(NfqueueAttribute attribute) {
        return attributes.value(attribute.code());
    }

    @Override
    public MessageWriter write(MessageWriter writer) {
        begin(writer, queue);
        return write(writer, packetHeader(id), ORDER, payload.length, code -> attributes.write(writer, code));
    }

    /** Appends the message as a queue of a model writes it: without a copy range, in copy mode META. */
    MessageWriter write(MessageWriter writer, int toQueue, int newId, OptionalInt copyRange, int flags) {
        boolean whole = copyRange.isEmpty();
        int copied = Math.min(payload.length, copyRange.orElse(0));
        begin(writer, toQueue);
        return write(writer, packetHeader(newId), ORDER, copied, code -> {
            if (code == CAP_LEN) {
                if (!whole && copied < payload.length) {
                    writer.be32(CAP_LEN, payload.length);
                }
            } else if (code == SKB_INFO && !whole && (flags & NfqueueConfig.NFQA_CFG_F_GSO) == 0) {
                // The checksum of a packet is computed before the packet is copied.
                long left = attributes.number(SKB_INFO) & ~NfqueueConfig.NFQA_SKB_CSUMNOTREADY;
                if (left != 0) {
                    writer.be32(SKB_INFO, left);
                }
            } else if ((flags & askedBy(code)) == askedBy(code)) {
                attributes.write(writer, code);
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
        writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).nfgenmsg(family.number(), toQueue);
    }

    private byte[] packetHeader(long packetId) {
        return ByteBuffer.allocate(7)
                .putInt((int) packetId)
                .putShort((short) hwProtocol)
                .put((byte) hook)
                .array();
    }
}
