package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which messages of its multicast groups the kernel puts on a socket: set it by {@link NetlinkSocket#filter}. A message
 * has to satisfy every clause; a clause is satisfied by any of its alternatives; an alternative, by all its tests.
 *
 * <pre>{@code
 * // UDP over IPv4 to port 53, or marked 7.
 * EventFilter.builder()
 *         .require(FamilyTest.of(2), AttributeTest.at(1, 2, 1).is(17))
 *         .requireAny(
 *                 EventFilter.Alternative.of(AttributeTest.at(1, 2, 3).width(2).is(53)),
 *                 EventFilter.Alternative.of(AttributeTest.at(8).width(4).is(7)))
 *         .build();
 * }</pre>
 *
 * <p>The kernel asks the filter about every datagram for the socket, answers to its requests included ({@code
 * sk_filter} in {@code netlink_broadcast}, {@code netlink_unicast} and {@code netlink_dump}). So these always pass: a
 * message of netlink's own types, one with a sequence number other than 0, as answers have and events don't (those of
 * nf_tables do, which are therefore not for filtering), and one too short for a {@code struct nfgenmsg}. A request needs
 * a sequence number other than 0, or its answer is filtered. Of a datagram with several messages, which events never
 * are, the first decides.
 *
 * <p>A filter is data and knows nothing of what attributes mean. Immutable.
 */
public final class EventFilter {
    private final List<Clause> clauses;

    private EventFilter(List<Clause> clauses) {
        this.clauses = List.copyOf(clauses);
    }

    /**
     * Begins a filter that lets everything pass.
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
         * Demands that all of some tests pass.
         *
         * @param tests one and more
         * @return this builder
         * @throws IllegalArgumentException if there is no test
         */
        public Builder require(EventTest... tests) {
            return requireAny(Alternative.of(tests));
        }

        /**
         * Demands that one of some alternatives is satisfied, at least.
         *
         * @param alternatives one and more
         * @return this builder
         * @throws IllegalArgumentException if there is no alternative
         */
        public Builder requireAny(Alternative... alternatives) {
            return requireAny(Arrays.asList(alternatives));
        }

        /**
         * Demands that one of some alternatives is satisfied, at least.
         *
         * @param alternatives one and more
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

    /** What a message has to satisfy: any of some alternatives. */
    public record Clause(List<Alternative> alternatives) {
        /**
         * A clause.
         *
         * @param alternatives one and more
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

    /** One way to satisfy a clause: all of some tests. */
    public record Alternative(List<EventTest> tests) {
        /**
         * An alternative.
         *
         * @param tests one and more
         * @throws IllegalArgumentException if there is none
         */
        public Alternative(List<EventTest> tests) {
            if (tests.isEmpty()) {
                throw new IllegalArgumentException("tests is empty: every message would match");
            }
            this.tests = List.copyOf(tests);
        }

        /**
         * An alternative.
         *
         * @param tests one and more, all of which must pass
         * @return the alternative
         * @throws IllegalArgumentException if there is none
         */
        public static Alternative of(EventTest... tests) {
            return new Alternative(Arrays.asList(tests));
        }

        /**
         * The tests, all of which must pass.
         *
         * @return one and more, unmodifiable
         */
        @Override
        public List<EventTest> tests() {
            return tests;
        }

        private boolean matches(MessageCursor message) {
            for (int i = 0; i < tests.size(); i++) {
                if (!tests.get(i).matches(message)) {
                    return false;
                }
            }
            return true;
        }

        /**
         * The alternative as text.
         *
         * @return its tests, joined by {@code and}
         */
        @Override
        public String toString() {
            return tests.stream().map(EventTest::toString).collect(Collectors.joining(" and ", "{", "}"));
        }
    }

    /**
     * What a message has to satisfy, all of it.
     *
     * @return the clauses, unmodifiable; empty where everything passes
     */
    public List<Clause> clauses() {
        return clauses;
    }

    /**
     * Whether the kernel would put a message on a socket with this filter. It throws nothing and reads nothing outside
     * the message, whatever that holds; it allocates nothing.
     *
     * @param message a cursor that stands on the message, which stays there
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
