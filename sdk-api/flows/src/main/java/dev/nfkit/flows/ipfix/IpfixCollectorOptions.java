// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.util.Objects;

/** The options of an {@link IpfixCollector}. Immutable. */
public final class IpfixCollectorOptions {
    private final IpfixReaderOptions reading;
    private final int maxExporters;
    private final int receiveBuffer;

    private IpfixCollectorOptions(Builder builder) {
        reading = builder.reading;
        maxExporters = builder.maxExporters;
        receiveBuffer = builder.receiveBuffer;
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
     * How messages are read, and the limits of an exporter.
     *
     * @return the options of readers
     */
    public IpfixReaderOptions reading() {
        return reading;
    }

    /**
     * The greatest number of exporters over UDP, and of connections over TCP.
     *
     * @return from 1
     */
    public int maxExporters() {
        return maxExporters;
    }

    /**
     * The requested receive buffer of UDP.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /** Collects the options of a collector. One thread at a time. */
    public static final class Builder {
        private static final int LEAST_BUFFER = 4096;

        private IpfixReaderOptions reading = IpfixReaderOptions.defaults();
        private int maxExporters = 256;
        private int receiveBuffer = 4 << 20;

        private Builder() {}

        /**
         * How messages are read, and the limits of an exporter. The number of fields applies to all exporters together.
         *
         * @param options {@link IpfixReaderOptions#defaults} by default
         * @return this builder
         */
        public Builder reading(IpfixReaderOptions options) {
            reading = Objects.requireNonNull(options, "reading");
            return this;
        }

        /**
         * The greatest number of exporters over UDP, and of connections over TCP. A new exporter over UDP takes the
         * place of one that was silent for ten seconds, if there is one; otherwise its messages are counted and not
         * read. A connection over TCP takes up to 64 KiB; further ones are closed at once and counted.
         *
         * @param number from 1; 256 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxExporters(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("maxExporters is from 1, not " + number);
            }
            maxExporters = number;
            return this;
        }

        /**
         * The receive buffer of UDP, which the kernel limits to {@code net.core.rmem_max}.
         *
         * @param bytes from 4096; 4 MiB by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 4096
         */
        public Builder receiveBuffer(int bytes) {
            if (bytes < LEAST_BUFFER) {
                throw new IllegalArgumentException("receiveBuffer is from " + LEAST_BUFFER + ", not " + bytes);
            }
            receiveBuffer = bytes;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public IpfixCollectorOptions build() {
            return new IpfixCollectorOptions(this);
        }
    }
}
