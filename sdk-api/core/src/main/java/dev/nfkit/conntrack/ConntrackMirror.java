package dev.nfkit.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackEvent.OfConnection;
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
 * A copy of the table, kept up to date by events. After a loss of events it dumps the table, corrects itself, and reports
 * what has changed.
 *
 * <pre>{@code
 * ConntrackMirror mirror = new ConntrackMirror(table, ConntrackFilter.all());
 * mirror.resynchronise(change -> show(change));               // once the events are listened to
 * events.run(event -> mirror.apply(event, change -> show(change)));
 * }</pre>
 *
 * <p>Events of things that a dump has shown already come behind it; applied in their order they end in the same. An event
 * tells only what is new: the rest stays as it was last told, counters and a helper for instance. A connection that is
 * being removed ({@link ConntrackStatus#DYING}) is gone. It keeps some 800 bytes for a connection. One thread at a time.
 *
 * <p>If a dump fails or stays incomplete, the mirror is {@linkplain #outOfDate() out of date}, and the next event makes it
 * dump again. If a sink throws, the change at which it threw counts as reported; the changes after it are reported first
 * by the next call.
 *
 * <p>By default Linux tells nothing of connections that began while nobody listened ({@link ConntrackEvents}): what becomes
 * of those shows in the next {@link #resynchronise}.
 */
public final class ConntrackMirror {
    /** A table that is resized during so many dumps is dumped again at the next event or call. */
    private static final int DUMPS = 8;

    private final Conntrack table;
    private final ConntrackFilter filter;
    private final Map<Key, ConntrackEntry> entries = new HashMap<>();

    /** Changes that the mirror has made and not reported yet. Not empty between calls only after a sink threw. */
    private final ArrayDeque<ConntrackChange> unreported = new ArrayDeque<>();

    private boolean outOfDate;

    /**
     * What a connection is known by. The id alone is of 32 bits, made as a hash is: in a table of 100,000 two are the same
     * as like as not. The tuple alone comes again with the next connection.
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
     * @param table where to dump; its end is not the mirror's
     * @param filter which connections to keep; the events' session should have its {@linkplain ConntrackFilter#lasting()
     *     lasting part}, or none
     */
    public ConntrackMirror(Conntrack table, ConntrackFilter filter) {
        this.table = Objects.requireNonNull(table, "table");
        this.filter = Objects.requireNonNull(filter, "filter");
    }

    /**
     * The connections as they are known now.
     *
     * @return an unmodifiable view
     */
    public Collection<ConntrackEntry> entries() {
        return Collections.unmodifiableCollection(entries.values());
    }

    /**
     * How many connections are known.
     *
     * @return a count
     */
    public int size() {
        return entries.size();
    }

    /**
     * What is known of a connection.
     *
     * @param entry an entry that tells its id, original tuple and zone, borrowed or owned
     * @return the owned entry, or empty where there is none
     */
    public Optional<ConntrackEntry> get(ConntrackEntry entry) {
        return Optional.ofNullable(entries.get(Key.of(entry)));
    }

    /**
     * Whether events were lost, or a dump was incomplete, and no complete dump has followed: the mirror may then lack
     * connections and hold others that are gone.
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
     * @param sink receives what has changed
     * @throws NetlinkException if the dump fails; the mirror then stays as it was, without this event, and is out of date
     * @throws E as the sink throws; what it has not received comes with the next call
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
        if (event instanceof OfConnection told) {
            apply(told);
            report(sink);
        }
    }

    private <E extends Exception> void report(ConntrackChange.Sink<E> sink) throws E {
        for (ConntrackChange change = unreported.poll(); change != null; change = unreported.poll()) {
            sink.change(change);
        }
    }

    private void apply(OfConnection told) {
        ConntrackEntry entry = told.entry();
        if (told instanceof ConntrackEvent.Destroyed) {
            remove(entry);
            return;
        }
        if (entry.is(ConntrackStatus.DYING)) {
            return; // its end is told, or was: on its way from another processor this event may have come behind that
        }
        ConntrackEntry before = entries.get(Key.of(entry));
        ConntrackEntry now = before == null ? entry.copy() : EntryOverlay.of(entry, before);
        if (filter.matches(now)) {
            put(now);
        } else {
            remove(now);
        }
    }

    /** The change is noted first: without memory for it the entry stays as it was, and the next dump finds it. */
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
     * Dumps the table and corrects the mirror. A dump that was interrupted is repeated, 8 dumps at most.
     *
     * @param sink receives what has changed, once the mirror is corrected
     * @return the number of dumps and changes
     * @throws NetlinkException if the dump fails; the mirror then stays as it was, and is out of date if it was before
     * @throws E as the sink throws; what it has not received comes with the next call
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
                            return; // still in the table while its end is told already
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

    /** Whether all is equal but what changes with every packet. What one of the two lacks can't differ. */
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
