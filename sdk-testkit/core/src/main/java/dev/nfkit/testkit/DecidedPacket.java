package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A packet that left a queue of {@link FakeNfqueue}, or that could not enter it: why it left, and its final contents.
 * Immutable. A packet that a verdict sends to another queue leaves twice.
 */
public final class DecidedPacket {
    /** The reasons why a packet leaves a queue. */
    public enum Departure {
        /** A verdict for this packet. */
        VERDICT,
        /** A verdict for all waiting packets up to an id. */
        VERDICT_BATCH,
        /** A verdict whose change the kernel could not make: the kernel drops the packet instead. */
        CHANGE_FAILED,
        /**
         * Its verdict accepted it, and connection tracking dropped it: its entry clashed with that of an earlier
         * packet.
         */
        CLASH,
        /** The queue was full: the packet was dropped and counted, or with fail-open accepted and not counted. */
        QUEUE_FULL,
        /**
         * The owner's receive buffer was full: the packet was dropped and counted, or with fail-open accepted and not
         * counted.
         */
        SOCKET_FULL,
        /** A segment of a large packet with an earlier segment that was dropped: dropped and not counted. */
        SEGMENT_LOST,
        /** The queue's copy mode was NONE: dropped and not counted, even with fail-open. */
        COPY_MODE_NONE,
        /** The queue had no owner: dropped, or with bypass accepted. */
        NO_QUEUE,
        /** The test assigned the queue to another owner, whose verdicts are unknown: neither dropped nor accepted. */
        OTHER_OWNER,
        /** The owner unbound the queue. */
        UNBOUND,
        /** The owner's socket was closed. */
        SOCKET_CLOSED,
        /** A device of the packet was disabled. */
        DEVICE_DOWN,
        /** A hook was removed, as with its last chain, which flushes all queues. */
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

    /** A packet as it left, without a change of its connection. */
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
     * Returns the queue that the packet left or could not enter.
     *
     * @return 0 to 65535
     */
    public int queue() {
        return queue;
    }

    /**
     * Returns the packet's id in the queue.
     *
     * @return 0 to 2³²−1; 0 also if it got none
     */
    public long id() {
        return Integer.toUnsignedLong(id);
    }

    /**
     * Returns why the packet left.
     *
     * @return the cause
     */
    public Departure departure() {
        return departure;
    }

    /**
     * Returns the verdict: that of user space as it was sent, or the kernel's own.
     *
     * @return {@code NF_DROP} to {@code NF_STOP} of {@link NfqueueConfig}; for NF_QUEUE with the target queue in the
     *     upper 16 bits
     */
    public int verdict() {
        return verdict;
    }

    /**
     * Whether the packet was accepted: after NF_STOP past the hook, after NF_REPEAT to the hook again, for which a test
     * may enqueue it again.
     *
     * @return false also if the packet went to another queue
     */
    public boolean passed() {
        int kind = verdict & 0xff;
        return departure != Departure.OTHER_OWNER && kind != NfqueueConfig.NF_DROP && kind != NfqueueConfig.NF_QUEUE;
    }

    /** Whether it leaves the hook: it passed, and does not traverse the hook again. */
    boolean goesOn() {
        return passed() && (verdict & 0xff) != NfqueueConfig.NF_REPEAT;
    }

    /**
     * Whether the packet was dropped.
     *
     * @return false also if the packet went to another queue
     */
    public boolean dropped() {
        return departure != Departure.OTHER_OWNER && (verdict & 0xff) == NfqueueConfig.NF_DROP;
    }

    /**
     * Returns the mark with which the packet left.
     *
     * @return 0 to 2³²−1
     */
    public long mark() {
        return packet.number(NfqueueAttribute.MARK);
    }

    /**
     * Returns the priority with which the packet left.
     *
     * @return 0 to 2³²−1
     */
    public long priority() {
        return packet.number(NfqueueAttribute.PRIORITY);
    }

    /**
     * Returns the packet as it left, as a builder: for example, for a rule after the queue, or after NF_REPEAT for the
     * same queue.
     *
     * @return a new builder, with everything that the verdict changed
     */
    public SampleNfqueue packet() {
        return packet.copy();
    }

    /**
     * Returns the bytes with which the packet left.
     *
     * @return its bytes, from the network header on
     */
    public Bytes payload() {
        return Bytes.of(packet.payload.clone());
    }

    /**
     * Returns whether a verdict replaced the packet.
     *
     * @return whether the verdict had a payload that was applied
     */
    public boolean payloadChanged() {
        return payloadChanged;
    }

    /**
     * Returns the VLAN tag with which the packet left.
     *
     * @return the tag, or empty
     */
    public Optional<VlanTag> vlan() {
        return packet.vlanTag();
    }

    /**
     * Returns the link-layer header with which the packet left.
     *
     * @return the header, or empty
     */
    public Optional<Bytes> layer2Header() {
        return packet.value(NfqueueAttribute.L2HDR);
    }

    /**
     * Returns what a verdict changed of the packet's connection. Empty also if the kernel lacks the glue or the packet
     * had no connection: then the kernel silently ignores the change.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> conntrack() {
        return Optional.ofNullable(conntrack);
    }

    /**
     * Returns the expectation that a verdict attached to the packet's connection, with {@link #conntrack}.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> expectation() {
        return Optional.ofNullable(expectation);
    }

    /**
     * Describes the queue, the reason and the contents with which the packet left.
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
