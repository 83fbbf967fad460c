// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.event.ConntrackEvent.OfConnection;
import dev.nfkit.conntrack.table.Conntrack;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the table, kept up to date by events. After a loss of events it dumps the table, corrects itself, and
 * reports the changes.
 *
 * <pre>{@code
 * ConntrackMirror mirror = new ConntrackMirror(table, ConntrackFilter.all());
 * mirror.resynchronise(change -> show(change)); // after the session of events was opened
 * events.run(event -> mirror.apply(event, change -> show(change)));
 * }</pre>
 *
 * <p>After a dump, events of changes that it already contains may follow; applied in order, they lead to the same
 * state. An event contains only what is new: other attributes keep their last values, for instance counters and the
 * helper. A connection that is being removed ({@link ConntrackStatus#DYING}) counts as removed. A connection takes
 * about 800 bytes. One thread at a time.
 *
 * <p>If a dump fails or stays incomplete, the mirror is {@linkplain #outOfDate() out of date}, and the next event makes
 * it dump again. If a sink throws, the change at which it threw counts as reported; the changes after it are reported
 * first by the next call.
 *
 * <p>By default Linux sends no events of connections that began while there was no listener ({@link ConntrackEvents}):
 * the next {@link #resynchronise} reports their changes.
 */
public final class ConntrackMirror {
    /**
     * The maximum number of dumps of a table that is resized meanwhile; it is dumped again at the next event or call.
     */
    private static final int DUMPS = 8;

    private final Conntrack table;
    private final ConntrackFilter filter;
    private final Map<Key, ConntrackEntry> entries = new HashMap<>();

    /**
     * Changes that the mirror contains and has not reported yet. Between calls it is empty, except after a sink threw.
     */
    private final ArrayDeque<ConntrackChange> unreported = new ArrayDeque<>();

    private boolean outOfDate;

    /**
     * The identity of a connection. The id is a hash of 32 bits: in a table of 100,000, two equal ids are as likely as
     * not. The tuple can occur again with the next connection.
     */
    private record Key(long id, @Nullable ConntrackTuple original, int zone) {
        static Key of(ConntrackEntry entry) {
            return new Key(
                    entry.has(ConntrackAttribute.ID) ? entry.id() : -1,
                    entry.has(ConntrackAttribute.TUPLE_ORIG) ? entry.original() : null,
                    entry.zone());
        }
    }

    /**
     * An empty mirror.
     *
     * @param table the table to dump; the mirror does not close it
     * @param filter selects the connections to keep; the session of events should have its {@linkplain
     *     ConntrackFilter#lasting() lasting part}, or none
     */
    public ConntrackMirror(Conntrack table, ConntrackFilter filter) {
        this.table = Objects.requireNonNull(table, "table");
        this.filter = Objects.requireNonNull(filter, "filter");
    }

    /**
     * The currently known connections.
     *
     * @return an unmodifiable view
     */
    public Collection<ConntrackEntry> entries() {
        return Collections.unmodifiableCollection(entries.values());
    }

    /**
     * The number of known connections.
     *
     * @return a count
     */
    public int size() {
        return entries.size();
    }

    /**
     * The known entry of a connection.
     *
     * @param entry an entry with its id, original tuple and zone, borrowed or owned
     * @return the owned entry, or empty if there is none
     */
    public Optional<ConntrackEntry> get(ConntrackEntry entry) {
        return Optional.ofNullable(entries.get(Key.of(entry)));
    }

    /**
     * Whether events were lost, or a dump was incomplete, and no complete dump has followed: the mirror may then lack
     * connections and contain removed ones.
     *
     * @return whether the next event makes the mirror dump the table first
     */
    public boolean outOfDate() {
        return outOfDate;
    }

    /**
     * Applies an event. An overrun makes the mirror resynchronise; so does any other event while the mirror is
     * {@linkplain #outOfDate() out of date}. Events of expectations change nothing else.
     *
     * @param event the event, borrowed or owned
     * @param sink receives the changes
     * @throws NetlinkException if the dump fails; the mirror then stays unchanged, without this event, and is out of
     *     date
     * @throws E as the sink throws; the next call reports the remaining changes
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void apply(ConntrackEvent event, ConntrackChange.Sink<E> sink)
            throws NetlinkException, E {
        if (event instanceof ConntrackEvent.Overrun) {
            outOfDate = true; // before the sink can throw
        }
        report(sink);
        if (outOfDate) {
            resynchronise(sink);
        }
        if (event instanceof OfConnection change) {
            apply(change);
            report(sink);
        }
    }

    private <E extends Exception> void report(ConntrackChange.Sink<E> sink) throws E {
        for (ConntrackChange change = unreported.poll(); change != null; change = unreported.poll()) {
            sink.change(change);
        }
    }

    private void apply(OfConnection change) {
        ConntrackEntry entry = change.entry();
        if (change instanceof ConntrackEvent.Destroyed) {
            remove(entry);
            return;
        }
        if (entry.is(ConntrackStatus.DYING)) {
            return; // its end is or was reported: this event may come from another processor and arrive after that one
        }
        ConntrackEntry before = entries.get(Key.of(entry));
        ConntrackEntry now = before == null ? entry.copy() : EntryOverlay.of(entry, before);
        if (filter.matches(now)) {
            put(now);
        } else {
            remove(now);
        }
    }

    /**
     * The change is recorded first: if there is no memory for it, the entry stays unchanged, and the next dump finds
     * the change.
     */
    private @Nullable ConntrackChange put(ConntrackEntry entry) {
        Key key = Key.of(entry);
        ConntrackEntry before = entries.get(key);
        ConntrackChange change = null;
        if (before == null) {
            change = new ConntrackChange.Added(entry);
        } else if (!same(before, entry)) {
            change = new ConntrackChange.Changed(before, entry);
        }
        if (change != null) {
            unreported.add(change);
        }
        entries.put(key, entry);
        return change;
    }

    private void remove(ConntrackEntry entry) {
        Key key = Key.of(entry);
        if (entries.containsKey(key)) {
            unreported.add(new ConntrackChange.Removed(entry.copy()));
            entries.remove(key);
        }
    }

    /**
     * Dumps the table and corrects the mirror. An interrupted dump is repeated, up to 8 dumps.
     *
     * @param sink receives the changes, after the mirror was corrected
     * @return the number of dumps and changes
     * @throws NetlinkException if the dump fails; the mirror then stays unchanged, and is out of date if it was before
     * @throws E as the sink throws; the next call reports the remaining changes
     * @param <E> what the sink may throw
     */
    public <E extends Exception> Resynchronisation resynchronise(ConntrackChange.Sink<E> sink)
            throws NetlinkException, E {
        report(sink);
        Map<Key, ConntrackEntry> found = new HashMap<>();
        Set<Key> whole = new HashSet<>();
        boolean complete = false;
        int dumps = 0;
        while (!complete && dumps < DUMPS) {
            whole.clear();
            complete = !table.<RuntimeException>dump(filter, entry -> {
                        if (entry.is(ConntrackStatus.DYING)) {
                            return; // still in the table, but its end is already reported
                        }
                        ConntrackEntry owned = entry.copy();
                        Key key = Key.of(owned);
                        found.put(key, owned);
                        whole.add(key);
                    })
                    .interrupted();
            dumps++;
        }
        outOfDate = true; // until all of it is applied
        long added = 0;
        long changed = 0;
        for (Map.Entry<Key, ConntrackEntry> entry : found.entrySet()) {
            if (!complete || whole.contains(entry.getKey())) {
                ConntrackChange change = put(entry.getValue());
                if (change instanceof ConntrackChange.Added) {
                    added++;
                } else if (change != null) {
                    changed++;
                }
            }
        }
        int removed = complete ? removeAllBut(whole) : 0;
        outOfDate = !complete;
        report(sink);
        return new Resynchronisation(dumps, complete, added, changed, removed);
    }

    private int removeAllBut(Set<Key> whole) {
        int before = entries.size();
        entries.entrySet().removeIf(known -> {
            if (whole.contains(known.getKey())) {
                return false;
            }
            unreported.add(new ConntrackChange.Removed(known.getValue()));
            return true;
        });
        return before - entries.size();
    }

    /**
     * Whether all attributes are equal, except those that change with every packet. Attributes that one entry lacks are
     * not compared.
     */
    private static boolean same(ConntrackEntry before, ConntrackEntry after) {
        return before.mark() == after.mark()
                && same(before, after, ConntrackAttribute.TUPLE_ORIG, ConntrackEntry::original)
                && same(before, after, ConntrackAttribute.TUPLE_REPLY, ConntrackEntry::reply)
                && same(before, after, ConntrackAttribute.STATUS, ConntrackEntry::status)
                && same(before, after, ConntrackAttribute.PROTOINFO, ConntrackEntry::protocolState)
                && same(before, after, ConntrackAttribute.LABELS, ConntrackEntry::labels)
                && (!before.hasHelper() || !after.hasHelper() || before.helper().equals(after.helper()));
    }

    private static boolean same(
            ConntrackEntry before,
            ConntrackEntry after,
            ConntrackAttribute attribute,
            Function<ConntrackEntry, Object> value) {
        return !before.has(attribute)
                || !after.has(attribute)
                || value.apply(before).equals(value.apply(after));
    }
}
