package dev.nfkit.testkit.fault;

import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * One run of {@link FaultRuns}: its seed, and what follows from that. The run's threads may use it, {@link #random} one at
 * a time.
 */
public final class FaultRun {
    private final long seed;
    private final FaultPlan plan;
    private final RandomGenerator random;
    private final List<FaultyTransport> transports = new ArrayList<>();

    FaultRun(long seed, FaultPlan plan) {
        this.seed = seed;
        this.plan = plan;
        this.random = new SplittableRandom(~seed);
    }

    /**
     * The seed.
     *
     * @return what replays this run
     */
    public long seed() {
        return seed;
    }

    /**
     * The plan of this run.
     *
     * @return what its seed gave
     */
    public FaultPlan plan() {
        return plan;
    }

    /**
     * Chance that follows the seed, for the scenario: it is another than the plan's.
     *
     * @return a generator, always the same; one thread at a time
     */
    public RandomGenerator random() {
        return random;
    }

    /**
     * Lets this run's plan befall a transport. What it does is told where the run fails.
     *
     * @param delegate what opens the sockets
     * @return the transport for the code under test
     */
    public FaultyTransport over(NetlinkTransport delegate) {
        FaultyTransport transport = new FaultyTransport(delegate, plan);
        synchronized (transports) {
            transports.add(transport);
        }
        return transport;
    }

    /**
     * The faults that were done until now.
     *
     * @return a copy of the list, transport by transport
     */
    public List<InjectedFault> injected() {
        synchronized (transports) {
            List<InjectedFault> all = new ArrayList<>();
            transports.forEach(transport -> all.addAll(transport.injected()));
            return all;
        }
    }
}
