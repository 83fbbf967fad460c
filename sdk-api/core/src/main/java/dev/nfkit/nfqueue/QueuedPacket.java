// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import static dev.nfkit.nfqueue.NfqueueAttribute.CAP_LEN;
import static dev.nfkit.nfqueue.NfqueueAttribute.CGROUP_CLASSID;
import static dev.nfkit.nfqueue.NfqueueAttribute.CT;
import static dev.nfkit.nfqueue.NfqueueAttribute.MARK;
import static dev.nfkit.nfqueue.NfqueueAttribute.PACKET_HDR;
import static dev.nfkit.nfqueue.NfqueueAttribute.PAYLOAD;
import static dev.nfkit.nfqueue.NfqueueAttribute.PRIORITY;
import static dev.nfkit.nfqueue.NfqueueAttribute.SECCTX;
import static dev.nfkit.nfqueue.NfqueueAttribute.SKB_INFO;

import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.decode.PacketMessage;
import dev.nfkit.decode.PacketShape;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.netfilter.decode.DecodedPacket;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One packet that waits for its verdict ({@code NFQNL_MSG_PACKET}). Borrowed or owned, as described in {@link
 * NetfilterPacket}; an owned one that was {@linkplain #hold() held} must be {@linkplain #answer answered}.
 *
 * <p>Follows {@code nfqnl_build_packet_message} in {@code net/netfilter/nfnetlink_queue.c}.
 */
@SuppressWarnings("exports") // applications see the inherited members, not the class that has them
public final class QueuedPacket extends DecodedPacket<NfqueueAttribute> {
    private static final PacketShape<NfqueueAttribute> SHAPE =
            new PacketShape<>(NfqueueAttribute.class, NfqueueAttribute.SCHEMA, Set.of());
    // The codes of the hot path as numbers: loading them from the enum each time is measurably slower.
    private static final int HDR_CODE = PACKET_HDR.code();
    private static final int MARK_CODE = MARK.code();
    private static final int PAYLOAD_CODE = PAYLOAD.code();
    private static final int CAP_LEN_CODE = CAP_LEN.code();
    private static final int SKB_INFO_CODE = SKB_INFO.code();
    private static final int PRIORITY_CODE = PRIORITY.code();
    private static final int HW_PROTOCOL_OFFSET = 4;
    private static final int HOOK_OFFSET = 6;

    private final Lending lending;
    private final @Nullable Hold hold;

    /**
     * A view of no message; {@link #wrap} aims it.
     *
     * @param lending the session's services for the packet
     * @param loan the loan of a strict view; otherwise null
     */
    QueuedPacket(Lending lending, @Nullable Loan loan) {
        this(new PacketMessage<>(SHAPE, loan), lending, null, loan);
    }

    private QueuedPacket(
            PacketMessage<NfqueueAttribute> message, Lending lending, @Nullable Hold hold, @Nullable Loan loan) {
        super(message, loan);
        this.lending = lending;
        this.hold = hold;
    }

    /**
     * Reads one message as an owned packet, for instance from a recording. It cannot be held or answered.
     *
     * @param cursor a cursor on a message of type {@link NfqueueConfig#NFQNL_MSG_PACKET}
     * @param receivedAtNanos the time of receipt, in nanoseconds since 1970
     * @return an owned packet
     * @throws MalformedMessageException if an attribute is malformed
     */
    public static QueuedPacket read(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        return new QueuedPacket(Lending.NONE, null)
                .wrap(cursor, receivedAtNanos)
                .copy();
    }

    /** Aims this view at a message. Called by the session. */
    QueuedPacket wrap(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        payload.release();
        message.wrap(cursor, receivedAtNanos);
        if (!message.has(HDR_CODE)) {
            message.release();
            throw new MalformedMessageException(
                    NfqueueAttribute.SCHEMA.name(), 0, PACKET_HDR.kernelName(), "a packet without an id");
        }
        return this;
    }

    /** Ends the loan. */
    void release() {
        endLoan();
    }

    /**
     * The queue that the packet waits in.
     *
     * @return 0 to 65535
     */
    public int queue() {
        return message.resId();
    }

    /**
     * The packet's number in its queue, which counts from 1 when the queue is bound.
     *
     * @return 0 to 2³²−1, then from 0 again
     * @throws java.util.NoSuchElementException if the kernel sent no packet header
     */
    public long id() {
        return message.u32(HDR_CODE);
    }

    @Override
    public Hook hook() {
        return Hook.of(family(), message.buffer().get(message.require(HDR_CODE) + HOOK_OFFSET) & 0xff);
    }

    @Override
    public int hwProtocol() {
        return message.u16(HDR_CODE, HW_PROTOCOL_OFFSET);
    }

    @Override
    public int etherType() {
        int protocol = hwProtocol();
        return protocol != 0 ? protocol : inferredProtocol();
    }

    private int inferredProtocol() {
        int length = payloadLength();
        int at = length == 0 ? 0 : message.require(PAYLOAD_CODE);
        return inferredProtocol(at, length);
    }

    @Override
    public long mark() {
        return message.has(MARK_CODE) ? message.u32(MARK_CODE) : 0;
    }

    /**
     * The packet's priority ({@code skb->priority}).
     *
     * @return 0 to 2³²−1; 0 if it has none, and on kernels before 5.18
     */
    public long priority() {
        return message.has(PRIORITY_CODE) ? message.u32(PRIORITY_CODE) : 0;
    }

    /**
     * The packet's security context.
     *
     * @return the text, without the NUL that may end it; bytes that are no UTF-8 become U+FFFD
     * @throws java.util.NoSuchElementException if the kernel sent none
     */
    public String securityContext() {
        int offset = message.require(SECCTX);
        int length = message.length(SECCTX);
        if (length > 0 && message.buffer().get(offset + length - 1) == 0) {
            length--;
        }
        byte[] text = new byte[length];
        message.buffer().get(offset, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /**
     * The class that the control group gave the sending socket ({@code net_cls.classid}).
     *
     * @return {@code major << 16 | minor}, 1 to 2³²−1
     * @throws java.util.NoSuchElementException if the kernel sent none
     */
    public long cgroupClassId() {
        return message.u32(CGROUP_CLASSID);
    }

    /**
     * Whether the packet's connection is not in the table yet, because none of its packets has gone on. Of the packets
     * of such a connection that wait at the same time, all but one are lost, as {@link #hold()} explains. Needs a queue
     * with {@linkplain NfqueueQueue.Builder#conntrack connections}.
     *
     * @return false also if the kernel sent no connection: the packet is not tracked, was queued before connection
     *     tracking, or the queue is without connections
     * @throws MalformedMessageException if the connection cannot be read
     */
    public boolean unconfirmed() throws MalformedMessageException {
        if (!message.has(CT.code())) {
            return false;
        }
        ConntrackEntry entry = conntrack();
        return entry.has(ConntrackAttribute.STATUS) && !entry.is(ConntrackStatus.CONFIRMED);
    }

    /**
     * The kernel's flags of the packet's checksum and segmentation: {@link NfqueueConfig#NFQA_SKB_CSUMNOTREADY} and
     * others.
     *
     * @return 0 to 2³²−1; 0 if none is set
     */
    public long skbInfo() {
        return message.has(SKB_INFO_CODE) ? message.u32(SKB_INFO_CODE) : 0;
    }

    /**
     * Whether the transport checksum in the payload is not computed yet: the device would do it. Only with the flag
     * GSO; a changed payload needs a complete checksum nevertheless.
     *
     * @return whether {@code NFQA_SKB_CSUMNOTREADY} is set
     */
    public boolean checksumNotReady() {
        return (skbInfo() & NfqueueConfig.NFQA_SKB_CSUMNOTREADY) != 0;
    }

    /**
     * Whether the packet is a large segment that will be cut into smaller ones. Only with the flag GSO.
     *
     * @return whether {@code NFQA_SKB_GSO} is set
     */
    public boolean gso() {
        return (skbInfo() & NfqueueConfig.NFQA_SKB_GSO) != 0;
    }

    @Override
    public Bytes payload() {
        if (payload.length()
                < 0) { // not requested since the packet was wrapped; owned packets are aimed from the start
            message.aim(PAYLOAD_CODE, payload);
        }
        return payload;
    }

    private int payloadLength() {
        return message.has(PAYLOAD_CODE) ? message.length(PAYLOAD_CODE) : 0;
    }

    /**
     * The length of the packet, which the kernel reports if it cut the packet. In copy mode META it does not report it,
     * and this is 0.
     *
     * @return a length in bytes, never less than the payload's
     */
    @Override
    public int originalLength() {
        return message.has(CAP_LEN_CODE)
                ? (int) Math.min(Integer.MAX_VALUE, Math.max(message.u32(CAP_LEN_CODE), payloadLength()))
                : payloadLength();
    }

    @Override
    public boolean truncated() {
        return !message.has(PAYLOAD_CODE) || originalLength() > payloadLength();
    }

    /**
     * {@inheritDoc} The copy cannot be answered. This packet can, by the decider's verdict, or after {@link #hold()}.
     */
    @Override
    public QueuedPacket copy() {
        return message.owned() ? this : owned(Lending.NONE, null);
    }

    private QueuedPacket owned(Lending owner, @Nullable Hold duty) {
        QueuedPacket copy = new QueuedPacket(message.copy(), owner, duty, null);
        copy.message.aim(PAYLOAD_CODE, copy.payload);
        return copy;
    }

    /**
     * Holds the packet: it waits in the kernel until it is {@linkplain #answer answered}, by any thread, in any order.
     * The decider then returns {@link Verdict#HELD}. A packet that is not answered gets the session's verdict at its
     * deadline, or when the session ends.
     *
     * <p><b>Packets of one new connection that wait at the same time are lost after their release, all but one</b>, if
     * they were queued after connection tracking and their protocol is ICMP, ICMPv6, TCP or SCTP. Until the first
     * packet of a connection has gone on, the connection is unconfirmed, and each packet gets its own entry. The entry
     * of the first packet that goes on is inserted into the table; the kernel then drops the others, whatever the order
     * and time of their release. A slow decider that holds nothing has the same effect. UDP is not affected. {@link
     * NfqueueStatistics#clashed()} counts the packets. To lose none, queue before connection tracking:
     *
     * <pre>{@code
     * iptables -t raw -A PREROUTING -p icmp -j NFQUEUE --queue-num 0     # and OUTPUT, for packets of this host
     * nft add chain inet filter early { type filter hook prerouting priority raw\; }
     * nft add rule inet filter early meta l4proto icmp queue to 0
     * }</pre>
     *
     * <p>If the rule must see the connection's state, accept the packets of unconfirmed connections at once and hold
     * only the others: {@link #unconfirmed()} distinguishes them. See {@code nf_ct_resolve_clash} in {@code
     * net/netfilter/nf_conntrack_core.c}.
     *
     * @return an owned packet that must be answered once
     * @throws IllegalStateException if this packet is not borrowed from a session in a {@link Decider}, or already held
     */
    public QueuedPacket hold() {
        return keep(lending.hold(this, null, null));
    }

    /**
     * As {@link #hold()}, with its own deadline.
     *
     * @param deadline from now on, by the transport's clock; more than zero
     * @param verdict the verdict at the deadline; not HELD
     * @return an owned packet that must be answered once
     * @throws IllegalArgumentException if the deadline is not positive, or the verdict is HELD
     * @throws IllegalStateException if this packet is not borrowed from a session in a {@link Decider}, or already held
     */
    public QueuedPacket hold(Duration deadline, Verdict verdict) {
        return keep(lending.hold(this, deadline, verdict));
    }

    private QueuedPacket keep(Hold duty) {
        QueuedPacket held = owned(Lending.NONE, duty);
        duty.enter(held);
        return held;
    }

    /**
     * Answers a held packet, exactly once. Any thread. The verdict was sent when this returns; inside a decider of the
     * same session it is sent with the batch.
     *
     * @param verdict the verdict, not HELD
     * @return false if it came too late: the packet already had the verdict of its deadline or of the session's end
     * @throws NetlinkException if sending fails; the packet is still held
     * @throws IllegalStateException if this packet was not held, or was already answered
     * @throws IllegalArgumentException if the verdict is HELD
     */
    public boolean answer(Verdict verdict) throws NetlinkException {
        Hold duty = hold;
        if (duty == null) {
            throw new IllegalStateException(
                    owned()
                            ? "this packet is a copy or a recording; hold() one in the decider to answer it later"
                            : "a borrowed packet is answered by the decider's verdict; hold() it to answer it later");
        }
        return duty.answer(verdict);
    }

    /**
     * Whether a held packet was answered, by the application or by the session.
     *
     * @return false while it waits, and for packets that are not held
     */
    public boolean answered() {
        Hold duty = hold;
        return duty != null && duty.answered();
    }

    /** The duty to answer, or null if there is none. */
    @Nullable
    Hold duty() {
        return hold;
    }

    /**
     * A verdict to add changes to and return: the packet goes on.
     *
     * @return inside a decider the session's only borrowed verdict; otherwise {@link Verdict#ACCEPT}
     */
    public Verdict accept() {
        return verdict(NfqueueConfig.NF_ACCEPT);
    }

    /**
     * A verdict to return: the packet is dropped.
     *
     * @return inside a decider the session's only borrowed verdict; otherwise {@link Verdict#DROP}
     */
    public Verdict drop() {
        return verdict(NfqueueConfig.NF_DROP);
    }

    /**
     * A verdict to add changes to and return: the packet traverses the hook again ({@link Verdict#REPEAT}).
     *
     * @return inside a decider the session's only borrowed verdict; otherwise {@link Verdict#REPEAT}
     */
    public Verdict repeat() {
        return verdict(NfqueueConfig.NF_REPEAT);
    }

    /**
     * A verdict to add changes to and return: the packet goes on and skips the other chains of the hook.
     *
     * @return inside a decider the session's only borrowed verdict; otherwise {@link Verdict#STOP}
     */
    public Verdict stop() {
        return verdict(NfqueueConfig.NF_STOP);
    }

    /**
     * A verdict to add changes to and return: the packet goes to another queue.
     *
     * @param queue 0 to 65535
     * @param bypass whether it goes on if that queue has no owner; otherwise it is dropped
     * @return inside a decider the session's only borrowed verdict; otherwise as {@link Verdict#queue(int, boolean)}
     * @throws IllegalArgumentException if the queue is out of range
     */
    public Verdict toQueue(int queue, boolean bypass) {
        return verdict(Verdict.queueNumber(queue, bypass));
    }

    private Verdict verdict(int number) {
        message.alive(); // otherwise it would be the verdict of the current packet
        return loan == null ? lending.verdict(number) : Verdict.lent(number, loan);
    }

    /**
     * A short description, for logs; never throws.
     *
     * @return text such as {@code NFQUEUE 0 packet 17, LOCAL_OUT, 84 bytes}
     */
    @Override
    public String toString() {
        if (message.released()) {
            return "NFQUEUE packet (released)";
        }
        return "NFQUEUE " + queue() + (has(PACKET_HDR) ? " packet " + id() + ", " + hook() : " packet") + ", "
                + originalLength() + " bytes" + (truncated() ? " (truncated)" : "");
    }
}
