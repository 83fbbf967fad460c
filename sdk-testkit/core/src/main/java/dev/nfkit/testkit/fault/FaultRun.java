// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * One run of {@link FaultRuns}, with its seed and the faults that follow from it. Threads of the run may use it, but
 * {@link #random} only one at a time.
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
     * Returns the seed.
     *
     * @return the seed that repeats this run
     */
    public long seed() {
        return seed;
    }

    /**
     * Returns the plan of this run.
     *
     * @return the plan for the seed
     */
    public FaultPlan plan() {
        return plan;
    }

    /**
     * Returns a random generator for the scenario, which depends on the seed. It is independent of the plan's.
     *
     * @return the generator, always the same; one thread at a time
     */
    public RandomGenerator random() {
        return random;
    }

    /**
     * Applies this run's plan to a transport. The injected faults are part of the message if the run fails.
     *
     * @param delegate opens the sockets
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
     * Returns the faults that were injected so far.
     *
     * @return a copy of the list, grouped by transport
     */
    public List<InjectedFault> injected() {
        synchronized (transports) {
            List<InjectedFault> all = new ArrayList<>();
            transports.forEach(transport -> all.addAll(transport.injected()));
            return all;
        }
    }
}
