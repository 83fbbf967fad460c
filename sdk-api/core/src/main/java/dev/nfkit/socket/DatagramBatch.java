// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams of one receive: one direct buffer cut into slots of equal size, with the offset and length of each
 * datagram. The receiver makes one batch and reuses it; a socket fills it. One thread at a time.
 *
 * <p>A socket may cache values for a batch, such as its buffer's address, by the batch's identity.
 */
public final class DatagramBatch {
    /**
     * The alignment of slots: a cache line, as for the kernel's own buffers. On some processors (measured on AMD's Zen
     * 3) a string copy takes ten times as long if the target starts a few bytes further into its page than the source,
     * as memory from the allocator does.
     */
    private static final int CACHE_LINE = 64;

    private final ByteBuffer buffer;
    private final int slots;
    private final int slotSize;
    private final int stride;
    private final int[] offsets;
    private final int[] lengths;
    private final boolean[] truncated;
    private int count;
    private boolean overrun;
    private @Nullable EscapeListener escapes;
    private @Nullable Runnable discards;
    private long receivedAt;
    /** The time of each datagram, if they were not received at once. */
    private long @Nullable [] times;

    private long @Nullable [] ownTimes;

    /**
     * A batch with a direct buffer of its own.
     *
     * @param slots the most datagrams of one receive, 1 to 1024
     * @param slotSize the most bytes of a datagram; a larger one is truncated
     * @throws IllegalArgumentException if a number is out of range, or the buffer would exceed 1 GiB
     */
    public DatagramBatch(int slots, int slotSize) {
        if (slots < 1 || slots > 1024) {
            throw new IllegalArgumentException("slots " + slots + " is out of 1 to 1024");
        }
        if (slotSize < 64 || (long) slots * slotSize > 1 << 30) {
            throw new IllegalArgumentException(
                    "slotSize " + slotSize + " is out of 64 bytes to 1 GiB in all " + slots + " slots");
        }
        this.stride = (slotSize + CACHE_LINE - 1) & -CACHE_LINE;
        this.buffer = ByteBuffer.allocateDirect(slots * stride + CACHE_LINE)
                .alignedSlice(CACHE_LINE)
                .slice(0, slots * stride);
        this.slots = slots;
        this.slotSize = slotSize;
        this.offsets = new int[slots];
        this.lengths = new int[slots];
        this.truncated = new boolean[slots];
    }

    /**
     * The buffer that holds all slots, each at its {@link #slotOffset}; big-endian.
     *
     * @return the direct buffer; its position and limit are not used
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * The number of slots.
     *
     * @return the most datagrams of one receive
     */
    public int slots() {
        return slots;
    }

    /**
     * The start of a slot, empty or not, where the socket writes a datagram.
     *
     * @param slot the slot, 0 to {@link #slots()}−1
     * @return an offset from the buffer's start; slots may lie further apart than their size
     */
    public int slotOffset(int slot) {
        return slot * stride;
    }

    /**
     * A slot's size.
     *
     * @return the most bytes of a datagram
     */
    public int slotSize() {
        return slotSize;
    }

    /**
     * The number of datagrams received.
     *
     * @return 0 to {@link #slots()}
     */
    public int count() {
        return count;
    }

    /**
     * The start of a datagram.
     *
     * @param index 0 to {@link #count()}−1
     * @return an offset from the buffer's start
     */
    public int offset(int index) {
        return offsets[index];
    }

    /**
     * A datagram's length, at most the slot's.
     *
     * @param index 0 to {@link #count()}−1
     * @return a length in bytes
     */
    public int length(int index) {
        return lengths[index];
    }

    /**
     * Whether a datagram was larger than its slot, so that its end is missing ({@code MSG_TRUNC}).
     *
     * @param index 0 to {@link #count()}−1
     * @return whether it is cut
     */
    public boolean truncated(int index) {
        return truncated[index];
    }

    /**
     * Whether the socket reported that it lost datagrams before these (ENOBUFS).
     *
     * @return whether there was an overrun
     */
    public boolean overrun() {
        return overrun;
    }

    /**
     * When the datagrams were received from the socket, by the wall clock, or when they were recorded.
     *
     * @return nanoseconds since 1970
     */
    public long receivedAt() {
        return receivedAt;
    }

    /**
     * When a datagram was received from the socket, by the wall clock, or when it was recorded.
     *
     * @param index 0 to {@link #count()}−1
     * @return nanoseconds since 1970; the batch's time, unless the socket recorded one for this datagram
     */
    public long datagramReceivedAt(int index) {
        long[] own = times;
        return own == null ? receivedAt : own[index];
    }

    /**
     * Whether each packet of this batch gets its own view, which records where it was handed out, so that a use after
     * its callback is reported with that place. Test doubles ask for it; it costs an allocation for each packet.
     *
     * @return whether views are strict
     */
    public boolean strict() {
        return escapes != null;
    }

    /**
     * Begins the loan of a view to a callback, if views are strict.
     *
     * @param what what is lent, for messages: {@code packet}
     * @return a new loan from here; null if views are not strict
     */
    public @Nullable Loan lend(String what) {
        EscapeListener listener = escapes;
        return listener == null ? null : new Loan(what, listener);
    }

    /**
     * Reports, to a socket that asked for it, that a message was discarded before the application received it. Sessions
     * call it.
     */
    public void discarded() {
        Runnable listener = discards;
        if (listener != null) {
            listener.run();
        }
    }

    /** Forgets the received datagrams. A socket calls it at the start of each receive. */
    public void clear() {
        count = 0;
        overrun = false;
        times = null;
    }

    /**
     * Adds a datagram that a socket has written to a slot. Slots without one are skipped.
     *
     * @param slot the slot, 0 to {@link #slots()}−1
     * @param length its length in bytes; more than the slot's size means that it is cut
     */
    public void add(int slot, int length) {
        add(slot, length, false);
    }

    /**
     * Adds a datagram that a socket has written to a slot, and whether it is cut.
     *
     * @param slot the slot, 0 to {@link #slots()}−1
     * @param length its length in bytes; more than the slot's size means that it is cut
     * @param cut whether the system reported that its end is missing
     */
    public void add(int slot, int length, boolean cut) {
        offsets[count] = slotOffset(slot);
        lengths[count] = Math.min(length, slotSize);
        truncated[count] = cut || length > slotSize;
        count++;
    }

    /** Records that the socket lost datagrams before these. */
    public void markOverrun() {
        overrun = true;
    }

    /**
     * Records when the datagrams were received.
     *
     * @param epochNanos nanoseconds since 1970
     */
    public void receivedAt(long epochNanos) {
        receivedAt = epochNanos;
    }

    /**
     * Records when the last added datagram was received, if those of the batch were not received at once.
     *
     * @param epochNanos nanoseconds since 1970
     */
    public void lastReceivedAt(long epochNanos) {
        long[] own = times;
        if (own == null) {
            own = ownTimes == null ? new long[slots] : ownTimes;
            ownTimes = own;
            times = own;
        }
        own[count - 1] = epochNanos;
    }

    /**
     * Asks for strict views. An escape is reported only to the code that uses the view, by an exception.
     *
     * @param strict whether each packet gets its own view
     */
    public void strict(boolean strict) {
        escapes = strict ? (loan, use) -> {} : null;
    }

    /**
     * Asks for strict views.
     *
     * @param listener receives a report of each use of a view after its end; null for views that are not strict
     */
    public void strict(@Nullable EscapeListener listener) {
        escapes = listener;
    }

    /**
     * Sets a listener for messages that a session discards.
     *
     * @param listener called once for each message, on the thread that closes the session; or null
     */
    public void onDiscard(@Nullable Runnable listener) {
        discards = listener;
    }
}
