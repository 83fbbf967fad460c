package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a packet left a queue of {@link FakeNfqueue}, or never entered one, and what it was then. Immutable. A packet that
 * a verdict sends to another queue leaves twice.
 */
public final class DecidedPacket {
    /** Why a packet left. */
    public enum Departure {
        /** A verdict for this packet. */
        VERDICT,
        /** A verdict for all that waited up to an id. */
        VERDICT_BATCH,
        /** A verdict whose change the kernel could not make: it drops the packet instead. */
        CHANGE_FAILED,
        /** Its verdict let it go on, and connection tracking dropped it: its entry clashed with that of a packet before. */
        CLASH,
        /** The queue was full: dropped and counted, or with fail-open passed and counted nowhere. */
        QUEUE_FULL,
        /** The owner's receive buffer was full: dropped and counted, or with fail-open passed and counted nowhere. */
        SOCKET_FULL,
        /** A segment of a large packet whose earlier segment was dropped: dropped and counted nowhere. */
        SEGMENT_LOST,
        /** The queue's copy mode was NONE: dropped and counted nowhere, with fail-open too. */
        COPY_MODE_NONE,
        /** Nobody owned the queue: dropped, or with bypass passed. */
        NO_QUEUE,
        /** The test gave the queue to somebody else, who does what the test does not know: neither dropped nor passed. */
        OTHER_OWNER,
        /** The owner gave the queue back. */
        UNBOUND,
        /** The owner's socket was closed. */
        SOCKET_CLOSED,
        /** A device of the packet went down. */
        DEVICE_DOWN,
        /** A hook was taken away, as with its last chain, which empties all queues. */
        HOOK_REMOVED
    }

    private final int queue;
    private final int id;
    private final Departure departure;
    private final int verdict;
    private final SampleNfqueue packet;
    private final boolean payloadChanged;
    private final @Nullable Bytes conntrack;
    private final @Nullable Bytes expectation;

    /** A packet as it left without a change of its connection. */
    DecidedPacket(int queue, int id, Departure departure, int verdict, SampleNfqueue packet) {
        this(queue, id, departure, verdict, packet, false, null, null);
    }

    DecidedPacket(
            int queue,
            int id,
            Departure departure,
            int verdict,
            SampleNfqueue packet,
            boolean payloadChanged,
            @Nullable Bytes conntrack,
            @Nullable Bytes expectation) {
        this.queue = queue;
        this.id = id;
        this.departure = departure;
        this.verdict = verdict;
        this.packet = packet.copy();
        this.payloadChanged = payloadChanged;
        this.conntrack = conntrack;
        this.expectation = expectation;
    }

    /**
     * The queue that it left, or was meant for.
     *
     * @return 0 to 65535
     */
    public int queue() {
        return queue;
    }

    /**
     * The id that it had there.
     *
     * @return 0 to 2³²−1; 0 also where it got none
     */
    public long id() {
        return Integer.toUnsignedLong(id);
    }

    /**
     * Why it left.
     *
     * @return the cause
     */
    public Departure departure() {
        return departure;
    }

    /**
     * What became of it, as a verdict: that of user space as it was sent, or the kernel's own.
     *
     * @return {@code NF_DROP} to {@code NF_STOP} of {@link NfqueueConfig}, for NF_QUEUE with the target queue in the upper
     *     16 bits
     */
    public int verdict() {
        return verdict;
    }

    /**
     * Whether it went on: after NF_STOP past the hook, after NF_REPEAT to the hook again, where a test may enqueue it
     * anew.
     *
     * @return false also where it went to another queue
     */
    public boolean passed() {
        int kind = verdict & 0xff;
        return departure != Departure.OTHER_OWNER && kind != NfqueueConfig.NF_DROP && kind != NfqueueConfig.NF_QUEUE;
    }

    /** Whether it leaves the hook for what follows: it passed, and is not to meet the hook again. */
    boolean goesOn() {
        return passed() && (verdict & 0xff) != NfqueueConfig.NF_REPEAT;
    }

    /**
     * Whether it is no more.
     *
     * @return false also where it went to another queue
     */
    public boolean dropped() {
        return departure != Departure.OTHER_OWNER && (verdict & 0xff) == NfqueueConfig.NF_DROP;
    }

    /**
     * The mark that it left with.
     *
     * @return 0 to 2³²−1
     */
    public long mark() {
        return packet.number(NfqueueAttribute.MARK);
    }

    /**
     * The priority that it left with.
     *
     * @return 0 to 2³²−1
     */
    public long priority() {
        return packet.number(NfqueueAttribute.PRIORITY);
    }

    /**
     * The packet as it left, to build on: a rule behind the queue may see it, or after NF_REPEAT the same queue.
     *
     * @return a new builder, with all that the verdict changed
     */
    public SampleNfqueue packet() {
        return packet.copy();
    }

    /**
     * The bytes that it left as.
     *
     * @return its bytes, from the network header on
     */
    public Bytes payload() {
        return Bytes.of(packet.payload.clone());
    }

    /**
     * Whether a verdict replaced the packet.
     *
     * @return whether it had a payload that was taken
     */
    public boolean payloadChanged() {
        return payloadChanged;
    }

    /**
     * The VLAN tag that it left with.
     *
     * @return the tag, or empty
     */
    public Optional<VlanTag> vlan() {
        return packet.vlanTag();
    }

    /**
     * The link-layer header that it left with.
     *
     * @return the header, or empty
     */
    public Optional<Bytes> layer2Header() {
        return packet.value(NfqueueAttribute.L2HDR);
    }

    /**
     * What a verdict changed of its connection. Empty also where the kernel lacks the glue or the packet had no
     * connection: then the kernel leaves the change out without a word.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> conntrack() {
        return Optional.ofNullable(conntrack);
    }

    /**
     * The expectation that a verdict attached to its connection, with {@link #conntrack}.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> expectation() {
        return Optional.ofNullable(expectation);
    }

    /**
     * Where from, why and as what it left.
     *
     * @return text for messages
     */
    @Override
    public String toString() {
        return "queue " + queue + " id " + id() + " " + departure + " verdict 0x" + Integer.toHexString(verdict)
                + " mark 0x" + Long.toHexString(mark()) + " priority 0x" + Long.toHexString(priority())
                + (payloadChanged ? " changed" : "") + " payload of " + packet.payloadLength() + " bytes"
                + (conntrack == null ? "" : " conntrack " + conntrack.toHex());
    }
}
