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
 * A copy of the table, kept up to date by events. After a loss of events it dumps the table, puts itself right by the ids
 * of connections, and says what has changed.
 *
 * <pre>{@code
 * ConntrackMirror mirror = new ConntrackMirror(table, ConntrackFilter.all());
 * mirror.resynchronise(change -> show(change));               // once the events are listened to
 * events.run(event -> mirror.apply(event, change -> show(change)));
 * }</pre>
 *
 * <p>Events of things that a dump has shown already come behind it; applied in their order they end in the same. It keeps
 * some 800 bytes for a connection. One thread at a time.
 */
public final class ConntrackMirror {
    /** A table that changes its shape so often gets no further try: the next event or call is one. */
    private static final int DUMPS = 8;

    private final Conntrack table;
    private final ConntrackFilter filter;
    private final Map<Object, ConntrackEntry> entries = new HashMap<>();

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
     * A connection by its id.
     *
     * @param id as {@link ConntrackEntry#id()}
     * @return the owned entry, or empty where it is not known
     */
    public Optional<ConntrackEntry> get(long id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** What a connection is known by: its id; the tuple stands in where a kernel leaves that out. */
    private static Object key(ConntrackEntry entry) {
        if (entry.has(ConntrackAttribute.ID)) {
            return entry.id();
        }
        return entry.has(ConntrackAttribute.TUPLE_ORIG) ? entry.original() : entry;
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
        ConntrackEntry entry = told.entry().copy();
        if (told instanceof ConntrackEvent.Destroyed || !filter.matches(entry)) {
            if (entries.remove(key(entry)) != null) {
                sink.change(new ConntrackChange.Removed(entry));
            }
            return;
        }
        ConntrackChange change = put(entry);
        if (change != null) {
            sink.change(change);
        }
    }

    private @Nullable ConntrackChange put(ConntrackEntry entry) {
        ConntrackEntry before = entries.put(key(entry), entry);
        if (before == null) {
            return new ConntrackChange.Added(entry);
        }
        return same(before, entry) ? null : new ConntrackChange.Changed(before, entry);
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
        Map<Object, ConntrackEntry> found = new HashMap<>();
        Set<Object> whole = new HashSet<>();
        boolean complete = false;
        int dumps = 0;
        while (!complete && dumps < DUMPS) {
            whole.clear();
            complete = !table.<RuntimeException>dump(filter, entry -> {
                        ConntrackEntry owned = entry.copy();
                        found.put(key(owned), owned);
                        whole.add(key(owned));
                    })
                    .interrupted();
            dumps++;
        }
        List<ConntrackChange> changes = new ArrayList<>();
        for (ConntrackEntry entry : found.values()) {
            if (!complete || whole.contains(key(entry))) {
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

    private long remove(Set<Object> whole, List<ConntrackChange> changes) {
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
