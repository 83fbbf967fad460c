// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.pcap.PrivateFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last entries of recorded sockets in memory, to be written when something has gone wrong: a flight recorder
 * for production. Safe for any number of threads.
 *
 * <pre>{@code
 * FlightRecorder recorder = new FlightRecorder(16 << 20, ByteOrder.nativeOrder(), "firewall 1.2");
 * NetlinkTransport transport = new RecordingTransport(LinuxTransport.current(), recorder);
 * // … sessions over that transport; later, from any thread:
 * recorder.dump(Path.of("/var/tmp/firewall.pcapng"));
 * }</pre>
 *
 * <p><b>Memory</b> is bounded, and recording on the hot path allocates nothing: the ring has a fixed size, and new
 * entries replace the oldest. Apart from the ring, the recorder keeps what a replay needs however old it is: requests
 * that configure, their answers, and the options set. This takes at most {@value #CONFIGURATION} bytes for each open
 * socket, and {@value #CLOSED} bytes for closed sockets without entries in the ring, of which the oldest are forgotten.
 * Configuration beyond that goes into the ring like all other entries. While it runs, a dump needs as much memory again
 * as the ring holds, and some for each entry.
 *
 * <p><b>A dump is a recording that replays</b>, also strictly: it contains no answer whose request was evicted, no
 * verdict for packets that were evicted, and no entry of a queue's socket before the first complete receive, because a
 * session decides together what it received together. A note at its start contains the number of evicted entries and of
 * entries that were omitted because of them. Dumping does not change the recorder: the same entries can be dumped
 * again.
 */
public final class FlightRecorder implements TraceSink {
    /** The most bytes of configuration kept for a socket. */
    public static final int CONFIGURATION = 64 * 1024;

    /** The most bytes of configuration kept for closed sockets that have nothing in the ring. */
    public static final int CLOSED = 1 << 20;

    /** The minimum cost of a socket, without any configuration. */
    private static final int SOCKET_COST = 1024;

    private final EntryRing ring;
    private final int capacity;
    private final ByteOrder order;
    private final String application;
    /** The sockets by their index; the index of a forgotten one is reused. */
    private final List<@Nullable FlightSocket> sockets = new ArrayList<>();

    private final Deque<FlightSocket> closed = new ArrayDeque<>();
    private long closedBytes;
    private long opened;
    private long forgotten;
    private long entries;
    private long evicted;
    private long evictedBytes;
    private final EntryRing.Eviction eviction = this::evicted;

    /**
     * An empty recorder.
     *
     * @param capacity the ring's size in bytes, 1 MiB to 1 GiB; an entry takes up to 39 bytes more than its datagram
     *     has
     * @param order the byte order of the sockets that are recorded
     * @param application the recording application, name and version
     * @throws IllegalArgumentException if the capacity is out of range
     */
    public FlightRecorder(int capacity, ByteOrder order, String application) {
        if (capacity < EntryRing.LEAST || capacity > 1 << 30) {
            throw new IllegalArgumentException("capacity " + capacity + " is out of 1 MiB (1048576) to 1 GiB");
        }
        this.capacity = capacity;
        this.ring = new EntryRing(capacity);
        this.order = Objects.requireNonNull(order);
        this.application = Objects.requireNonNull(application);
    }

    @Override
    public synchronized Socket socket(int protocol, long portId) {
        CookedHeader.checkProtocol(protocol);
        int index = sockets.indexOf(null);
        if (index < 0) {
            index = sockets.size();
            sockets.add(null);
        }
        FlightSocket socket = new FlightSocket(index, protocol, portId, opened++);
        sockets.set(index, socket);
        return new Entries(socket);
    }

    /** Adds a remark that belongs to no socket; it is evicted from the ring like all other entries. */
    @Override
    public synchronized void note(long epochNanos, int protocol, String text) {
        ring(-1 - CookedHeader.checkProtocol(protocol), TraceKind.NOTE, epochNanos, text(text), false);
    }

    /** Does nothing: only {@link #dump} writes. */
    @Override
    public void flush() {}

    /** Always 0: nothing waits to be written. */
    @Override
    public long pendingEntries() {
        return 0;
    }

    private void ring(int socket, TraceKind kind, long epochNanos, ByteBuffer content, boolean truncated) {
        ring(socket, kind, epochNanos, content, 0, content.capacity(), truncated);
    }

    private void ring(
            int socket, TraceKind kind, long epochNanos, ByteBuffer source, int offset, int length, boolean truncated) {
        int kept = Math.min(length, TraceWriter.MAX_DATAGRAM);
        long time = Math.max(0, epochNanos);
        ring.add(entries++, kind, socket, time, source, offset, kept, truncated || kept < length, eviction);
        FlightSocket owner = socket < 0 ? null : sockets.get(socket);
        if (owner != null) {
            owner.inRing++;
        }
    }

    private void evicted(int socket, TraceKind kind, long epochNanos, int length) {
        evicted++;
        evictedBytes += length;
        FlightSocket owner = socket < 0 ? null : sockets.get(socket);
        if (owner != null) {
            owner.inRing--;
            owner.evicted(kind == TraceKind.TO_KERNEL ? -1 : epochNanos);
            forgetLater(owner);
        }
    }

    /** A closed socket without entries in the ring is kept as long as the memory for such sockets suffices. */
    private void forgetLater(FlightSocket socket) {
        if (!socket.closed || socket.inRing > 0) {
            return;
        }
        closed.add(socket);
        closedBytes += SOCKET_COST + socket.configurationBytes();
        while (closedBytes > CLOSED) {
            FlightSocket oldest = closed.remove();
            closedBytes -= SOCKET_COST + oldest.configurationBytes();
            sockets.set(oldest.index, null);
            forgotten++;
        }
    }

    private static ByteBuffer text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException("a note of " + bytes.length + " bytes is longer than 65535");
        }
        return ByteBuffer.wrap(bytes);
    }

    /** Adds one socket's entries, each under the recorder's lock. */
    private final class Entries implements Socket {
        private final FlightSocket socket;

        Entries(FlightSocket socket) {
            this.socket = socket;
        }

        @Override
        public void toKernel(long epochNanos, ByteBuffer datagram) {
            int at = datagram.position();
            int length = datagram.remaining();
            synchronized (FlightRecorder.this) {
                boolean configures = Configuration.configures(socket.protocol, datagram, at, length, order);
                if (configures && keep(TraceKind.TO_KERNEL, epochNanos, datagram, at, length, false)) {
                    socket.expect(Configuration.sequence(datagram, at, length, order));
                } else {
                    take(TraceKind.TO_KERNEL, epochNanos, datagram, at, length, false);
                }
            }
        }

        @Override
        public void fromKernel(long epochNanos, ByteBuffer source, int offset, int length, boolean truncated) {
            synchronized (FlightRecorder.this) {
                int sequence = Configuration.sequence(source, offset, length, order);
                boolean answers = sequence != 0 && socket.expects(sequence);
                if (!answers || !keep(TraceKind.FROM_KERNEL, epochNanos, source, offset, length, truncated)) {
                    take(TraceKind.FROM_KERNEL, epochNanos, source, offset, length, truncated);
                }
            }
        }

        @Override
        public void overrun(long epochNanos, long drops) {
            ByteBuffer text = text(Marker.overrun(drops));
            synchronized (FlightRecorder.this) {
                take(TraceKind.OVERRUN, epochNanos, text, 0, text.capacity(), false);
            }
        }

        @Override
        public void note(long epochNanos, String text) {
            ByteBuffer bytes = text(text);
            synchronized (FlightRecorder.this) {
                if (!keep(TraceKind.NOTE, epochNanos, bytes, 0, bytes.capacity(), false)) {
                    take(TraceKind.NOTE, epochNanos, bytes, 0, bytes.capacity(), false);
                }
            }
        }

        @Override
        public void closed() {
            synchronized (FlightRecorder.this) {
                if (!socket.closed) {
                    socket.closed = true;
                    forgetLater(socket);
                }
            }
        }

        private boolean keep(
                TraceKind kind, long epochNanos, ByteBuffer source, int offset, int length, boolean truncated) {
            // Entries after the close are not kept: nothing would bound them.
            boolean kept = !socket.closed
                    && socket.keep(
                            entries, kind, Math.max(0, epochNanos), source, offset, length, truncated, CONFIGURATION);
            entries += kept ? 1 : 0;
            return kept;
        }

        private void take(
                TraceKind kind, long epochNanos, ByteBuffer source, int offset, int length, boolean truncated) {
            if (socket.closed && socket.inRing == 0) {
                entries++;
                evicted++;
                evictedBytes += length;
                return;
            }
            ring(socket.index, kind, epochNanos, source, offset, length, truncated);
        }
    }

    /**
     * Writes a recording of the current contents. Sessions continue: they wait only while the ring is copied. The file
     * is opened by {@link PrivateFile}: only its owner can read it, a symbolic link is refused, and an existing file is
     * replaced atomically once the dump is complete.
     *
     * @param file a pcapng file, made or replaced
     * @throws IOException if writing fails; an existing file then stays unchanged
     */
    public void dump(Path file) throws IOException {
        try (PrivateFile target = PrivateFile.aside(file)) {
            TraceWriter writer = new TraceWriter(target.channel(), order, application);
            dump(writer);
            writer.flush();
            target.publish();
        }
    }

    /**
     * Writes a recording of the current contents.
     *
     * @param stream the target; it is flushed and stays open
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the stream is a PrintStream, which hides failed writes
     */
    @SuppressWarnings("resource") // closing the writer would close the caller's stream
    public void dump(OutputStream stream) throws IOException {
        TraceWriter writer = new TraceWriter(stream, order, application);
        dump(writer);
        writer.flush();
        stream.flush();
    }

    /**
     * Writes the current contents to a recording that may contain more, or that edits them ({@link
     * TraceWriter#editing}).
     *
     * @param writer the target; it is not flushed
     * @throws IOException if writing fails
     */
    public void dump(TraceWriter writer) throws IOException {
        snapshot().write(writer);
    }

    private FlightDump snapshot() {
        EntryRing copy;
        List<FlightDump.Origin> known = new ArrayList<>();
        List<FlightEntry> configuration = new ArrayList<>();
        String fallen;
        synchronized (this) {
            copy = ring.copy();
            for (FlightSocket socket : sockets) {
                if (socket != null) {
                    known.add(socket.origin());
                    configuration.addAll(socket.configuration());
                }
            }
            fallen = fallen();
        }
        known.sort(Comparator.comparingLong(FlightDump.Origin::opened));
        List<FlightEntry> all = copy.entries();
        all.addAll(configuration);
        all.sort(Comparator.comparingLong(FlightEntry::number));
        return new FlightDump(known, all, order, fallen);
    }

    private String fallen() {
        String text = "flight recorder of " + capacity + " bytes: ";
        text += evicted == 0 ? "nothing" : evicted + " of " + entries + " entries (" + evictedBytes + " bytes)";
        text += " fell out before this";
        return forgotten == 0 ? text : text + ", and " + forgotten + " closed sockets were forgotten";
    }

    /**
     * The number of recorded entries, including evicted ones.
     *
     * @return a count
     */
    public synchronized long entries() {
        return entries;
    }

    /**
     * The number of entries evicted from the ring.
     *
     * @return a count
     */
    public synchronized long evictedEntries() {
        return evicted;
    }

    /**
     * The number of bytes of datagrams and notes evicted from the ring.
     *
     * @return a count
     */
    public synchronized long evictedBytes() {
        return evictedBytes;
    }

    /**
     * The used size of the ring.
     *
     * @return bytes, at most its capacity
     */
    public synchronized long usedBytes() {
        return ring.used();
    }
}
