// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.socket.Loan;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The decision about a packet, with the changes to make to it.
 *
 * <p>The constants and the results of {@link #queue} are immutable values that any number of threads may share; a
 * method that adds a change returns a new value. The result of {@link QueuedPacket#accept()} and similar methods inside
 * a {@link Decider} is <em>borrowed</em>: the session has only one such verdict. Every change alters it in place
 * without an allocation, and it must be returned before the next packet is delivered. {@link #copy()} returns one that
 * stays valid.
 *
 * <p>Changes take effect with every verdict except a drop. Follows {@code nfqnl_recv_verdict} in {@code
 * nfnetlink_queue.c}.
 */
public final class Verdict {
    private static final int MARK = 1;
    private static final int PRIORITY = 1 << 1;
    private static final int PAYLOAD = 1 << 2;
    private static final int VLAN = 1 << 3;
    private static final int L2HDR = 1 << 4;
    private static final int CT = 1 << 5;
    private static final int NOT_FOR_BATCHES = PAYLOAD | VLAN | L2HDR | CT;
    private static final int HELD_NUMBER = -1;

    /** {@code NF_ACCEPT}: the packet goes on, to the rules after the one that queued it. */
    public static final Verdict ACCEPT = new Verdict(NfqueueConfig.NF_ACCEPT, false);
    /** {@code NF_DROP}: the packet is dropped. */
    public static final Verdict DROP = new Verdict(NfqueueConfig.NF_DROP, false);
    /**
     * {@code NF_REPEAT}: the packet traverses the hook again, including the queueing rule. To avoid an endless loop,
     * mark it, and exclude marked packets in the rule.
     */
    public static final Verdict REPEAT = new Verdict(NfqueueConfig.NF_REPEAT, false);
    /** {@code NF_STOP}: the packet goes on and skips the remaining chains of this hook. */
    public static final Verdict STOP = new Verdict(NfqueueConfig.NF_STOP, false);
    /** No verdict yet: the packet was held ({@link QueuedPacket#hold()}) and is answered later. Never sent. */
    public static final Verdict HELD = new Verdict(HELD_NUMBER, false);

    private final boolean borrowed;
    private final @Nullable Loan loan;
    private int number;
    private int changes;
    private long mark;
    private long priority;
    private @Nullable Bytes payload;
    private @Nullable VlanTag vlan;
    private @Nullable Bytes l2Header;
    private @Nullable ConntrackUpdate conntrack;

    private Verdict(int number, boolean borrowed) {
        this(number, borrowed, null);
    }

    private Verdict(int number, boolean borrowed, @Nullable Loan loan) {
        this.number = number;
        this.borrowed = borrowed;
        this.loan = loan;
    }

    /** A borrowed verdict for a single packet, if views are strict. */
    static Verdict lent(int number, Loan loan) {
        return new Verdict(number, true, loan);
    }

    private void alive() {
        if (loan != null && loan.ended()) {
            throw loan.escaped("this verdict was borrowed and its decider has returned; copy() it inside the decider");
        }
    }

    /** A session's only borrowed verdict. */
    static Verdict reusable() {
        return new Verdict(NfqueueConfig.NF_ACCEPT, true);
    }

    /** Resets the borrowed verdict. */
    Verdict reset(int number) {
        this.number = number;
        changes = 0;
        payload = null;
        vlan = null;
        l2Header = null;
        conntrack = null;
        return this;
    }

    /**
     * {@code NF_QUEUE}: the packet goes to the end of another queue, with an id of that queue; if it has no owner, the
     * packet is dropped.
     *
     * @param queue 0 to 65535
     * @return a verdict
     * @throws IllegalArgumentException if the queue is out of range
     */
    public static Verdict queue(int queue) {
        return queue(queue, false);
    }

    /**
     * {@code NF_QUEUE}: the packet goes to another queue.
     *
     * @param queue 0 to 65535
     * @param bypass whether it goes on if that queue has no owner; otherwise it is dropped
     * @return a verdict
     * @throws IllegalArgumentException if the queue is out of range
     */
    public static Verdict queue(int queue, boolean bypass) {
        return new Verdict(queueNumber(queue, bypass), false);
    }

    static int queueNumber(int queue, boolean bypass) {
        if (queue < 0 || queue > 0xffff) {
            throw new IllegalArgumentException("queue " + queue + " is out of 0 to 65535");
        }
        return queue << 16 | NfqueueConfig.NF_QUEUE | (bypass ? NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS : 0);
    }

    /**
     * The verdict of a kernel's number.
     *
     * @param number as in {@code linux/netfilter.h}: {@link NfqueueConfig#NF_DROP} to {@link NfqueueConfig#NF_STOP},
     *     for NF_QUEUE with the target queue in the upper 16 bits
     * @return a verdict without changes
     * @throws IllegalArgumentException if user space cannot give it: NF_STOLEN means that code in the kernel keeps the
     *     packet; hold the packet instead and drop it later, or never
     */
    public static Verdict of(int number) {
        return switch (number & 0xff) {
            case NfqueueConfig.NF_DROP -> plain(number, DROP);
            case NfqueueConfig.NF_ACCEPT -> plain(number, ACCEPT);
            case NfqueueConfig.NF_REPEAT -> plain(number, REPEAT);
            case NfqueueConfig.NF_STOP -> plain(number, STOP);
            case NfqueueConfig.NF_QUEUE -> {
                if ((number & 0x7f00) != 0) {
                    throw unknown(number);
                }
                yield queue(number >>> 16, (number & NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS) != 0);
            }
            case NfqueueConfig.NF_STOLEN ->
                throw new IllegalArgumentException(
                        "NF_STOLEN is refused: only code in the kernel can keep a packet; hold"
                                + " it instead, and drop it in the end");
            default -> throw unknown(number);
        };
    }

    private static Verdict plain(int number, Verdict verdict) {
        if (number != verdict.number) {
            throw unknown(number);
        }
        return verdict;
    }

    private static IllegalArgumentException unknown(int number) {
        return new IllegalArgumentException(
                "verdict 0x" + Integer.toHexString(number) + " is none of NF_DROP to NF_STOP");
    }

    private Verdict changed(int change) {
        alive();
        if (number == HELD_NUMBER) {
            throw new IllegalStateException("HELD is not a verdict; add the changes to the answer");
        }
        Verdict target = borrowed ? this : copyOf(this);
        target.changes |= change;
        return target;
    }

    private static Verdict copyOf(Verdict other) {
        Verdict copy = new Verdict(other.number, false);
        copy.changes = other.changes;
        copy.mark = other.mark;
        copy.priority = other.priority;
        copy.payload = other.payload;
        copy.vlan = other.vlan;
        copy.l2Header = other.l2Header;
        copy.conntrack = other.conntrack;
        return copy;
    }

    /**
     * Sets the packet's mark ({@code NFQA_MARK}).
     *
     * @param mark 0 to 2³²−1
     * @return the verdict with that change
     * @throws IllegalArgumentException if it is out of range
     */
    public Verdict mark(long mark) {
        Verdict verdict = changed(MARK);
        verdict.mark = u32("mark", mark);
        return verdict;
    }

    /**
     * Sets the packet's priority ({@code skb->priority}, {@code NFQA_PRIORITY}). Needs Linux 5.18; older kernels ignore
     * it without an error.
     *
     * @param priority 0 to 2³²−1; a {@code major:minor} class of tc is {@code major << 16 | minor}
     * @return the verdict with that change
     * @throws IllegalArgumentException if it is out of range
     */
    public Verdict priority(long priority) {
        Verdict verdict = changed(PRIORITY);
        verdict.priority = u32("priority", priority);
        return verdict;
    }

    /**
     * Replaces the packet, from its network header on ({@code NFQA_PAYLOAD}). Lengths and checksums must be right;
     * {@code dev.nfkit.packet} computes them. If the kernel cannot make the change (no memory, shorter than the
     * transport header) it drops the packet.
     *
     * @param packet the whole new packet, up to 65531 bytes. A borrowed verdict keeps a reference, so the bytes must
     *     not change until the decider has returned; other verdicts copy them.
     * @return the verdict with that change
     * @throws IllegalArgumentException if it is longer
     * @throws IllegalStateException if the bytes were released
     */
    public Verdict payload(Bytes packet) {
        if (packet.length() > NfqueueConfig.COPY_RANGE_MAX) {
            throw new IllegalArgumentException("payload of " + packet.length() + " bytes; 65531 at most");
        }
        Verdict verdict = changed(PAYLOAD);
        verdict.payload = borrowed ? packet : packet.copy();
        return verdict;
    }

    /**
     * Sets the VLAN tag, in the bridge family only ({@code NFQA_VLAN}); in other families the kernel ignores it.
     *
     * @param tag the tag
     * @return the verdict with that change
     */
    public Verdict vlan(VlanTag tag) {
        Verdict verdict = changed(VLAN);
        verdict.vlan = tag;
        return verdict;
    }

    /**
     * Replaces the link-layer header, in the bridge family only ({@code NFQA_L2HDR}); in other families the kernel
     * ignores it.
     *
     * @param header of the same length as the packet's own, or the kernel refuses the verdict (EINVAL) and drops the
     *     packet
     * @return the verdict with that change; as with {@link #payload}, a borrowed one keeps a reference
     */
    public Verdict l2Header(Bytes header) {
        Verdict verdict = changed(L2HDR);
        verdict.l2Header = borrowed ? header : header.copy();
        return verdict;
    }

    /**
     * Changes the packet's connection ({@code NFQA_CT}). Needs a kernel with {@code CONFIG_NETFILTER_NETLINK_GLUE_CT},
     * which distributions enable; other kernels ignore the change without an error. {@link QueueFeature#CONNTRACK}
     * checks for it. A packet that is not tracked has no connection to change.
     *
     * <p>A mark of the connection can be set on every kernel: the verdict marks the packet, and a rule after the queue
     * copies the mark to the connection.
     *
     * <pre>{@code
     * iptables -t mangle -A POSTROUTING -m mark --mark 7 -j CONNMARK --save-mark     # after verdict.mark(7)
     * nft add rule inet mangle postrouting meta mark 7 ct mark set meta mark
     * }</pre>
     *
     * @param update the changes
     * @return the verdict with that change
     */
    public Verdict conntrack(ConntrackUpdate update) {
        Verdict verdict = changed(CT);
        verdict.conntrack = update;
        return verdict;
    }

    /**
     * A verdict that stays valid.
     *
     * @return an immutable copy, or this verdict if it is immutable
     */
    public Verdict copy() {
        if (!borrowed) {
            return this;
        }
        alive();
        Verdict copy = copyOf(this);
        copy.payload = payload == null ? null : payload.copy();
        copy.l2Header = l2Header == null ? null : l2Header.copy();
        return copy;
    }

    /**
     * The kernel's number of the verdict.
     *
     * @return {@link NfqueueConfig#NF_DROP} to {@link NfqueueConfig#NF_STOP}, for NF_QUEUE with the target queue in the
     *     upper 16 bits and the flag of a bypass
     */
    public int number() {
        alive();
        return number;
    }

    boolean isHeld() {
        alive();
        return number == HELD_NUMBER;
    }

    /** Whether one {@code NFQNL_MSG_VERDICT_BATCH} may apply it to many packets. */
    boolean forBatches() {
        return (changes & NOT_FOR_BATCHES) == 0;
    }

    /** Whether it has the same effect as another verdict, if both are for batches. */
    boolean sameAs(int otherNumber, int otherChanges, long otherMark, long otherPriority) {
        return number == otherNumber
                && changes == otherChanges
                && ((changes & MARK) == 0 || mark == otherMark)
                && ((changes & PRIORITY) == 0 || priority == otherPriority);
    }

    int changes() {
        return changes;
    }

    boolean hasMark() {
        return hasMark(changes);
    }

    boolean hasPriority() {
        return hasPriority(changes);
    }

    static boolean hasMark(int changes) {
        return (changes & MARK) != 0;
    }

    static boolean hasPriority(int changes) {
        return (changes & PRIORITY) != 0;
    }

    long mark() {
        return mark;
    }

    long priority() {
        return priority;
    }

    @Nullable
    Bytes payload() {
        return payload;
    }

    @Nullable
    VlanTag vlan() {
        return vlan;
    }

    @Nullable
    Bytes l2Header() {
        return l2Header;
    }

    @Nullable
    ConntrackUpdate conntrack() {
        return conntrack;
    }

    private static long u32(String name, long value) {
        if (value < 0 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to 4294967295");
        }
        return value;
    }

    /**
     * Whether another object is the same verdict with the same changes.
     *
     * @param other what to compare with
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Verdict verdict
                && sameAs(verdict.number, verdict.changes, verdict.mark, verdict.priority)
                && sameBytes(payload, verdict.payload)
                && sameBytes(l2Header, verdict.l2Header)
                && Objects.equals(vlan, verdict.vlan)
                && Objects.equals(conntrack, verdict.conntrack);
    }

    private static boolean sameBytes(@Nullable Bytes one, @Nullable Bytes other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        return one.toByteBuffer().equals(other.toByteBuffer());
    }

    /**
     * A hash of verdict and changes.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(number, changes, vlan, conntrack);
    }

    /**
     * The verdict in words, for logs.
     *
     * @return text such as {@code NF_ACCEPT, mark 0x10, payload of 84 bytes}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name(number));
        if (hasMark()) {
            text.append(", mark 0x").append(Long.toHexString(mark));
        }
        if (hasPriority()) {
            text.append(", priority 0x").append(Long.toHexString(priority));
        }
        if (payload != null) {
            text.append(", payload of ").append(payload.length()).append(" bytes");
        }
        if (vlan != null) {
            text.append(", ").append(vlan);
        }
        if (l2Header != null) {
            text.append(", link-layer header of ").append(l2Header.length()).append(" bytes");
        }
        if (conntrack != null) {
            text.append(", conntrack: ").append(conntrack);
        }
        return text.toString();
    }

    /** The name of a kernel's number. */
    static String name(int number) {
        return switch (number & 0xff) {
            case NfqueueConfig.NF_DROP -> "NF_DROP";
            case NfqueueConfig.NF_ACCEPT -> "NF_ACCEPT";
            case NfqueueConfig.NF_STOLEN -> "NF_STOLEN";
            case NfqueueConfig.NF_QUEUE ->
                "NF_QUEUE " + (number >>> 16)
                        + ((number & NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS) != 0 ? " (bypass)" : "");
            case NfqueueConfig.NF_REPEAT -> "NF_REPEAT";
            case NfqueueConfig.NF_STOP -> "NF_STOP";
            default -> number == HELD_NUMBER ? "held" : "verdict " + number;
        };
    }
}
