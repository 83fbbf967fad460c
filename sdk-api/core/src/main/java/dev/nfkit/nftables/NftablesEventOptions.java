// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.session.SocketSetup;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** The options of a session of the ruleset's events. Immutable. */
public final class NftablesEventOptions {
    private static final int DEFAULT_RECEIVE_BUFFER = 64 * 1024 * 1024;

    private final Set<ObjectKind> kinds;
    private final Set<TableId> tables;
    private final int receiveBuffer;

    private NftablesEventOptions(Builder builder) {
        kinds = Collections.unmodifiableSet(EnumSet.copyOf(builder.kinds));
        tables = Collections.unmodifiableSet(new LinkedHashSet<>(builder.tables));
        receiveBuffer = builder.receiveBuffer;
    }

    /**
     * Begins with the default: all events of all tables.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The kinds of objects whose events are delivered.
     *
     * @return at least one kind, unmodifiable
     */
    public Set<ObjectKind> kinds() {
        return kinds;
    }

    /**
     * The tables whose events are delivered.
     *
     * @return the tables, unmodifiable; empty for all
     */
    public Set<TableId> tables() {
        return tables;
    }

    /**
     * The requested receive buffer.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /** Whether events of a table are delivered. */
    boolean matches(TableId table) {
        return tables.isEmpty() || tables.contains(table);
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        private final Set<ObjectKind> kinds = EnumSet.allOf(ObjectKind.class);
        private final Set<TableId> tables = new LinkedHashSet<>();
        private int receiveBuffer = DEFAULT_RECEIVE_BUFFER;

        private Builder() {}

        /**
         * Sets the kinds of objects, replacing the default. {@link NftablesEvent.Committed} is delivered in any case, also if
         * a transaction changed nothing of these kinds.
         *
         * @param first one kind
         * @param more others
         * @return this builder
         */
        public Builder kinds(ObjectKind first, ObjectKind... more) {
            kinds.clear();
            kinds.add(first);
            kinds.addAll(Arrays.asList(more));
            return this;
        }

        /**
         * Adds a table; with several, the events of all of them are delivered. {@link NftablesEvent.Committed} is delivered in
         * any case. The session excludes other events on receipt: they take space on the socket.
         *
         * @param table family and name
         * @return this builder
         */
        public Builder table(TableId table) {
            tables.add(table);
            return this;
        }

        /**
         * The receive buffer to request; the kernel charges about 5 KiB for a datagram, which contains one event or several.
         * 64 MiB by default, which uses memory only while events wait. Without the privilege to exceed {@code
         * net.core.rmem_max} the session gets at most that; {@link NftablesEvents#receiveBuffer()} returns the actual size.
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
        public NftablesEventOptions build() {
            return new NftablesEventOptions(this);
        }
    }
}
