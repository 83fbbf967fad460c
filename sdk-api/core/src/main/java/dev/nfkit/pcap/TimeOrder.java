// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Sorts packets by time while they are in the buffer. Packets with the same time keep their order. It allocates nothing
 * once its arrays have grown.
 *
 * <p>A run is a sequence of packets that are sorted among themselves. It begins with {@link #begin}, after a block that
 * is not a packet, and at the buffer's start.
 */
final class TimeOrder {
    private final BlockOutput.Layout layout;
    private boolean active;
    /** The run's start in the buffer. */
    private int start;
    /** The start of the run's estimates, if not before it. */
    private int estimates;
    /** The latest time before the run in this file; earlier packets can no longer be moved. */
    private long earliest = Long.MIN_VALUE;

    private long latest = Long.MIN_VALUE;
    /** Whether a packet of the run may be earlier than the one before it. */
    private boolean doubtful;

    private int[] places = new int[0];
    private int[] lengths = new int[0];
    private long[] times = new long[0];
    private int[] order = new int[0];
    private int[] spare = new int[0];
    private ByteBuffer sorted = ByteBuffer.allocate(0);

    TimeOrder(BlockOutput.Layout layout) {
        this.layout = layout;
    }

    /** Begins to sort, or begins a run that is not compared with earlier packets. */
    void begin(ByteBuffer buffer, int used) {
        sort(buffer, used);
        active = true;
        start = used;
        estimates = used;
        earliest = Long.MIN_VALUE;
        latest = Long.MIN_VALUE;
    }

    /** The time that the next packet gets. */
    long admit(long epochNanos) {
        if (!active) {
            return epochNanos;
        }
        long time = Math.max(epochNanos, earliest);
        if (time < latest) {
            doubtful = true;
        } else {
            latest = time;
        }
        return time;
    }

    void beginEstimates(int used) {
        estimates = used;
    }

    /** Lowers the times of the run's estimates. */
    void limitEstimates(ByteBuffer buffer, int used, long epochNanos) {
        if (!active) {
            return;
        }
        long most = Math.max(epochNanos, earliest);
        int at = Math.max(estimates, start);
        while (at < used) {
            if (layout.time(buffer, at) > most) {
                layout.time(buffer, at, most);
                doubtful = true; // the packet before it may be later now
            }
            at += layout.length(buffer, at, false);
        }
    }

    /** Sorts the run and ends it: its packets are final and precede all following ones. */
    void settle(ByteBuffer buffer, int used, int next) {
        if (!active) {
            return;
        }
        sort(buffer, used);
        start = next;
        estimates = next;
        earliest = Math.max(earliest, latest);
    }

    private void sort(ByteBuffer buffer, int used) {
        if (!doubtful) {
            return;
        }
        doubtful = false;
        int count = index(buffer, used);
        latest = count == 0 ? earliest : latest(count);
        if (count == 0 || inOrder(count)) {
            return;
        }
        mergeSort(count);
        if (sorted.capacity() < used - start) {
            sorted = ByteBuffer.allocateDirect(buffer.capacity());
        }
        int to = 0;
        for (int i = 0; i < count; i++) {
            int packet = order[i];
            sorted.put(to, buffer, places[packet], lengths[packet]);
            to += lengths[packet];
        }
        buffer.put(start, sorted, 0, to);
    }

    /** Records the offsets and the times of the run's packets. */
    private int index(ByteBuffer buffer, int used) {
        int count = 0;
        int at = start;
        while (at < used) {
            if (count == places.length) {
                grow();
            }
            int length = layout.length(buffer, at, false);
            places[count] = at;
            lengths[count] = length;
            times[count] = layout.time(buffer, at);
            order[count] = count;
            count++;
            at += length;
        }
        return count;
    }

    private void grow() {
        int size = Math.max(1024, 2 * places.length);
        places = Arrays.copyOf(places, size);
        lengths = Arrays.copyOf(lengths, size);
        times = Arrays.copyOf(times, size);
        order = Arrays.copyOf(order, size);
        spare = new int[size];
    }

    private long latest(int count) {
        long most = times[0];
        for (int i = 1; i < count; i++) {
            most = Math.max(most, times[i]);
        }
        return most;
    }

    private boolean inOrder(int count) {
        for (int i = 1; i < count; i++) {
            if (times[i] < times[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /** Stable, unlike the sort of the JDK for numbers; that for objects would allocate. */
    private void mergeSort(int count) {
        for (int width = 1; width < count; width *= 2) {
            for (int low = 0; low < count; low += 2 * width) {
                merge(low, Math.min(low + width, count), Math.min(low + 2 * width, count));
            }
            int[] merged = spare;
            spare = order;
            order = merged;
        }
    }

    private void merge(int low, int middle, int high) {
        int left = low;
        int right = middle;
        for (int to = low; to < high; to++) {
            boolean fromLeft = left < middle && (right == high || times[order[left]] <= times[order[right]]);
            spare[to] = fromLeft ? order[left++] : order[right++];
        }
    }
}
