// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.process.ProcessResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** The options of a {@link FlowMeter}. Immutable. */
public final class FlowMeterOptions {
    private final String host;
    private final Duration activeTimeout;
    private final int maxFlows;
    private final boolean changes;
    private final ConntrackFilter filter;
    private final int receiveBuffer;
    private final InstantSource clock;
    private final Function<ConntrackTuple, Optional<String>> interfaceOf;
    private final ProcessResolver processes;

    private FlowMeterOptions(Builder builder) {
        host = builder.host.orElseGet(FlowMeterOptions::localHost);
        activeTimeout = builder.activeTimeout;
        maxFlows = builder.maxFlows;
        changes = builder.changes;
        filter = builder.filter;
        receiveBuffer = builder.receiveBuffer;
        clock = builder.clock;
        interfaceOf = builder.interfaceOf;
        processes = builder.processes;
    }

    private static String localHost() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The host's name in reports.
     *
     * @return a name
     */
    public String host() {
        return host;
    }

    /**
     * The longest time that an open flow carries something without a record.
     *
     * @return the time
     */
    public Duration activeTimeout() {
        return activeTimeout;
    }

    /**
     * The greatest number of open flows that the meter remembers.
     *
     * @return from 1
     */
    public int maxFlows() {
        return maxFlows;
    }

    /**
     * Whether the meter receives changes of connections too.
     *
     * @return whether it does
     */
    public boolean changes() {
        return changes;
    }

    /**
     * The connections that are metered.
     *
     * @return the filter
     */
    public ConntrackFilter filter() {
        return filter;
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
     * The clock of times that the kernel does not give.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /**
     * Finds the interface of a connection.
     *
     * @return a function of the original tuple
     */
    public Function<ConntrackTuple, Optional<String>> interfaceOf() {
        return interfaceOf;
    }

    /**
     * Finds the process of a connection.
     *
     * @return the resolver
     */
    public ProcessResolver processes() {
        return processes;
    }

    /** Collects the options of a meter. One thread at a time. */
    public static final class Builder {
        private static final Duration LEAST_TIMEOUT = Duration.ofSeconds(1);
        private static final Duration MOST_TIMEOUT = Duration.ofDays(1);

        private Optional<String> host = Optional.empty();
        private Duration activeTimeout = Duration.ofMinutes(1);
        private int maxFlows = 1_000_000;
        private boolean changes;
        private ConntrackFilter filter = ConntrackFilter.all();
        private int receiveBuffer = ConntrackEventOptions.builder().build().receiveBuffer();
        private InstantSource clock = Clock.systemUTC();
        private Function<ConntrackTuple, Optional<String>> interfaceOf = tuple -> Optional.empty();

        private ProcessResolver processes = ProcessResolver.none();

        private Builder() {}

        /**
         * The host's name in reports; that of this machine by default.
         *
         * @param name a name that no other host of the fleet has, not empty
         * @return this builder
         * @throws IllegalArgumentException if it is empty
         */
        public Builder host(String name) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("host is empty");
            }
            host = Optional.of(name);
            return this;
        }

        /**
         * The longest time that an open flow carries something without a record; one minute by default. The meter dumps
         * the table twice in this time, because the kernel sends counts only at the end of a connection.
         *
         * @param time 1 second to 1 day
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder activeTimeout(Duration time) {
            if (time.compareTo(LEAST_TIMEOUT) < 0 || time.compareTo(MOST_TIMEOUT) > 0) {
                throw new IllegalArgumentException("activeTimeout is from PT1S to PT24H, not " + time);
            }
            activeTimeout = time;
            return this;
        }

        /**
         * The greatest number of open flows that the meter remembers, which bounds its memory: about 380 bytes for each.
         * A connection above it has no records of intervals, and one at its end, with {@link
         * FlowDoubt#BEGINNING_UNSEEN}.
         *
         * @param number 1 to 2³¹−1; one million by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxFlows(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("maxFlows is from 1, not " + number);
            }
            maxFlows = number;
            return this;
        }

        /**
         * Whether the meter also receives changes of connections: marks and labels are then up to date at each record,
         * and evictions of connections whose state changed are recognised. A connection of TCP has about five changes,
         * so this multiplies the events. Without them the beginning and the end are each one event, and a loss is
         * counted in connections exactly.
         *
         * @param receive false by default
         * @return this builder
         */
        public Builder changes(boolean receive) {
            changes = receive;
            return this;
        }

        /**
         * Selects the connections to meter; all by default. Its {@linkplain ConntrackFilter#lasting() lasting part} is
         * used, so that a connection is metered from its beginning to its end or not at all.
         *
         * @param selected the filter
         * @return this builder
         */
        public Builder filter(ConntrackFilter selected) {
            filter = selected.lasting();
            return this;
        }

        /**
         * The receive buffer of the events, as {@link ConntrackEventOptions.Builder#receiveBuffer}.
         *
         * @param bytes 4096 to 1073741823; 64 MiB by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            receiveBuffer =
                    ConntrackEventOptions.builder().receiveBuffer(bytes).build().receiveBuffer();
            return this;
        }

        /**
         * The clock of times that the kernel does not give; the system's by default. It may jump: no record ends before
         * it begins.
         *
         * @param source the clock
         * @return this builder
         */
        public Builder clock(InstantSource source) {
            clock = Objects.requireNonNull(source, "clock");
            return this;
        }

        /**
         * Finds the interface of a connection, which connection tracking does not have, for instance by its addresses.
         *
         * @param find called with the original tuple when a record is made, on the meter's thread; no interface by
         *     default
         * @return this builder
         */
        public Builder interfaceOf(Function<ConntrackTuple, Optional<String>> find) {
            interfaceOf = Objects.requireNonNull(find, "interfaceOf");
            return this;
        }

        /**
         * Finds the process of a connection, which is asked for when the connection begins: later its socket or process
         * may be gone.
         *
         * @param resolver called on the meter's thread; the application closes it. {@link ProcessResolver#none} by
         *     default
         * @return this builder
         */
        public Builder processes(ProcessResolver resolver) {
            processes = Objects.requireNonNull(resolver, "processes");
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public FlowMeterOptions build() {
            return new FlowMeterOptions(this);
        }
    }
}
