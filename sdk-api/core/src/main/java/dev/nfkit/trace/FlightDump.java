// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Selects the entries of a flight recorder that go to a file: all except those that belong to evicted entries. */
final class FlightDump {
    /**
     * A socket at the time when the ring was copied: its number among all opened sockets, whether any of its entries
     * were evicted, and the time of receipt of the last evicted one, or −1 if that was not a received datagram.
     */
    record Origin(int index, int protocol, long portId, long opened, boolean incomplete, long cutTime) {}

    private final List<Origin> sockets;
    private final List<FlightEntry> entries;
    private final ByteOrder order;
    private final String fallen;
    private final Map<Integer, Pass> passes = new HashMap<>();

    FlightDump(List<Origin> sockets, List<FlightEntry> entries, ByteOrder order, String fallen) {
        this.sockets = sockets;
        this.entries = entries;
        this.order = order;
        this.fallen = fallen;
        sockets.forEach(socket -> passes.put(socket.index(), new Pass(socket)));
    }

    /** Selects one socket's entries, depending on the entries before. */
    private final class Pass {
        private final Origin origin;
        private final QueuedIds queued = new QueuedIds(order);
        private final Set<Integer> asked = new HashSet<>();
        /** Whether the entry belongs to a receive whose beginning was evicted. */
        private boolean cut;

        Pass(Origin origin) {
            this.origin = origin;
            this.cut = origin.incomplete() && origin.cutTime() >= 0;
        }

        /** The entry as written to the file; null if it is not written. */
        @Nullable
        FlightEntry through(FlightEntry entry) {
            boolean netfilter = origin.protocol() == Netlink.NETLINK_NETFILTER;
            if (!origin.incomplete() || !netfilter || entry.kind() == TraceKind.NOTE) {
                return entry;
            }
            return entry.kind() == TraceKind.TO_KERNEL ? sent(entry) : received(entry);
        }

        private @Nullable FlightEntry sent(FlightEntry entry) {
            ByteBuffer datagram = entry.content();
            cut = cut && Configuration.configures(origin.protocol(), datagram, 0, datagram.capacity(), order);
            ByteBuffer left = queued.sent(datagram);
            if (left.capacity() == 0 && datagram.capacity() > 0) {
                return null;
            }
            asked.add(Configuration.sequence(left, 0, left.capacity(), order));
            return entry.with(left);
        }

        private @Nullable FlightEntry received(FlightEntry entry) {
            if (entry.kind() == TraceKind.OVERRUN) {
                return entry;
            }
            ByteBuffer datagram = entry.content();
            int sequence = Configuration.sequence(datagram, 0, datagram.capacity(), order);
            if (sequence != 0) {
                return asked.contains(sequence) ? entry : null;
            }
            cut = cut && entry.epochNanos() == origin.cutTime();
            if (cut && (entry.truncated() || queued.holds(datagram))) {
                return null;
            }
            queued.received(datagram);
            return entry;
        }
    }

    void write(TraceWriter writer) throws IOException {
        List<FlightEntry> whole = new ArrayList<>(entries.size());
        for (FlightEntry entry : entries) {
            Pass pass = passes.get(entry.socket());
            FlightEntry through = pass == null ? entry : pass.through(entry);
            if (through != null) {
                whole.add(through);
            }
        }
        int left = entries.size() - whole.size();
        long start = whole.isEmpty() ? Recorder.now() : whole.get(0).epochNanos();
        writer.note(
                start,
                Netlink.NETLINK_NETFILTER,
                left == 0 ? fallen : fallen + "; " + left + " more belong to those and are left out");
        Map<Integer, TraceSocket> targets = new HashMap<>();
        for (Origin socket : sockets) {
            targets.put(socket.index(), writer.socket(socket.protocol(), socket.portId()));
        }
        for (FlightEntry entry : whole) {
            TraceSocket target = targets.get(entry.socket());
            if (target == null) {
                writer.write(entry.at(-1 - entry.socket()));
            } else {
                target.write(entry.at(target.protocol()));
            }
        }
    }
}
