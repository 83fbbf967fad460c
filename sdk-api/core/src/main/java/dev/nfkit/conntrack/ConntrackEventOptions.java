package dev.nfkit.conntrack;

import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.MessageTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a session of events listens to. Immutable. */
public final class ConntrackEventOptions {
    private static final int DEFAULT_RECEIVE_BUFFER = 64 * 1024 * 1024;

    private final Set<ConntrackEventKind> kinds;
    private final List<ConntrackFilter> filters;
    private final int receiveBuffer;

    private ConntrackEventOptions(Builder builder) {
        kinds = Collections.unmodifiableSet(EnumSet.copyOf(builder.kinds));
        filters = List.copyOf(builder.filters);
        receiveBuffer = builder.receiveBuffer;
    }

    /**
     * Begins with the default: all that happens to connections, nothing of expectations.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * What to be told of.
     *
     * @return one kind and more, unmodifiable
     */
    public Set<ConntrackEventKind> kinds() {
        return kinds;
    }

    /**
     * Which connections to be told of: those that one of the filters means.
     *
     * @return the filters, unmodifiable; empty for all connections
     */
    public List<ConntrackFilter> filters() {
        return filters;
    }

    /**
     * The receive buffer to ask for.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * The filter as the socket takes it.
     *
     * @return the filter; without clauses where all connections are meant
     */
    EventFilter eventFilter() {
        EventFilter.Builder filter = EventFilter.builder();
        if (filters.isEmpty() || filters.stream().anyMatch(ConntrackFilter::isAll)) {
            return filter.build();
        }
        List<EventFilter.Alternative> alternatives = new ArrayList<>();
        for (ConntrackFilter one : filters) {
            alternatives.add(new EventFilter.Alternative(one.eventTests()));
        }
        // Filters mean connections: what is told of expectations passes.
        alternatives.add(EventFilter.Alternative.of(MessageTest.of(ConntrackRequests.EXP_NEW)));
        alternatives.add(EventFilter.Alternative.of(MessageTest.of(ConntrackRequests.EXP_DELETE)));
        return filter.requireAny(alternatives).build();
    }

    /** Whether an event's connection is meant. */
    boolean matches(ConntrackEntry entry) {
        if (filters.isEmpty()) {
            return true;
        }
        for (ConntrackFilter filter : filters) {
            if (filter.matches(entry)) {
                return true;
            }
        }
        return false;
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        private final Set<ConntrackEventKind> kinds =
                EnumSet.of(ConntrackEventKind.NEW, ConntrackEventKind.UPDATED, ConntrackEventKind.DESTROYED);
        private final List<ConntrackFilter> filters = new ArrayList<>();
        private int receiveBuffer = DEFAULT_RECEIVE_BUFFER;

        private Builder() {}

        /**
         * What to be told of, in place of the default.
         *
         * @param first one kind
         * @param more others
         * @return this builder
         */
        public Builder kinds(ConntrackEventKind first, ConntrackEventKind... more) {
            kinds.clear();
            kinds.add(first);
            kinds.addAll(Arrays.asList(more));
            return this;
        }

        /**
         * Has the kernel tell only of connections that a filter means; of several, those that one of them means. It is
         * compared in the kernel, before an event takes room on the socket, and once more on receipt. Events may lack what a
         * filter asks for: the end of a connection lacks the state of TCP before 5.11, for one, and does not match then.
         * Expectations are told of in any case.
         *
         * @param filter which connections
         * @return this builder
         */
        public Builder filter(ConntrackFilter filter) {
            filters.add(filter);
            return this;
        }

        /**
         * The receive buffer to ask for; the kernel charges about 1 KiB for an event. 64 MiB by default, which uses memory
         * only while events wait. Without the right to exceed {@code net.core.rmem_max} the session gets what that
         * allows; {@link ConntrackEvents#receiveBuffer()} tells what was reached.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            if (bytes < 4096 || bytes >= 1 << 30) {
                throw new IllegalArgumentException("receiveBuffer " + bytes + " is out of 4096 to 1073741823");
            }
            receiveBuffer = bytes;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public ConntrackEventOptions build() {
            return new ConntrackEventOptions(this);
        }
    }
}
