// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.sample.NfqueueContents;
import org.jspecify.annotations.Nullable;

/**
 * A packet that left a queue, or that could not enter it: why it left, and its final contents. A packet that a verdict
 * sends to another queue leaves twice.
 */
public final class DepartedPacket {
    /** The reasons why a packet leaves a queue; {@code DecidedPacket.Departure} describes them. */
    public enum Reason {
        VERDICT,
        VERDICT_BATCH,
        CHANGE_FAILED,
        CLASH,
        QUEUE_FULL,
        SOCKET_FULL,
        SEGMENT_LOST,
        COPY_MODE_NONE,
        NO_QUEUE,
        OTHER_OWNER,
        UNBOUND,
        SOCKET_CLOSED,
        DEVICE_DOWN,
        HOOK_REMOVED
    }

    private final int queue;
    private final int id;
    private final Reason reason;
    private final int verdict;
    private final NfqueueContents packet;
    private final boolean payloadChanged;
    private final @Nullable Bytes conntrack;
    private final @Nullable Bytes expectation;

    /** A packet as it left, without a change of its connection. */
    DepartedPacket(int queue, int id, Reason reason, int verdict, NfqueueContents packet) {
        this(queue, id, reason, verdict, packet, false, null, null);
    }

    DepartedPacket(
            int queue,
            int id,
            Reason reason,
            int verdict,
            NfqueueContents packet,
            boolean payloadChanged,
            @Nullable Bytes conntrack,
            @Nullable Bytes expectation) {
        this.queue = queue;
        this.id = id;
        this.reason = reason;
        this.verdict = verdict;
        this.packet = packet.copy();
        this.payloadChanged = payloadChanged;
        this.conntrack = conntrack;
        this.expectation = expectation;
    }

    /** The queue that the packet left or could not enter. */
    public int queue() {
        return queue;
    }

    /** The packet's id in the queue. */
    public long id() {
        return Integer.toUnsignedLong(id);
    }

    /** Why the packet left. */
    public Reason reason() {
        return reason;
    }

    /** The verdict: that of user space as it was sent, or the kernel's own. */
    public int verdict() {
        return verdict;
    }

    /** Whether the packet was accepted; after NF_REPEAT it goes to the hook again. */
    public boolean passed() {
        int kind = verdict & 0xff;
        return reason != Reason.OTHER_OWNER && kind != NfqueueConfig.NF_DROP && kind != NfqueueConfig.NF_QUEUE;
    }

    /** Whether it leaves the hook: it passed, and does not traverse the hook again. */
    boolean goesOn() {
        return passed() && (verdict & 0xff) != NfqueueConfig.NF_REPEAT;
    }

    /** Whether the packet was dropped. */
    public boolean dropped() {
        return reason != Reason.OTHER_OWNER && (verdict & 0xff) == NfqueueConfig.NF_DROP;
    }

    /** The mark with which the packet left. */
    public long mark() {
        return packet.number(NfqueueAttribute.MARK);
    }

    /** The priority with which the packet left. */
    public long priority() {
        return packet.number(NfqueueAttribute.PRIORITY);
    }

    /** The packet as it left, with everything that the verdict changed; not to be changed. */
    public NfqueueContents packet() {
        return packet;
    }

    /** Whether a verdict replaced the packet. */
    public boolean payloadChanged() {
        return payloadChanged;
    }

    /** What a verdict changed of the packet's connection, or null. */
    public @Nullable Bytes conntrack() {
        return conntrack;
    }

    /** The expectation that a verdict attached to the packet's connection, or null. */
    public @Nullable Bytes expectation() {
        return expectation;
    }

    /** Describes the queue, the reason and the contents with which the packet left. */
    @Override
    public String toString() {
        return "queue " + queue + " id " + id() + " " + reason + " verdict 0x" + Integer.toHexString(verdict)
                + " mark 0x" + Long.toHexString(mark()) + " priority 0x" + Long.toHexString(priority())
                + (payloadChanged ? " changed" : "") + " payload of " + packet.payloadLength() + " bytes"
                + (conntrack == null ? "" : " conntrack " + conntrack.toHex());
    }
}
