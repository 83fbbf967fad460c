// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.MessageCondition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The options of an event session. Immutable. */
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
     * Begins with the default: all events of connections, and none of expectations.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The kinds of events to deliver.
     *
     * @return at least one kind, unmodifiable
     */
    public Set<ConntrackEventKind> kinds() {
        return kinds;
    }

    /**
     * The filters of connections: events are delivered if one of the filters matches.
     *
     * @return the filters, unmodifiable; empty for all connections
     */
    public List<ConntrackFilter> filters() {
        return filters;
    }

    /**
     * The requested receive buffer.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * The filter for the socket.
     *
     * @return the filter; without clauses if it matches all connections
     */
    EventFilter eventFilter() {
        EventFilter.Builder filter = EventFilter.builder();
        if (filters.isEmpty() || filters.stream().anyMatch(ConntrackFilter::isAll)) {
            return filter.build();
        }
        List<EventFilter.Alternative> alternatives = new ArrayList<>();
        for (ConntrackFilter one : filters) {
            alternatives.add(new EventFilter.Alternative(one.conditions().ofEvents()));
        }
        // Filters apply to connections: events of expectations pass.
        alternatives.add(EventFilter.Alternative.of(MessageCondition.of(MessageTypes.EXP_NEW)));
        alternatives.add(EventFilter.Alternative.of(MessageCondition.of(MessageTypes.EXP_DELETE)));
        return filter.requireAny(alternatives).build();
    }

    /** Whether a filter matches an event's connection. */
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
         * Sets the kinds of events, replacing the default.
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
         * Adds a filter of connections; with several, an event is delivered if one of them matches. The kernel applies
         * it before an event takes space on the socket, and the session once more on receipt. An event that lacks an
         * attribute of the filter does not match: for example, before 5.11 the end of a connection lacks the state of
         * TCP. Events of expectations are delivered in any case.
         *
         * @param filter selects the connections
         * @return this builder
         */
        public Builder filter(ConntrackFilter filter) {
            filters.add(filter);
            return this;
        }

        /**
         * The receive buffer to request; the kernel charges about 1 KiB for an event. 64 MiB by default, which uses
         * memory only while events wait. Without the privilege to exceed {@code net.core.rmem_max} the session gets at
         * most that; {@link ConntrackEvents#receiveBuffer()} returns the actual size.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            receiveBuffer = SocketSetup.bufferSize("receiveBuffer", bytes);
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
