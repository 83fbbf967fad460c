package dev.nfkit.socket;

import dev.nfkit.EscapeListener;
import dev.nfkit.Loan;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one receive takes: one direct buffer cut into slots of equal size, and for each datagram taken its place and
 * length. The receiver makes one and uses it again and again; a socket fills it. One thread at a time.
 *
 * <p>A socket may keep what it computed for a batch (its buffer's address) by the batch's identity.
 */
public final class DatagramBatch {
    /**
     * Where slots begin: at a cache line, as the kernel's own buffers do. A string copy of some processors (measured on
     * AMD's Zen 3) takes ten times as long where the target lies a few bytes further in its page than the source, and
     * that is where memory of the allocator does.
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
    /** Of each datagram, where they were not received at once. */
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
     * How many slots there are.
     *
     * @return the most datagrams of one receive
     */
    public int slots() {
        return slots;
    }

    /**
     * Where a slot starts, empty or not; the socket fills it there.
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
     * How many datagrams were taken.
     *
     * @return 0 to {@link #slots()}
     */
    public int count() {
        return count;
    }

    /**
     * Where a datagram starts.
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
     * Whether the socket said that it lost datagrams before these (ENOBUFS).
     *
     * @return whether there was an overrun
     */
    public boolean overrun() {
        return overrun;
    }

    /**
     * When the datagrams were taken from the socket, by the wall clock, or when they were recorded.
     *
     * @return nanoseconds since 1970
     */
    public long receivedAt() {
        return receivedAt;
    }

    /**
     * When a datagram was taken from the socket, by the wall clock, or when it was recorded.
     *
     * @param index 0 to {@link #count()}−1
     * @return nanoseconds since 1970; the batch's time, unless the socket noted one for this datagram
     */
    public long datagramReceivedAt(int index) {
        long[] own = times;
        return own == null ? receivedAt : own[index];
    }

    /**
     * Whether each packet of this batch gets a view of its own that remembers where it was handed out, so that one that
     * escapes its callback is reported with that place. Tests' sockets ask for it; it costs an allocation a packet.
     *
     * @return whether views are strict
     */
    public boolean strict() {
        return escapes != null;
    }

    /**
     * Begins the loan of a view to a callback, where views are strict.
     *
     * @param what what is lent, for messages: {@code packet}
     * @return a new loan from here; null where views are not strict
     */
    public @Nullable Loan lend(String what) {
        EscapeListener listener = escapes;
        return listener == null ? null : new Loan(what, listener);
    }

    /** Tells a socket that asked for it that a message was thrown away, unseen by the application. Sessions do. */
    public void discarded() {
        Runnable listener = discards;
        if (listener != null) {
            listener.run();
        }
    }

    /** Forgets what was taken. A socket calls it at the start of each receive. */
    public void clear() {
        count = 0;
        overrun = false;
        times = null;
    }

    /**
     * Notes a datagram that a socket has written to a slot. Slots that hold none are left out.
     *
     * @param slot the slot, 0 to {@link #slots()}−1
     * @param length its length in bytes; more than the slot's size means that it is cut
     */
    public void add(int slot, int length) {
        add(slot, length, false);
    }

    /**
     * Notes a datagram that a socket has written to a slot, and whether it is cut.
     *
     * @param slot the slot, 0 to {@link #slots()}−1
     * @param length its length in bytes; more than the slot's size means that it is cut
     * @param cut whether the system said that its end is missing
     */
    public void add(int slot, int length, boolean cut) {
        offsets[count] = slotOffset(slot);
        lengths[count] = Math.min(length, slotSize);
        truncated[count] = cut || length > slotSize;
        count++;
    }

    /** Notes that the socket lost datagrams before these. */
    public void markOverrun() {
        overrun = true;
    }

    /**
     * Notes when the datagrams were taken.
     *
     * @param epochNanos nanoseconds since 1970
     */
    public void receivedAt(long epochNanos) {
        receivedAt = epochNanos;
    }

    /**
     * Notes when the datagram that was added last was taken, where those of the batch were not taken at once.
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
     * Asks for strict views, whose escapes nobody is told of but who uses them.
     *
     * @param strict whether each packet gets a view of its own
     */
    public void strict(boolean strict) {
        escapes = strict ? (loan, use) -> {} : null;
    }

    /**
     * Asks for strict views.
     *
     * @param listener is told of each use of a view after its end; null for views that are not strict
     */
    public void strict(@Nullable EscapeListener listener) {
        escapes = listener;
    }

    /**
     * Asks to be told of messages that a session throws away.
     *
     * @param listener is called once a message, on the thread that closes the session; or null
     */
    public void onDiscard(@Nullable Runnable listener) {
        discards = listener;
    }
}
