package dev.nfkit.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackEvent.OfConnection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the table, kept up to date by events. After a loss of events it dumps the table, puts itself right, and says
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
 * <p>By default Linux tells nothing of connections that began while nobody listened ({@link ConntrackEvents}): what becomes
 * of those shows in the next {@link #resynchronise}.
 */
public final class ConntrackMirror {
    /** A table that changes its shape so often gets no further try: the next event or call is one. */
    private static final int DUMPS = 8;

    private final Conntrack table;
    private final ConntrackFilter filter;
    private final Map<Key, ConntrackEntry> entries = new HashMap<>();

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
     * Takes in an event; where it is an overrun, resynchronises. What is told of expectations changes nothing.
     *
     * @param event the event, borrowed or owned
     * @param sink is told of what has changed
     * @throws NetlinkException if a resynchronisation fails
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void apply(ConntrackEvent event, ConntrackChange.Sink<E> sink)
            throws NetlinkException, E {
        if (event instanceof ConntrackEvent.Overrun) {
            resynchronise(sink);
        } else if (event instanceof OfConnection told) {
            apply(told, sink);
        }
    }

    private <E extends Exception> void apply(OfConnection told, ConntrackChange.Sink<E> sink) throws E {
        ConntrackEntry entry = told.entry();
        if (told instanceof ConntrackEvent.Destroyed) {
            if (entries.remove(Key.of(entry)) != null) {
                sink.change(new ConntrackChange.Removed(entry.copy()));
            }
            return;
        }
        if (entry.is(ConntrackStatus.DYING)) {
            return; // its end is told, or was: on its way from another processor this event may have come behind that
        }
        ConntrackEntry before = entries.get(Key.of(entry));
        ConntrackEntry now = before == null ? entry.copy() : EntryOverlay.of(entry, before);
        ConntrackChange change = filter.matches(now) ? put(now) : remove(now);
        if (change != null) {
            sink.change(change);
        }
    }

    private @Nullable ConntrackChange put(ConntrackEntry entry) {
        ConntrackEntry before = entries.put(Key.of(entry), entry);
        if (before == null) {
            return new ConntrackChange.Added(entry);
        }
        return same(before, entry) ? null : new ConntrackChange.Changed(before, entry);
    }

    private @Nullable ConntrackChange remove(ConntrackEntry entry) {
        return entries.remove(Key.of(entry)) == null ? null : new ConntrackChange.Removed(entry);
    }

    /**
     * Dumps the table and puts the mirror right; again where the dump was interrupted, 8 times at most.
     *
     * @param sink is told of what has changed, once the mirror is right
     * @return how it went
     * @throws NetlinkException if the dump fails; the mirror then stays as it was
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> Resynchronisation resynchronise(ConntrackChange.Sink<E> sink)
            throws NetlinkException, E {
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
        List<ConntrackChange> changes = new ArrayList<>();
        for (ConntrackEntry entry : found.values()) {
            if (!complete || whole.contains(Key.of(entry))) {
                ConntrackChange change = put(entry);
                if (change != null) {
                    changes.add(change);
                }
            }
        }
        long removed = complete ? remove(whole, changes) : 0;
        long added =
                changes.stream().filter(ConntrackChange.Added.class::isInstance).count();
        for (ConntrackChange change : changes) {
            sink.change(change);
        }
        return new Resynchronisation(dumps, complete, added, changes.size() - added - removed, removed);
    }

    private long remove(Set<Key> whole, List<ConntrackChange> changes) {
        List<ConntrackChange> gone = new ArrayList<>();
        entries.entrySet().removeIf(known -> {
            if (whole.contains(known.getKey())) {
                return false;
            }
            gone.add(new ConntrackChange.Removed(known.getValue()));
            return true;
        });
        changes.addAll(gone);
        return gone.size();
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
