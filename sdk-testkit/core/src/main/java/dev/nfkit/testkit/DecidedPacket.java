// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.nfqueue.DepartedPacket;
import java.util.Optional;

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

    private final DepartedPacket packet;

    DecidedPacket(DepartedPacket packet) {
        this.packet = packet;
    }

    /**
     * Returns the queue that the packet left or could not enter.
     *
     * @return 0 to 65535
     */
    public int queue() {
        return packet.queue();
    }

    /**
     * Returns the packet's id in the queue.
     *
     * @return 0 to 2³²−1; 0 also if it got none
     */
    public long id() {
        return packet.id();
    }

    /**
     * Returns why the packet left.
     *
     * @return the cause
     */
    public Departure departure() {
        return Departure.valueOf(packet.reason().name());
    }

    /**
     * Returns the verdict: that of user space as it was sent, or the kernel's own.
     *
     * @return {@code NF_DROP} to {@code NF_STOP} of {@link NfqueueConfig}; for NF_QUEUE with the target queue in the
     *     upper 16 bits
     */
    public int verdict() {
        return packet.verdict();
    }

    /**
     * Whether the packet was accepted: after NF_STOP past the hook, after NF_REPEAT to the hook again, for which a test
     * may enqueue it again.
     *
     * @return false also if the packet went to another queue
     */
    public boolean passed() {
        return packet.passed();
    }

    /**
     * Whether the packet was dropped.
     *
     * @return false also if the packet went to another queue
     */
    public boolean dropped() {
        return packet.dropped();
    }

    /**
     * Returns the mark with which the packet left.
     *
     * @return 0 to 2³²−1
     */
    public long mark() {
        return packet.mark();
    }

    /**
     * Returns the priority with which the packet left.
     *
     * @return 0 to 2³²−1
     */
    public long priority() {
        return packet.priority();
    }

    /**
     * Returns the packet as it left, as a builder: for example, for a rule after the queue, or after NF_REPEAT for the
     * same queue.
     *
     * @return a new builder, with everything that the verdict changed
     */
    public SampleNfqueue packet() {
        return new SampleNfqueue(packet.packet().copy());
    }

    /**
     * Returns the bytes with which the packet left.
     *
     * @return its bytes, from the network header on
     */
    public Bytes payload() {
        return Bytes.of(packet.packet().payload());
    }

    /**
     * Returns whether a verdict replaced the packet.
     *
     * @return whether the verdict had a payload that was applied
     */
    public boolean payloadChanged() {
        return packet.payloadChanged();
    }

    /**
     * Returns the VLAN tag with which the packet left.
     *
     * @return the tag, or empty
     */
    public Optional<VlanTag> vlan() {
        return packet.packet().vlanTag();
    }

    /**
     * Returns the link-layer header with which the packet left.
     *
     * @return the header, or empty
     */
    public Optional<Bytes> layer2Header() {
        return packet.packet().value(NfqueueAttribute.L2HDR);
    }

    /**
     * Returns what a verdict changed of the packet's connection. Empty also if the kernel lacks the glue or the packet
     * had no connection: then the kernel silently ignores the change.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> conntrack() {
        return Optional.ofNullable(packet.conntrack());
    }

    /**
     * Returns the expectation that a verdict attached to the packet's connection, with {@link #conntrack}.
     *
     * @return attributes of conntrack, encoded as they were sent
     */
    public Optional<Bytes> expectation() {
        return Optional.ofNullable(packet.expectation());
    }

    /**
     * Describes the queue, the reason and the contents with which the packet left.
     *
     * @return text for messages
     */
    @Override
    public String toString() {
        return packet.toString();
    }
}
