// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Reject;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.testkit.machine.AddressChange;
import dev.nfkit.testkit.machine.AddressTranslator;
import dev.nfkit.testkit.machine.Checksums;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.CodeRule;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Interpreter;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Surroundings;
import dev.nfkit.testkit.machine.Visits;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.time.ModelClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The way of one packet through the hooks ({@code nf_hook_slow}). Requires the clock's lock. */
public final class Traversal implements Surroundings, Visits {
    private static final int VERDICT_MASK = 0xff;
    private static final int DROP = 0;
    private static final int ACCEPT = 1;
    private static final int QUEUE = 3;
    private static final int REPEAT = 4;
    private static final int STOP = 5;

    private final Stops ruleset;
    private final Deliveries deliveries;
    private final ModelClock clock;
    private final PacketState packet;
    private final @Nullable Device in;
    private final @Nullable Device out;
    private final ConnectionFacts connection;
    private final Way way;
    private final long seed;
    private final Frame frame;
    private final VisitLog visits = new VisitLog();
    private @Nullable TraceMessages trace;
    private @Nullable Random random;
    private List<Logged> logs = List.of();
    private List<Integer> queues = List.of();
    private List<AddressChange> changes = List.of();
    private @Nullable Reject reject;
    private Outcome outcome = Outcome.WAITING;
    private Stop[] stops = {};
    private int hookAt = -1;
    private int stopAt;

    /**
     * Prepares the way of a packet.
     *
     * @param connection its connection, which connection tracking finds on the way
     * @param seed of its random numbers
     */
    public Traversal(
            Stops ruleset,
            Deliveries deliveries,
            ModelClock clock,
            PacketState packet,
            ConnectionFacts connection,
            Way way,
            long seed) {
        this.ruleset = ruleset;
        this.deliveries = deliveries;
        this.clock = clock;
        this.packet = packet;
        this.in = packet.in;
        this.out = packet.out;
        this.connection = connection;
        this.way = way;
        this.seed = seed;
        this.frame = new Frame(packet, this);
    }

    /** Starts at the first hook. */
    public void start() {
        if (!way.tracks()) {
            track();
        }
        nextHook();
    }

    private void nextHook() {
        while (++hookAt < way.length()) {
            int hook = way.hook(hookAt);
            if (hook == Way.FORWARD && hookAt > 0 && !Checksums.hop(packet)) {
                outcome = Outcome.DROPPED; // with an answer to the sender, as there are no hops left
                return;
            }
            packet.hook = hook;
            packet.in = way.own() || hook == Way.OUTPUT ? null : in;
            packet.out = hook >= Way.FORWARD && hook != Way.INGRESS ? out : null;
            stops = hook == Way.INGRESS
                    ? (in == null ? new Stop[0] : ruleset.ingress(in.name()))
                    : ruleset.at(packet.family, hook, way.tracks());
            stopAt = 0;
            if (!goOn()) {
                return;
            }
        }
        if (packet.hook == Way.POSTROUTING && out != null) {
            ruleset.checkEgress(out.name());
        }
        outcome = Outcome.ACCEPTED;
    }

    /** Executes the stops of the present hook. Returns whether the packet goes on to the next one. */
    private boolean goOn() {
        while (stopAt < stops.length) {
            Stop stop = stops[stopAt++];
            int verdict = switch (stop.kind()) {
                case CHAIN -> execute(stop.chains()[0]);
                case CONNTRACK -> track();
                case NAT -> translate(stop);
            };
            int kind = verdict & VERDICT_MASK;
            if (kind == DROP) {
                outcome = Outcome.DROPPED;
                return false;
            }
            if (kind == QUEUE) {
                int number = verdict >>> 16;
                queues = with(queues, number);
                deliveries.queue(number, PacketMessages.queued(packet, verdict, this));
                return false; // it goes on when it leaves the queue, perhaps already
            }
        }
        return true;
    }

    private static <T> List<T> with(List<T> list, T more) {
        List<T> longer = list.isEmpty() ? new ArrayList<>(2) : list;
        longer.add(more);
        return longer;
    }

    private int track() {
        if (!packet.untracked) {
            if (packet.templateZone >= 0) {
                connection.zone = packet.templateZone;
            }
            packet.track(connection);
        }
        return ACCEPT;
    }

    private int execute(ChainState chain) {
        packet.hookFamily = chain.table().family();
        if (trace != null) {
            trace.begin(packet.hookFamily);
        }
        visits.expect(chain.code().size());
        int verdict = Interpreter.run(chain.code(), frame, this);
        if (verdict != Verdict.NFT_CONTINUE) {
            return verdict;
        }
        visits.policy(chain.code(), chain.policy() != DROP);
        if (packet.traced) {
            trace().policy(chain.code(), chain.policy());
        }
        return chain.policy();
    }

    private int translate(Stop stop) {
        ConnectionFacts facts = packet.connection;
        boolean source = packet.hook == Way.POSTROUTING || packet.hook == Way.INPUT;
        int done = source ? ConnectionFacts.SRC_NAT_DONE : ConnectionFacts.DST_NAT_DONE;
        if (facts == null || !begins(facts) || (facts.status & done) != 0) {
            return ACCEPT;
        }
        int before = changes.size();
        for (ChainState chain : stop.chains()) {
            int verdict = execute(chain);
            if ((verdict & VERDICT_MASK) != ACCEPT) {
                return verdict;
            }
            if (changes.size() > before) {
                AddressTranslator.translate(packet, facts, changes.get(before));
                break;
            }
        }
        facts.status |= done;
        return ACCEPT;
    }

    /** Whether the translation of a connection is decided with this packet. An error is translated as its connection. */
    private static boolean begins(ConnectionFacts facts) {
        return facts.state == ConnectionFacts.NEW
                || (facts.state == ConnectionFacts.RELATED && !facts.seen().isIcmp());
    }

    /** The packet left a queue. */
    public void left(boolean dropped, int verdict, byte[] bytes, long mark, long priority, boolean elsewhere) {
        if (elsewhere || (verdict & VERDICT_MASK) == QUEUE) {
            if (!elsewhere) {
                queues = with(queues, verdict >>> 16);
            }
            return;
        }
        if (dropped) {
            outcome = Outcome.DROPPED;
            return;
        }
        packet.replace(bytes);
        packet.mark = (int) mark;
        packet.priority = (int) priority;
        int kind = verdict & VERDICT_MASK;
        if (kind == REPEAT) {
            stopAt--;
        } else if (kind == STOP) {
            stopAt = stops.length;
        }
        if (goOn()) {
            nextHook();
        }
    }

    @Override
    public long now() {
        return clock.now();
    }

    @Override
    public long epochNanos() {
        return clock.epochNanos();
    }

    @Override
    public int random() {
        if (random == null) {
            random = new Random(seed);
        }
        return random.nextInt();
    }

    @Override
    public void log(PacketState of, Log log) {
        Integer group = log.group();
        String prefix = log.prefix() == null ? "" : log.prefix();
        boolean delivered = group != null && deliveries.log(group, PacketMessages.logged(of, log));
        logs = with(logs, new Logged(group == null ? -1 : group, prefix, delivered));
    }

    @Override
    public void rejected(Reject how) {
        reject = how;
    }

    @Override
    public void translated(AddressChange change) {
        changes = with(changes, change);
    }

    @Override
    public void visited(CodeRule rule, boolean matched) {
        visits.rule(rule, matched);
    }

    @Override
    public void traced(CodeChain chain, @Nullable CodeRule rule, int verdict, @Nullable CodeChain target) {
        trace().step(chain, rule, verdict, target);
    }

    /** Most packets are not traced. */
    private TraceMessages trace() {
        TraceMessages messages = trace;
        if (messages == null) {
            messages = new TraceMessages(deliveries, packet, seed);
            messages.begin(packet.hookFamily);
            trace = messages;
        }
        return messages;
    }

    public Outcome outcome() {
        return outcome;
    }

    public PacketState packet() {
        return packet;
    }

    public List<Visit> visits() {
        return visits.list();
    }

    public List<Logged> logs() {
        return List.copyOf(logs);
    }

    /** The queues that it was put into, in order. */
    public List<Integer> queues() {
        return List.copyOf(queues);
    }

    /** The translations that rules decided. */
    public List<AddressChange> changes() {
        return List.copyOf(changes);
    }

    /** How a rule rejected it, or null. */
    public @Nullable Reject reject() {
        return reject;
    }

    /** The hook that it is at. */
    public Hook hook() {
        return packet.hook == Way.INGRESS ? Hook.NETDEV_INGRESS : Hook.of(AddressFamily.IPV4, packet.hook);
    }
}
