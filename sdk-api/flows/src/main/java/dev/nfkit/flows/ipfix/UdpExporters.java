// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The readers of the exporters over UDP, by their addresses and ports; the one that was silent longest first. */
final class UdpExporters {
    /** An exporter that was silent for this time may be forgotten. */
    private static final long SILENCE = Duration.ofSeconds(10).toNanos();

    private static final float LOAD = 0.75f;
    private static final int CAPACITY = 16;

    private final int most;
    private final Function<SocketAddress, IpfixReader> open;
    private final Map<SocketAddress, Entry> known = new LinkedHashMap<>(CAPACITY, LOAD, true);

    private static final class Entry {
        final IpfixReader reader;
        long heardAt;

        Entry(IpfixReader reader) {
            this.reader = reader;
        }
    }

    UdpExporters(int most, Function<SocketAddress, IpfixReader> open) {
        this.most = most;
        this.open = open;
    }

    /** The reader of an exporter; null if there are too many. */
    @Nullable
    IpfixReader of(SocketAddress exporter, long now) {
        Entry entry = known.get(exporter);
        if (entry == null) {
            if (known.size() >= most && !forgetSilent(now)) {
                return null;
            }
            entry = new Entry(open.apply(exporter));
            known.put(exporter, entry);
        }
        entry.heardAt = now;
        return entry.reader;
    }

    private boolean forgetSilent(long now) {
        Iterator<Entry> oldestFirst = known.values().iterator();
        Entry oldest = oldestFirst.next();
        if (now - oldest.heardAt < SILENCE) {
            return false;
        }
        oldestFirst.remove();
        oldest.reader.end();
        return true;
    }

    int size() {
        return known.size();
    }
}
