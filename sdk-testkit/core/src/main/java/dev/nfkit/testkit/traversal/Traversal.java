package dev.nfkit.testkit.traversal;

import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Reject;
import dev.nfkit.testkit.machine.AddressChange;
import dev.nfkit.testkit.machine.Checksums;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.CodeRule;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.Interpreter;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Surroundings;
import dev.nfkit.testkit.machine.Visits;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.testkit.time.ModelClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The way of one packet through the hooks ({@code nf_hook_slow}). Requires the clock's lock. */
public final class Traversal implements Surroundings, Visits {
    private static final int CONTINUE = -1;
    private static final int VERDICT_MASK = 0xff;
    private static final int DROP = 0;
    private static final int QUEUE = 3;
    private static final int REPEAT = 4;
    private static final int STOP = 5;
    private static final int FORWARD = 2;
    private static final int OUTPUT = 3;
    private static final int POSTROUTING = 4;

    private final Ruleset ruleset;
    private final Deliveries deliveries;
    private final ModelClock clock;
    private final PacketState packet;
    private final @Nullable Device in;
    private final @Nullable Device out;
    private final @Nullable ConnectionFacts connection;
    private final List<Integer> hooks;
    private final Random random;
    private final VisitLog visits = new VisitLog();
    private final List<Logged> logs = new ArrayList<>();
    private final List<Integer> queues = new ArrayList<>();
    private final List<AddressChange> changes = new ArrayList<>();
    private final int sourceHook;
    private @Nullable Reject reject;
    private Outcome outcome = Outcome.WAITING;
    private List<Stop> stops = List.of();
    private int hookAt = -1;
    private int stopAt;

    public Traversal(
            Ruleset ruleset,
            Deliveries deliveries,
            ModelClock clock,
            PacketState packet,
            List<Integer> hooks,
            long seed) {
        this.ruleset = ruleset;
        this.deliveries = deliveries;
        this.clock = clock;
        this.packet = packet;
        this.in = packet.in;
        this.out = packet.out;
        this.connection = packet.connection;
        this.hooks = List.copyOf(hooks);
        this.random = new Random(seed);
        this.sourceHook = hooks.get(0);
    }

    /** Starts at the first hook. */
    public void start() {
        boolean first = Stop.tracks(sourceHook);
        packet.connection = first ? null : connection;
        nextHook();
    }

    private void nextHook() {
        while (++hookAt < hooks.size()) {
            int hook = hooks.get(hookAt);
            packet.hook = hook;
            boolean own = hook == OUTPUT || sourceHook == OUTPUT;
            packet.in = own ? null : in;
            packet.out = hook == FORWARD || hook >= OUTPUT ? out : null;
            stops = Stop.at(ruleset, packet.family, hook, hookAt == 0);
            stopAt = 0;
            if (!goOn()) {
                return;
            }
        }
        outcome = Outcome.ACCEPTED;
    }

    /** Executes the stops of the present hook. Returns whether the packet goes on to the next one. */
    private boolean goOn() {
        while (stopAt < stops.size()) {
            Stop stop = stops.get(stopAt++);
            int verdict = stop.isConntrack() ? track() : stop.isNat() ? translate(stop) : execute(stop.only());
            int kind = verdict & VERDICT_MASK;
            if (kind == DROP) {
                outcome = Outcome.DROPPED;
                return false;
            }
            if (kind == QUEUE) {
                int number = verdict >>> 16;
                queues.add(number);
                deliveries.queue(number, PacketMessages.queued(packet, verdict, this));
                return false; // it goes on when it leaves the queue, perhaps already
            }
        }
        return true;
    }

    private int track() {
        if (!packet.untracked) {
            packet.connection = connection;
        }
        return 1;
    }

    private int execute(ChainState chain) {
        int verdict = Interpreter.run(chain.code(), packet, this, this);
        if (verdict != CONTINUE) {
            return verdict;
        }
        visits.policy(chain.code(), chain.policy());
        return chain.policy();
    }

    private int translate(Stop stop) {
        ConnectionFacts facts = packet.connection;
        boolean source = packet.hook == POSTROUTING || packet.hook == 1;
        if (facts == null || !facts.tracked() || (facts.state & (ConnectionFacts.NEW | ConnectionFacts.RELATED)) == 0) {
            return 1;
        }
        if (source ? facts.sourceTranslated : facts.destinationTranslated) {
            return 1;
        }
        int before = changes.size();
        for (ChainState chain : stop.chains()) {
            int verdict = execute(chain);
            if ((verdict & VERDICT_MASK) != 1) {
                return verdict;
            }
            if (changes.size() > before) {
                AddressChange change = changes.get(before);
                int port = change.fromPort() < 0 ? -1 : port(change);
                Checksums.readdress(packet, change.source(), change.address(), port);
                break;
            }
        }
        if (source) {
            facts.sourceTranslated = true;
        } else {
            facts.destinationTranslated = true;
        }
        return 1;
    }

    /** The present port if the rule permits it, else the first one that it permits. */
    private int port(AddressChange change) {
        int present = packet.u16(packet.transport + (change.source() ? 0 : 2));
        return present >= change.fromPort() && present <= change.toPort() ? present : change.fromPort();
    }

    /** The packet left a queue. */
    public void left(boolean dropped, int verdict, byte[] bytes, long mark, long priority, boolean elsewhere) {
        if (elsewhere || (verdict & VERDICT_MASK) == QUEUE) {
            if (!elsewhere) {
                queues.add(verdict >>> 16);
            }
            return;
        }
        if (dropped) {
            outcome = Outcome.DROPPED;
            return;
        }
        packet.bytes = bytes;
        packet.parse();
        packet.mark = (int) mark;
        packet.priority = (int) priority;
        int kind = verdict & VERDICT_MASK;
        if (kind == REPEAT) {
            stopAt--;
        } else if (kind == STOP) {
            stopAt = stops.size();
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
        return random.nextInt();
    }

    @Override
    public void log(PacketState of, Log log) {
        Integer group = log.group();
        String prefix = log.prefix() == null ? "" : log.prefix();
        boolean delivered = group != null && deliveries.log(group, PacketMessages.logged(of, log));
        logs.add(new Logged(group == null ? -1 : group, prefix, delivered));
    }

    @Override
    public void rejected(Reject how) {
        reject = how;
    }

    @Override
    public void translated(AddressChange change) {
        changes.add(change);
    }

    @Override
    public void visited(CodeChain chain, CodeRule rule, boolean matched) {
        visits.rule(chain, rule.handle(), matched);
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
    public int hook() {
        return packet.hook;
    }
}
