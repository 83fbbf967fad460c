// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Determines which faults apply to which events: at a position, or at random, as a seed decides. A value: each method
 * returns a new plan, and each {@link FaultyTransport} starts it from the beginning, so that the same seed does the
 * same if the transport below does.
 *
 * <pre>{@code
 * FaultPlan plan = FaultPlan.seeded(42)
 *         .at(1, new Fault.MissingAcknowledgement())
 *         .withProbability(0.01, new Fault.FlippedBit())
 *         .limit(10);
 * NetlinkTransport transport = new FaultyTransport(new FakeNetfilter(), plan);
 * }</pre>
 *
 * <p>Events are counted by {@link FaultEvent}, from 1, over all sockets of a transport. At most one fault applies to an
 * event. Faults at a position take precedence over random ones, those added first over those added later, and those of
 * the acknowledgement or the part of a dump over those of the datagram, which it is too.
 */
public final class FaultPlan {
    private final long seed;
    private final List<Rule> rules;
    private final int limit;

    /** When a fault applies: at a position, or with a probability if the position is 0. */
    record Rule(Fault fault, long at, double probability) {
        @Override
        public String toString() {
            return at > 0
                    ? "at " + fault.event() + " " + at + ": " + fault
                    : "with probability " + probability + " at each " + fault.event() + ": " + fault;
        }
    }

    private FaultPlan(long seed, List<Rule> rules, int limit) {
        this.seed = seed;
        this.rules = List.copyOf(rules);
        this.limit = limit;
    }

    /**
     * Creates a plan without faults.
     *
     * @return a plan that changes nothing
     */
    public static FaultPlan none() {
        return seeded(0);
    }

    /**
     * Creates an empty plan with a seed.
     *
     * @param seed the seed of random faults
     * @return a plan to add faults to
     */
    public static FaultPlan seeded(long seed) {
        return new FaultPlan(seed, List.of(), Integer.MAX_VALUE);
    }

    /**
     * Creates a plan of up to three faults that the seed chooses among all kinds, including their parameters, positions
     * and probabilities.
     *
     * @param seed the seed
     * @return a plan, the same for the same seed
     */
    public static FaultPlan random(long seed) {
        return random(seed, fault -> true);
    }

    /**
     * Creates a plan of up to three faults that the seed chooses among the accepted ones.
     *
     * @param seed the seed
     * @param wanted accepts the faults that may be chosen; it must accept at least one kind
     * @return a plan, the same for the same seed
     * @throws IllegalArgumentException if it accepts none of 10,000 faults
     */
    public static FaultPlan random(long seed, Predicate<Fault> wanted) {
        return new RandomFaults(seed).plan(wanted);
    }

    /**
     * Adds a fault at a position.
     *
     * @param number the number of the event, from 1, among those of the fault's kind
     * @param fault the fault
     * @return a plan with it
     * @throws IllegalArgumentException if the number is less than 1
     */
    public FaultPlan at(long number, Fault fault) {
        if (number < 1) {
            throw new IllegalArgumentException("number " + number + " is less than 1");
        }
        return with(new Rule(Objects.requireNonNull(fault, "fault"), number, 0));
    }

    /**
     * Adds a fault that applies to each event of its kind with a probability.
     *
     * @param probability more than 0 and up to 1, which is always
     * @param fault the fault
     * @return a plan with it
     * @throws IllegalArgumentException if the probability is out of range
     */
    public FaultPlan withProbability(double probability, Fault fault) {
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability " + probability + " is not more than 0 and at most 1");
        }
        return with(new Rule(Objects.requireNonNull(fault, "fault"), 0, probability));
    }

    private FaultPlan with(Rule rule) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(rule);
        return new FaultPlan(seed, more, limit);
    }

    /**
     * Limits the total number of faults; without a limit, there may be any number.
     *
     * @param most 0 or more
     * @return a plan with the limit, in place of the previous one
     * @throws IllegalArgumentException if it is negative
     */
    public FaultPlan limit(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("limit " + most + " is negative");
        }
        return new FaultPlan(seed, rules, most);
    }

    /**
     * Returns the seed of random faults.
     *
     * @return the seed
     */
    public long seed() {
        return seed;
    }

    /** The rules of an event, in the order of precedence. */
    List<Rule> rules(FaultEvent event) {
        return Stream.concat(
                        rules.stream().filter(rule -> rule.at > 0),
                        rules.stream().filter(rule -> rule.at == 0))
                .filter(rule -> rule.fault.event() == event)
                .toList();
    }

    int limit() {
        return limit;
    }

    /**
     * Describes the plan.
     *
     * @return seed, faults and limit
     */
    @Override
    public String toString() {
        String faults = rules.isEmpty()
                ? "no faults"
                : rules.stream().map(Rule::toString).collect(Collectors.joining("; "));
        return "seed " + seed + ": " + faults + (limit == Integer.MAX_VALUE ? "" : "; at most " + limit);
    }
}
