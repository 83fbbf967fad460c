// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Selects the multicast messages that the kernel puts on a socket; {@link NetlinkSocket#filter} sets it. A message must
 * satisfy every clause. A clause is satisfied if one of its alternatives is, and an alternative if all of its conditions
 * pass.
 *
 * <pre>{@code
 * // UDP over IPv4 to port 53, or marked 7.
 * EventFilter.builder()
 *         .require(FamilyCondition.of(2), AttributeCondition.at(1, 2, 1).is(17))
 *         .requireAny(
 *                 EventFilter.Alternative.of(AttributeCondition.at(1, 2, 3).width(2).is(53)),
 *                 EventFilter.Alternative.of(AttributeCondition.at(8).width(4).is(7)))
 *         .build();
 * }</pre>
 *
 * <p>The kernel applies the filter to every datagram for the socket, including answers to its requests ({@code
 * sk_filter} in {@code netlink_broadcast}, {@code netlink_unicast} and {@code netlink_dump}). Therefore these always
 * pass: messages of netlink's own types, messages with a sequence number other than 0, and messages too short for a
 * {@code struct nfgenmsg}. Answers have a sequence number and events do not, except those of nf_tables, which cannot be
 * filtered. A request needs a sequence number other than 0, or its answer is filtered. In a datagram of several
 * messages, the first one decides; an event is always a datagram of its own.
 *
 * <p>A filter is data and does not interpret attributes. Immutable.
 */
public final class EventFilter {
    private final List<Clause> clauses;

    private EventFilter(List<Clause> clauses) {
        this.clauses = List.copyOf(clauses);
    }

    /**
     * Begins a filter that passes everything.
     *
     * @return a builder without clauses
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects clauses. Not safe for several threads. */
    public static final class Builder {
        private final List<Clause> clauses = new ArrayList<>();

        private Builder() {}

        /**
         * Requires that all of the given conditions hold.
         *
         * @param conditions at least one
         * @return this builder
         * @throws IllegalArgumentException if there is no condition
         */
        public Builder require(EventCondition... conditions) {
            return requireAny(Alternative.of(conditions));
        }

        /**
         * Requires that at least one of the given alternatives is satisfied.
         *
         * @param alternatives at least one
         * @return this builder
         * @throws IllegalArgumentException if there is no alternative
         */
        public Builder requireAny(Alternative... alternatives) {
            return requireAny(Arrays.asList(alternatives));
        }

        /**
         * Requires that at least one of the given alternatives is satisfied.
         *
         * @param alternatives at least one
         * @return this builder
         * @throws IllegalArgumentException if there is no alternative
         */
        public Builder requireAny(List<Alternative> alternatives) {
            clauses.add(new Clause(alternatives));
            return this;
        }

        /**
         * Makes the filter.
         *
         * @return a filter of the clauses so far
         */
        public EventFilter build() {
            return new EventFilter(clauses);
        }
    }

    /** A clause: at least one of its alternatives must be satisfied. */
    public record Clause(List<Alternative> alternatives) {
        /**
         * A clause.
         *
         * @param alternatives at least one
         * @throws IllegalArgumentException if there is none
         */
        public Clause(List<Alternative> alternatives) {
            if (alternatives.isEmpty()) {
                throw new IllegalArgumentException("alternatives is empty: no message could match");
            }
            this.alternatives = List.copyOf(alternatives);
        }

        /**
         * The alternatives, one of which is enough.
         *
         * @return one and more, unmodifiable
         */
        @Override
        public List<Alternative> alternatives() {
            return alternatives;
        }

        private boolean matches(MessageCursor message) {
            for (int i = 0; i < alternatives.size(); i++) {
                if (alternatives.get(i).matches(message)) {
                    return true;
                }
            }
            return false;
        }

        /**
         * The clause as text.
         *
         * @return its alternatives, joined by {@code or}
         */
        @Override
        public String toString() {
            return alternatives.stream().map(Alternative::toString).collect(Collectors.joining(" or ", "(", ")"));
        }
    }

    /** One way to satisfy a clause: all of its conditions must hold. */
    public record Alternative(List<EventCondition> conditions) {
        /**
         * An alternative.
         *
         * @param conditions at least one
         * @throws IllegalArgumentException if there is none
         */
        public Alternative(List<EventCondition> conditions) {
            if (conditions.isEmpty()) {
                throw new IllegalArgumentException("conditions is empty: every message would match");
            }
            this.conditions = List.copyOf(conditions);
        }

        /**
         * An alternative.
         *
         * @param conditions at least one, all of which must hold
         * @return the alternative
         * @throws IllegalArgumentException if there is none
         */
        public static Alternative of(EventCondition... conditions) {
            return new Alternative(Arrays.asList(conditions));
        }

        /**
         * The conditions, all of which must hold.
         *
         * @return one and more, unmodifiable
         */
        @Override
        public List<EventCondition> conditions() {
            return conditions;
        }

        private boolean matches(MessageCursor message) {
            for (int i = 0; i < conditions.size(); i++) {
                if (!conditions.get(i).matches(message)) {
                    return false;
                }
            }
            return true;
        }

        /**
         * The alternative as text.
         *
         * @return its conditions, joined by {@code and}
         */
        @Override
        public String toString() {
            return conditions.stream().map(EventCondition::toString).collect(Collectors.joining(" and ", "{", "}"));
        }
    }

    /**
     * The clauses, all of which a message must satisfy.
     *
     * @return the clauses, unmodifiable; empty if everything passes
     */
    public List<Clause> clauses() {
        return clauses;
    }

    /**
     * Whether the kernel would put a message on a socket with this filter. Never throws, reads nothing outside the
     * message, and allocates nothing, whatever the message contains.
     *
     * @param message a cursor at the message, which stays there
     * @return whether it passes
     */
    public boolean matches(MessageCursor message) {
        if (message.type() < Netlink.NLMSG_MIN_TYPE || message.sequence() != 0 || !message.hasNfgenmsg()) {
            return true;
        }
        for (int i = 0; i < clauses.size(); i++) {
            if (!clauses.get(i).matches(message)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether another filter has the same clauses.
     *
     * @param other anything
     * @return whether it is a filter of equal clauses in the same order
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof EventFilter that && clauses.equals(that.clauses);
    }

    /**
     * A hash code that agrees with {@link #equals}.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return clauses.hashCode();
    }

    /**
     * The filter as text.
     *
     * @return its clauses, joined by {@code and}
     */
    @Override
    public String toString() {
        return clauses.isEmpty()
                ? "everything"
                : clauses.stream().map(Clause::toString).collect(Collectors.joining(" and "));
    }
}
