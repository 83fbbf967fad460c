package dev.nfkit.samples.cli;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.samples.cli.filter.Subject;
import java.util.List;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides about packets by rules: the first that means a packet, and takes it where it takes only some, decides. One
 * thread. With one seed, the same packets in the same order meet the same fate.
 */
final class Judge implements Decider<WriteFailure> {
    private final List<Rule> rules;
    private final Verdict otherwise;
    private final RandomGenerator random;
    private final Delays delays;
    private final Subject subject;
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
     * A judge.
     *
     * @param rules in their order
     * @param otherwise the verdict of packets that no rule takes
     * @param random what chance is drawn from
     * @param delays where packets wait
     * @param interfaceNames what interfaces are called
     * @param printer how packets are printed, or null
     * @param text where they are printed; with a printer
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
        subject = new Subject(interfaceNames);
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

    /** Which rule takes the packet; −1 for none. */
    private int find(Subject packet) {
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
            long applied = mark.applied(packet.mark());
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
            Bytes changed = corrupter.corrupt(packet, subject, how);
            if (changed == null) {
                untouched++;
                return Verdict.ACCEPT;
            }
            decided.corrupted(changed, corrupter.index());
            return packet.accept().payload(changed);
        }
        return Verdict.ACCEPT;
    }

    /** Whether packets of this connection that wait together would be lost but for one. */
    private static boolean unconfirmed(QueuedPacket packet) {
        try {
            return packet.unconfirmed();
        } catch (MalformedMessageException e) {
            return false;
        }
    }

    /** Packets seen. */
    long packets() {
        return packets;
    }

    /** Packets that a rule took; rules count from 0. */
    long hits(int rule) {
        return hits[rule];
    }

    /** Packets that rules of a kind took. */
    long hits(Action.Kind kind) {
        long sum = kind == Action.Kind.CORRUPT ? -untouched : kind == Action.Kind.DELAY ? -undelayed : 0;
        for (int i = 0; i < hits.length; i++) {
            sum += rules.get(i).action().kind() == kind ? hits[i] : 0;
        }
        return sum;
    }

    /** Packets that no rule took. */
    long unruledPackets() {
        long sum = packets;
        for (long hit : hits) {
            sum -= hit;
        }
        return sum;
    }

    /** Packets that were to be delayed and went on at once, since their connection was unconfirmed. */
    long undelayed() {
        return undelayed;
    }

    /** Packets that were to be corrupted and could not be. */
    long untouched() {
        return untouched;
    }
}
