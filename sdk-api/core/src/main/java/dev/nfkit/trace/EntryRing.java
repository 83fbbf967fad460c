// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The last entries, in one array of fixed size: new entries replace the oldest. Adding an entry allocates nothing. Each
 * entry is contiguous and follows its own head; if it does not fit at the array's end, it goes to the start. Guarded by
 * the recorder.
 */
final class EntryRing {
    /** Receives each entry that is evicted. */
    interface Eviction {
        /** An entry of a socket was evicted. */
        void evicted(int socket, TraceKind kind, long epochNanos, int length);
    }

    /** The size of the head before an entry's bytes. */
    private static final int HEAD = 32;

    private static final int SIZE = 0;
    private static final int LENGTH = 4;
    private static final int NUMBER = 8;
    private static final int TIME = 16;
    private static final int SOCKET = 24;
    private static final int KIND = 28;
    private static final int TRUNCATED = 29;
    private static final List<TraceKind> KINDS =
            List.of(TraceKind.TO_KERNEL, TraceKind.FROM_KERNEL, TraceKind.OVERRUN, TraceKind.NOTE);

    /** The minimum capacity: an entry of maximum size fits, together with others. */
    static final int LEAST = 1 << 20;

    private final ByteBuffer bytes;
    private int oldest;
    private int next;
    /** Whether entries occupy the part from the oldest to the wrap, and the part from the start to the next. */
    private boolean wrapped;

    private int wrap;
    private int count;
    private long used;

    EntryRing(int capacity) {
        this(ByteBuffer.allocate(capacity));
    }

    private EntryRing(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    int count() {
        return count;
    }

    /** The number of bytes of all entries, including their heads. */
    long used() {
        return used;
    }

    /** Adds an entry, and evicts as many as necessary. */
    void add(
            long number,
            TraceKind kind,
            int socket,
            long epochNanos,
            ByteBuffer source,
            int offset,
            int length,
            boolean truncated,
            Eviction eviction) {
        int size = (HEAD + length + 7) & -8;
        int at = place(size, eviction);
        bytes.putInt(at + SIZE, size);
        bytes.putInt(at + LENGTH, length);
        bytes.putLong(at + NUMBER, number);
        bytes.putLong(at + TIME, epochNanos);
        bytes.putInt(at + SOCKET, socket);
        bytes.put(at + KIND, (byte) KINDS.indexOf(kind));
        bytes.put(at + TRUNCATED, (byte) (truncated ? 1 : 0));
        if (length > 0) {
            bytes.put(at + HEAD, source, offset, length);
        }
        next = at + size;
        count++;
        used += size;
    }

    private int place(int size, Eviction eviction) {
        while (true) {
            if (count == 0) {
                oldest = 0;
                next = 0;
                wrapped = false;
            }
            if (wrapped) {
                if (oldest - next >= size) {
                    return next;
                }
            } else if (bytes.capacity() - next >= size) {
                return next;
            } else if (oldest >= size) {
                wrapped = true;
                wrap = next;
                next = 0;
                return 0;
            }
            evict(eviction);
        }
    }

    private void evict(Eviction eviction) {
        int size = bytes.getInt(oldest + SIZE);
        eviction.evicted(
                bytes.getInt(oldest + SOCKET),
                KINDS.get(bytes.get(oldest + KIND)),
                bytes.getLong(oldest + TIME),
                bytes.getInt(oldest + LENGTH));
        oldest += size;
        count--;
        used -= size;
        if (wrapped && oldest == wrap) {
            oldest = 0;
            wrapped = false;
        }
    }

    /** A copy of the current entries. */
    EntryRing copy() {
        EntryRing copy = new EntryRing(ByteBuffer.allocate((int) used));
        int at = oldest;
        boolean unwrapped = !wrapped;
        int target = 0;
        if (!unwrapped) {
            copy.bytes.put(0, bytes, oldest, wrap - oldest);
            target = wrap - oldest;
            at = 0;
        }
        copy.bytes.put(target, bytes, at, next - at);
        copy.count = count;
        copy.used = used;
        copy.next = (int) used;
        return copy;
    }

    /** The entries of a copy, which share its bytes. */
    List<FlightEntry> entries() {
        List<FlightEntry> entries = new ArrayList<>(count);
        for (int at = 0; at < used; at += bytes.getInt(at + SIZE)) {
            entries.add(new FlightEntry(
                    bytes.getLong(at + NUMBER),
                    KINDS.get(bytes.get(at + KIND)),
                    bytes.getInt(at + SOCKET),
                    bytes.getLong(at + TIME),
                    bytes.slice(at + HEAD, bytes.getInt(at + LENGTH)),
                    bytes.get(at + TRUNCATED) != 0));
        }
        return entries;
    }
}
