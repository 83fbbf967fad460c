// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.LongSupplier;

/** The options of an {@link IpfixExporter}. Immutable. */
public final class IpfixExporterOptions {
    private final IpfixFormat format;
    private final Duration templateInterval;
    private final int templateMessages;
    private final Duration sendTimeout;
    private final Duration connectTimeout;
    private final Duration statisticsInterval;
    private final InstantSource clock;
    private final LongSupplier nanoTime;

    private IpfixExporterOptions(Builder builder) {
        format = builder.format;
        templateInterval = builder.templateInterval;
        templateMessages = builder.templateMessages;
        sendTimeout = builder.sendTimeout;
        connectTimeout = builder.connectTimeout;
        statisticsInterval = builder.statisticsInterval;
        clock = builder.clock;
        nanoTime = builder.nanoTime;
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
     * How messages are written.
     *
     * @return the format
     */
    public IpfixFormat format() {
        return format;
    }

    /**
     * The time after which templates are repeated over UDP.
     *
     * @return the time
     */
    public Duration templateInterval() {
        return templateInterval;
    }

    /**
     * The number of messages after which templates are repeated over UDP.
     *
     * @return from 1
     */
    public int templateMessages() {
        return templateMessages;
    }

    /**
     * The longest time that a message waits for space in the socket.
     *
     * @return the time
     */
    public Duration sendTimeout() {
        return sendTimeout;
    }

    /**
     * The longest time that a connection of TCP may take.
     *
     * @return the time
     */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /**
     * The time after which the exporter's statistics are sent again.
     *
     * @return the time
     */
    public Duration statisticsInterval() {
        return statisticsInterval;
    }

    InstantSource clock() {
        return clock;
    }

    LongSupplier nanoTime() {
        return nanoTime;
    }

    /** Collects the options of an exporter. One thread at a time. */
    public static final class Builder {
        private static final Duration LEAST = Duration.ofMillis(1);
        private static final Duration MOST = Duration.ofDays(1);

        private IpfixFormat format = IpfixFormat.defaults();
        private Duration templateInterval = Duration.ofSeconds(30);
        private int templateMessages = 4096;
        private Duration sendTimeout = Duration.ofSeconds(1);
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration statisticsInterval = Duration.ofMinutes(1);
        private InstantSource clock = Clock.systemUTC();
        private LongSupplier nanoTime = System::nanoTime;

        private Builder() {}

        private static Duration inRange(String name, Duration time) {
            if (time.compareTo(LEAST) < 0 || time.compareTo(MOST) > 0) {
                throw new IllegalArgumentException(name + " is from PT0.001S to PT24H, not " + time);
            }
            return time;
        }

        /**
         * How messages are written; {@link IpfixFormat#defaults} by default.
         *
         * @param how the format
         * @return this builder
         */
        public Builder format(IpfixFormat how) {
            format = Objects.requireNonNull(how, "format");
            return this;
        }

        /**
         * The time after which templates are repeated over UDP. A collector forgets them after some time (RFC 7011,
         * section 8.4).
         *
         * @param time 1 ms to 1 day; 30 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder templateInterval(Duration time) {
            templateInterval = inRange("templateInterval", time);
            return this;
        }

        /**
         * The number of messages after which templates are repeated over UDP.
         *
         * @param messages from 1; 4096 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder templateMessages(int messages) {
            if (messages < 1) {
                throw new IllegalArgumentException("templateMessages is from 1, not " + messages);
            }
            templateMessages = messages;
            return this;
        }

        /**
         * The longest time that a message waits for space in the socket. Then it is counted as not sent; a connection of
         * TCP ends with it.
         *
         * @param time 1 ms to 1 day; 1 second by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder sendTimeout(Duration time) {
            sendTimeout = inRange("sendTimeout", time);
            return this;
        }

        /**
         * The longest time that a connection of TCP may take.
         *
         * @param time 1 ms to 1 day; 5 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder connectTimeout(Duration time) {
            connectTimeout = inRange("connectTimeout", time);
            return this;
        }

        /**
         * The time after which the exporter's statistics are sent again.
         *
         * @param time 1 ms to 1 day; 1 minute by default
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder statisticsInterval(Duration time) {
            statisticsInterval = inRange("statisticsInterval", time);
            return this;
        }

        /**
         * The clock of the time of export, which each message contains; the system's by default.
         *
         * @param source the clock
         * @return this builder
         */
        public Builder clock(InstantSource source) {
            clock = Objects.requireNonNull(source, "clock");
            return this;
        }

        /**
         * The source of elapsed time, which decides when templates and statistics are repeated and when a connection is
         * tried again; {@link System#nanoTime} by default. Waits for a socket do not use it.
         *
         * @param nanos nanoseconds from any beginning
         * @return this builder
         */
        public Builder nanoTime(LongSupplier nanos) {
            nanoTime = Objects.requireNonNull(nanos, "nanoTime");
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public IpfixExporterOptions build() {
            return new IpfixExporterOptions(this);
        }
    }
}
