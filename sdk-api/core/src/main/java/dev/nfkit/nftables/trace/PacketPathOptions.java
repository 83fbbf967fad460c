// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.nftables.PacketRule;
import java.util.Optional;

/** The options of a session of packets' paths. Immutable. */
public final class PacketPathOptions {
    private final Optional<PacketRule> rule;
    private final TraceEventOptions events;

    private PacketPathOptions(Builder builder) {
        rule = builder.rule;
        events = builder.events.build();
    }

    /**
     * Begins with the defaults: no rule, so that other rules must set {@code meta nftrace}.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The packets that the session traces by a rule of its own.
     *
     * @return the rule, or empty
     */
    public Optional<PacketRule> rule() {
        return rule;
    }

    /**
     * The options of the session of events below.
     *
     * @return the options
     */
    public TraceEventOptions events() {
        return events;
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        /** Before the chains of others, at the first hooks. */
        private static final String FIRST = "-400";

        private final TraceEventOptions.Builder events = TraceEventOptions.builder();
        private Optional<PacketRule> rule = Optional.empty();

        private Builder() {}

        /**
         * Traces packets by a rule in a table of the session, which disappears with it, at the hooks prerouting and output
         * with priority −400. Chains before it are not traced. At that place packets have no connection yet: {@code ct} in
         * the match needs {@link #rule(PacketRule)} with a priority above −200.
         *
         * @param match matches in the language of nft; empty for all packets
         * @return this builder
         * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
         * @throws IllegalArgumentException if it contains a verdict or another statement that does more than match
         */
        public Builder rule(String match) {
            return rule(PacketRule.of(match).hooks("prerouting", "output").priority(FIRST));
        }

        /**
         * Traces packets by a rule with a place of its own.
         *
         * @param rule which packets, and where
         * @return this builder
         */
        public Builder rule(PacketRule rule) {
            this.rule = Optional.of(rule);
            return this;
        }

        /**
         * The receive buffer to request; see {@link TraceEventOptions.Builder#receiveBuffer}.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            events.receiveBuffer(bytes);
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public PacketPathOptions build() {
            return new PacketPathOptions(this);
        }
    }
}
