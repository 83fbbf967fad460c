// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The templates of one exporter, within limits. Those of UDP expire. */
final class KnownTemplates {
    private final int maxTemplates;
    private final long lifetime;
    private final FieldBudget budget;
    private final Map<Long, Entry> known = new HashMap<>();

    private record Entry(RecordReader reader, long since) {}

    /**
     * No templates yet.
     *
     * @param lifetime in nanoseconds; 0 if they do not expire
     */
    KnownTemplates(int maxTemplates, long lifetime, FieldBudget budget) {
        this.maxTemplates = maxTemplates;
        this.lifetime = lifetime;
        this.budget = budget;
    }

    private static long key(long domain, int id) {
        return (domain << Short.SIZE) | id;
    }

    private boolean isOld(Entry entry, long now) {
        return lifetime > 0 && now - entry.since() > lifetime;
    }

    @Nullable
    RecordReader find(long domain, int id, long now) {
        Entry entry = known.get(key(domain, id));
        return entry == null || isOld(entry, now) ? null : entry.reader();
    }

    /** Remembers a template, in the place of one with the same id; returns whether the limits permit it. */
    boolean put(long domain, RecordReader reader, long now) {
        long key = key(domain, reader.template().id());
        remove(key);
        int fields = reader.template().fields().size();
        if (known.size() >= maxTemplates || !budget.take(fields)) {
            removeOld(now);
            if (known.size() >= maxTemplates || !budget.take(fields)) {
                return false;
            }
        }
        known.put(key, new Entry(reader, now));
        return true;
    }

    private void remove(long key) {
        Entry entry = known.remove(key);
        if (entry != null) {
            budget.give(entry.reader().template().fields().size());
        }
    }

    private void removeOld(long now) {
        for (Iterator<Entry> entries = known.values().iterator(); entries.hasNext(); ) {
            Entry entry = entries.next();
            if (isOld(entry, now)) {
                entries.remove();
                budget.give(entry.reader().template().fields().size());
            }
        }
    }

    void withdraw(long domain, int id) {
        remove(key(domain, id));
    }

    /** Withdraws all templates of a domain: those of options, or the others. */
    void withdrawAll(long domain, boolean options) {
        known.entrySet().removeIf(entry -> {
            IpfixTemplate template = entry.getValue().reader().template();
            boolean withdrawn = entry.getKey() >>> Short.SIZE == domain && template.isOptions() == options;
            if (withdrawn) {
                budget.give(template.fields().size());
            }
            return withdrawn;
        });
    }

    void clear() {
        known.values()
                .forEach(entry -> budget.give(entry.reader().template().fields().size()));
        known.clear();
    }

    int size() {
        return known.size();
    }
}
