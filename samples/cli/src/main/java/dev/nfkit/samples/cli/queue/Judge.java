// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.filter.FilterView;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.samples.cli.output.PacketPrinter;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import java.util.List;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides packets by rules. The first rule that matches a packet decides it, except for the share of packets that a
 * rule with a percentage leaves to the rules after it. One thread. With the same seed, the same packets in the same
 * order get the same verdicts.
 */
final class Judge implements Decider<WriteFailure> {
    private final List<Rule> rules;
    private final Verdict otherwise;
    private final RandomGenerator random;
    private final Delays delays;
    private final FilterView subject;
    private final Corrupter corrupter;
    private final Decided decided = new Decided();
    private final @Nullable PacketPrinter<QueuedPacket> printer;
    private final @Nullable TextOutput text;
    private final StringBuilder line = new StringBuilder(1024);
    private final long[] hits;
    private long packets;
    private long untouched;
    private long undelayed;

    /**
     * Creates a judge.
     *
     * @param rules the rules in order
     * @param otherwise the verdict for packets that no rule decides
     * @param random the source of random numbers
     * @param delays holds packets that are delayed
     * @param interfaceNames the names of interfaces
     * @param printer formats the printed packets, or null
     * @param text the output of the printer; not null if there is a printer
     */
    Judge(
            List<Rule> rules,
            Verdict otherwise,
            RandomGenerator random,
            Delays delays,
            LongFunction<String> interfaceNames,
            @Nullable PacketPrinter<QueuedPacket> printer,
            @Nullable TextOutput text) {
        this.rules = rules;
        this.otherwise = otherwise;
        this.random = random;
        this.delays = delays;
        this.printer = printer;
        this.text = text;
        subject = new FilterView(interfaceNames);
        corrupter = new Corrupter(random);
        hits = new long[rules.size()];
    }

    @Override
    public Verdict decide(QueuedPacket packet) throws WriteFailure {
        packets++;
        int index = find(subject.wrap(packet));
        decided.begin(index + 1);
        Verdict verdict = index < 0 ? unruled() : carryOut(rules.get(index).action(), packet);
        if (printer != null && text != null) {
            line.setLength(0);
            printer.print(packet, decided, line);
            text.line(line);
        }
        return verdict;
    }

    /** Finds the rule that decides the packet; −1 for none. */
    private int find(FilterView packet) {
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (rule.filter().matches(packet) && (rule.chance() >= 1 || random.nextDouble() < rule.chance())) {
                hits[i]++;
                return i;
            }
        }
        return -1;
    }

    private Verdict unruled() {
        if (otherwise.equals(Verdict.DROP)) {
            decided.dropped();
        }
        return otherwise;
    }

    private Verdict carryOut(Action action, QueuedPacket packet) {
        if (action instanceof Action.Drop) {
            decided.dropped();
            return Verdict.DROP;
        }
        if (action instanceof Action.Mark mark) {
            long applied = mark.mark().applied(packet.mark());
            decided.marked(applied);
            return packet.accept().mark(applied);
        }
        if (action instanceof Action.Delay delay) {
            if (unconfirmed(packet)) {
                undelayed++;
                return Verdict.ACCEPT;
            }
            long nanos = delay.nanos()
                    + (delay.jitterNanos() == 0 ? 0 : random.nextLong(-delay.jitterNanos(), delay.jitterNanos() + 1));
            decided.delayed(nanos);
            delays.add(packet.hold(), nanos);
            return Verdict.HELD;
        }
        if (action instanceof Action.Corrupt how) {
            Bytes changed = corrupter.corrupt(packet, how);
            if (changed == null) {
                untouched++;
                return Verdict.ACCEPT;
            }
            decided.corrupted(changed, corrupter.index());
            return packet.accept().payload(changed);
        }
        return Verdict.ACCEPT;
    }

    /**
     * Whether connection tracking would drop all but one of the packets of this connection that wait at the same time.
     */
    private static boolean unconfirmed(QueuedPacket packet) {
        try {
            return packet.unconfirmed();
        } catch (MalformedMessageException e) {
            return false;
        }
    }

    /** The number of packets decided. */
    long packets() {
        return packets;
    }

    /** The number of packets that a rule decided; rules count from 0. */
    long hits(int rule) {
        return hits[rule];
    }

    /** The number of packets that rules of a kind decided. */
    long hits(Action.Kind kind) {
        long sum = kind == Action.Kind.CORRUPT ? -untouched : kind == Action.Kind.DELAY ? -undelayed : 0;
        for (int i = 0; i < hits.length; i++) {
            sum += rules.get(i).action().kind() == kind ? hits[i] : 0;
        }
        return sum;
    }

    /** The number of packets that no rule decided. */
    long unruledPackets() {
        long sum = packets;
        for (long hit : hits) {
            sum -= hit;
        }
        return sum;
    }

    /** The number of packets accepted at once instead of delayed, since their connection was unconfirmed. */
    long undelayed() {
        return undelayed;
    }

    /** The number of packets that could not be corrupted. */
    long untouched() {
        return untouched;
    }
}
