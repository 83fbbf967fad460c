package dev.nfkit.testkit.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which faults befall which events: at a place, or by chance, as a seed decides. A value: each method gives a new plan,
 * and each {@link FaultyTransport} begins it anew, so that the same seed does the same where the transport below does.
 *
 * <pre>{@code
 * FaultPlan plan = FaultPlan.seeded(42)
 *         .at(1, new Fault.MissingAcknowledgement())
 *         .withProbability(0.01, new Fault.FlippedBit())
 *         .limit(10);
 * NetlinkTransport transport = new FaultyTransport(new FakeNetfilter(), plan);
 * }</pre>
 *
 * <p>Events are counted by {@link FaultEvent}, from 1, over all sockets of a transport. One event meets one fault at
 * most: those at a place go before those by chance, the one named first before the others, and those of the
 * acknowledgement or the part of a dump before those of the datagram, which it is as well.
 */
public final class FaultPlan {
    private final long seed;
    private final List<Rule> rules;
    private final int limit;

    /** When a fault is done: at a place, or with a probability where the place is 0. */
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
     * A plan without faults.
     *
     * @return a plan that changes nothing
     */
    public static FaultPlan none() {
        return seeded(0);
    }

    /**
     * A plan without faults yet.
     *
     * @param seed what decides where chance does
     * @return a plan to add faults to
     */
    public static FaultPlan seeded(long seed) {
        return new FaultPlan(seed, List.of(), Integer.MAX_VALUE);
    }

    /**
     * A plan of up to three faults that the seed chooses among all there are, with what they need, their places and
     * probabilities.
     *
     * @param seed what decides
     * @return a plan, the same for the same seed
     */
    public static FaultPlan random(long seed) {
        return random(seed, fault -> true);
    }

    /**
     * A plan of up to three faults that the seed chooses among those that are wanted.
     *
     * @param seed what decides
     * @param wanted which faults may be chosen; it must accept at least one kind
     * @return a plan, the same for the same seed
     * @throws IllegalArgumentException if of 10,000 faults none is wanted
     */
    public static FaultPlan random(long seed, Predicate<Fault> wanted) {
        return new RandomFaults(seed).plan(wanted);
    }

    /**
     * Adds a fault at a place.
     *
     * @param number the number of the event, from 1; of which kind is the fault's matter
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
     * Adds a fault that befalls each event of its kind with a probability.
     *
     * @param probability more than 0, to 1, which is always
     * @param fault the fault
     * @return a plan with it
     * @throws IllegalArgumentException if the probability is out of range
     */
    public FaultPlan withProbability(double probability, Fault fault) {
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability " + probability + " is out of 0 to 1, 0 not included");
        }
        return with(new Rule(Objects.requireNonNull(fault, "fault"), 0, probability));
    }

    private FaultPlan with(Rule rule) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(rule);
        return new FaultPlan(seed, more, limit);
    }

    /**
     * Bounds how many faults are done in all; without it there is no bound.
     *
     * @param most 0 and more
     * @return a plan with the bound, in place of the one before
     * @throws IllegalArgumentException if it is negative
     */
    public FaultPlan limit(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("limit " + most + " is negative");
        }
        return new FaultPlan(seed, rules, most);
    }

    /**
     * What decides where chance does.
     *
     * @return the seed
     */
    public long seed() {
        return seed;
    }

    /** The rules of an event, in the order in which they are asked. */
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
     * The plan in words.
     *
     * @return seed, faults and bound
     */
    @Override
    public String toString() {
        String faults = rules.isEmpty()
                ? "no faults"
                : rules.stream().map(Rule::toString).collect(Collectors.joining("; "));
        return "seed " + seed + ": " + faults + (limit == Integer.MAX_VALUE ? "" : "; at most " + limit);
    }
}
