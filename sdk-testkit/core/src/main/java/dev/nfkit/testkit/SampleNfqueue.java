// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.sample.NfqueueContents;

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
    private final NfqueueContents contents;

    /** Creates a builder of these contents, which are not copied. */
    SampleNfqueue(NfqueueContents contents) {
        super(contents);
        this.contents = contents;
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
    public static SampleNfqueue of(byte[] payload) {
        NfqueueContents contents = new NfqueueContents();
        contents.carry(payload);
        return new SampleNfqueue(contents);
    }

    /**
     * Sets the queue.
     *
     * @param queue 0 to 65535
     * @return this builder
     */
    public SampleNfqueue queue(int queue) {
        contents.queue(queue);
        return this;
    }

    /**
     * Sets the packet's id in its queue. The model of the kernel assigns its own.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleNfqueue id(long id) {
        contents.id(id);
        return this;
    }

    /**
     * Sets the priority.
     *
     * @param priority 0 to 2³²−1
     * @return this builder
     */
    public SampleNfqueue priority(long priority) {
        return be32(NfqueueAttribute.PRIORITY.code(), priority);
    }

    /**
     * Sets the packet's length before it was truncated. The model of the kernel computes its own.
     *
     * @param length in bytes
     * @return this builder
     */
    public SampleNfqueue capturedLength(long length) {
        return be32(NfqueueAttribute.CAP_LEN.code(), length);
    }

    /**
     * Sets the flags of the packet's state.
     *
     * @param flags {@code NFQA_SKB_*} of {@link NfqueueConfig}
     * @return this builder
     */
    public SampleNfqueue skbInfo(long flags) {
        return be32(NfqueueAttribute.SKB_INFO.code(), flags);
    }

    /**
     * Sets the security context.
     *
     * @param context its bytes, which need not end with NUL
     * @return this builder
     */
    public SampleNfqueue securityContext(byte... context) {
        return put(NfqueueAttribute.SECCTX.code(), context);
    }

    /**
     * Sets the control group class of the sending socket.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public SampleNfqueue cgroupClassId(long id) {
        return be32(NfqueueAttribute.CGROUP_CLASSID.code(), id);
    }

    /**
     * Makes it a large packet. A queue with {@code NFQA_CFG_F_GSO} receives it unsplit, with the flags of its state;
     * other queues receive these segments, each with its own id. It is not on the wire.
     *
     * @param packets the segments as the kernel would create them, including checksums; none for a packet of usual size
     * @return this builder
     */
    public SampleNfqueue segments(byte[]... packets) {
        contents.segments(packets);
        return this;
    }

    /**
     * Accepts the packet if its queue is not bound, as a rule with {@code --queue-bypass} does; otherwise it is
     * dropped. It is not on the wire.
     *
     * @return this builder
     */
    public SampleNfqueue ruleBypass() {
        contents.bypass();
        return this;
    }

    /** The contents, which the model of NFQUEUE copies. */
    NfqueueContents contents() {
        return contents;
    }
}
