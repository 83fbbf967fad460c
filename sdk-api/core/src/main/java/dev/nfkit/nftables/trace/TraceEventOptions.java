// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.session.SocketSetup;

/** The options of a session of trace events. Immutable. */
public final class TraceEventOptions {
    private static final int DEFAULT_RECEIVE_BUFFER = 16 * 1024 * 1024;

    private final int receiveBuffer;

    private TraceEventOptions(Builder builder) {
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
     * The requested receive buffer.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        private int receiveBuffer = DEFAULT_RECEIVE_BUFFER;

        private Builder() {}

        /**
         * The receive buffer to request; the kernel charges about 1 KiB for a message. 16 MiB by default, which uses
         * memory only while messages wait. Without the privilege to exceed {@code net.core.rmem_max} the session gets at
         * most that; {@link TraceEvents#receiveBuffer()} returns the actual size.
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
        public TraceEventOptions build() {
            return new TraceEventOptions(this);
        }
    }
}
