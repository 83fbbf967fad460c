// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The entries of a model, in the order of their creation. Requires the clock's lock. */
final class ConntrackTable {
    private final TreeMap<Long, TrackedConnection> bySerial = new TreeMap<>();
    private final Map<TrackedConnection, Long> serials = new HashMap<>();
    private final Map<ConntrackTuple, List<TrackedConnection>> byTuple = new HashMap<>();
    private final Map<Long, TrackedConnection> byId = new HashMap<>();
    private long nextSerial;
    private long generation;

    /** The number of additions and removals, by which dumps detect changes. */
    long generation() {
        return generation;
    }

    int size() {
        return bySerial.size();
    }

    Collection<TrackedConnection> all() {
        return List.copyOf(bySerial.values());
    }

    /** The first entry after a serial number, with its own number. */
    Map.@Nullable Entry<Long, TrackedConnection> after(long serial) {
        return bySerial.higherEntry(serial);
    }

    @Nullable
    TrackedConnection byId(long id) {
        return byId.get(id);
    }

    /** The entry that has a tuple as one of its directions. */
    @Nullable
    TrackedConnection find(ConntrackTuple tuple, ConntrackZone zone) {
        for (TrackedConnection entry : byTuple.getOrDefault(tuple.plain(), List.of())) {
            if (entry.has(tuple, zone, false) || entry.has(tuple, zone, true)) {
                return entry;
            }
        }
        return null;
    }

    /** Whether one of an entry's directions is in the table. */
    boolean taken(ConnectionContents entry) {
        ConntrackZone zone = ConntrackZone.of(entry);
        return find(entry.original(), zone) != null || find(entry.reply(), zone) != null;
    }

    void add(TrackedConnection entry) {
        generation++;
        long serial = ++nextSerial;
        bySerial.put(serial, entry);
        serials.put(entry, serial);
        byId.put(entry.id(), entry);
        for (ConntrackTuple tuple : tuples(entry)) {
            byTuple.computeIfAbsent(tuple, key -> new ArrayList<>(1)).add(entry);
        }
    }

    /** Removes an entry; false if it is already removed. */
    boolean remove(TrackedConnection entry) {
        Long serial = serials.remove(entry);
        if (serial == null) {
            return false;
        }
        generation++;
        bySerial.remove(serial);
        byId.remove(entry.id());
        for (ConntrackTuple tuple : tuples(entry)) {
            byTuple.computeIfPresent(tuple, (key, entries) -> {
                entries.remove(entry);
                return entries.isEmpty() ? null : entries;
            });
        }
        return true;
    }

    private static List<ConntrackTuple> tuples(TrackedConnection entry) {
        return List.of(entry.sample().original().plain(), entry.sample().reply().plain());
    }
}
