// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the same scenario repeatedly, each time with another seed and therefore other faults. Fails at the first run
 * that fails or takes too long, with its seed, the injected faults, and the stacks of a run that hangs.
 *
 * <pre>{@code
 * FaultRuns.of(200).check(run -> {
 *     FakeNetfilter kernel = new FakeNetfilter();
 *     MyFirewall firewall = new MyFirewall(run.over(kernel));
 *     ... the properties that must hold whatever goes wrong ...
 * });
 * }</pre>
 *
 * <p>The system property {@code nfkit.faults.seed} (or the environment variable {@code NFKIT_FAULTS_SEED}) runs only
 * one seed, to investigate a failure; {@code nfkit.faults.runs} ({@code NFKIT_FAULTS_RUNS}) overrides the number of
 * runs. A value: each method returns a new one.
 */
public final class FaultRuns {
    /** The system property with the only seed to run. */
    public static final String SEED_PROPERTY = "nfkit.faults.seed";
    /** The system property with the number of runs. */
    public static final String RUNS_PROPERTY = "nfkit.faults.runs";

    private static final Duration BOUND = Duration.ofSeconds(30);

    private final int runs;
    private final Duration bound;
    private final LongFunction<FaultPlan> plan;

    /** The scenario of the runs. */
    @FunctionalInterface
    public interface Scenario {
        /**
         * Runs once, on a thread created by the runs.
         *
         * @param run the seed and what depends on it
         * @throws Exception any exception makes the run fail
         */
        void run(FaultRun run) throws Exception;
    }

    private FaultRuns(int runs, Duration bound, LongFunction<FaultPlan> plan) {
        this.runs = runs;
        this.bound = bound;
        this.plan = plan;
    }

    /**
     * Creates runs with the seeds from 1 on, with {@linkplain FaultPlan#random(long) random plans}, each limited to 30
     * seconds.
     *
     * @param runs the number of runs, unless {@code nfkit.faults.runs} overrides it; at least 1
     * @return the runs, which {@link #check} starts
     * @throws IllegalArgumentException if it is less than 1
     */
    public static FaultRuns of(int runs) {
        if (runs < 1) {
            throw new IllegalArgumentException("runs " + runs + " is less than 1");
        }
        return new FaultRuns(runs, BOUND, FaultPlan::random);
    }

    /**
     * Sets the faults of a run.
     *
     * @param forSeed returns the plan of a seed
     * @return the runs with these plans
     */
    public FaultRuns plan(LongFunction<FaultPlan> forSeed) {
        return new FaultRuns(runs, bound, Objects.requireNonNull(forSeed, "forSeed"));
    }

    /**
     * Limits how long one run may take.
     *
     * @param longest in real time, more than zero
     * @return the runs with this limit
     * @throws IllegalArgumentException if it is not more than zero
     */
    public FaultRuns within(Duration longest) {
        if (longest.isNegative() || longest.isZero()) {
            throw new IllegalArgumentException("longest " + longest + " is not more than zero");
        }
        return new FaultRuns(runs, longest, plan);
    }

    /**
     * Runs the scenario with each seed in turn. The thread of a run that hangs is interrupted and abandoned; it does
     * not keep the JVM from exiting.
     *
     * @param scenario the scenario
     * @throws AssertionError if a run fails or exceeds its limit, with the seed, the faults, and for a hang the stacks
     *     of the threads that the runs have started; the cause is what the run threw
     * @throws IllegalArgumentException if a property that is set is not a number, or no run is left
     */
    public void check(Scenario scenario) {
        Set<Thread> others = Thread.getAllStackTraces().keySet();
        ExecutorService executor = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "fault-run");
            thread.setDaemon(true);
            return thread;
        });
        try {
            for (long seed : seeds().toArray()) {
                one(executor, others, new FaultRun(seed, plan.apply(seed)), scenario);
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private LongStream seeds() {
        String seed = setting(SEED_PROPERTY);
        if (seed != null) {
            return LongStream.of(number(SEED_PROPERTY, seed));
        }
        String wanted = setting(RUNS_PROPERTY);
        long count = wanted == null ? runs : number(RUNS_PROPERTY, wanted);
        if (count < 1) {
            throw new IllegalArgumentException(RUNS_PROPERTY + " " + count + " is less than 1");
        }
        return LongStream.rangeClosed(1, count);
    }

    private static @Nullable String setting(String property) {
        String value = System.getProperty(property);
        return value != null
                ? value
                : System.getenv(property.toUpperCase(Locale.ROOT).replace('.', '_'));
    }

    private static long number(String property, String text) {
        try {
            return Long.parseLong(text.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(property + " is not a number: " + text, e);
        }
    }

    private void one(ExecutorService executor, Set<Thread> others, FaultRun run, Scenario scenario) {
        Future<?> outcome = executor.submit(() -> {
            scenario.run(run);
            return run;
        });
        boolean interrupted = false;
        long stop = System.nanoTime() + bound.toNanos();
        try {
            for (; ; ) {
                try {
                    outcome.get(stop - System.nanoTime(), TimeUnit.NANOSECONDS);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw failure(run, String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw failure(run, "it has not ended within " + bound + ":" + stacks(others), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static AssertionError failure(FaultRun run, String what, @Nullable Throwable cause) {
        String faults = run.injected().isEmpty()
                ? "no fault was injected"
                : "the injected faults are "
                        + run.injected().stream().map(InjectedFault::toString).collect(Collectors.joining("; "));
        return new AssertionError(
                "the run with seed " + run.seed() + " failed (-D" + SEED_PROPERTY + "=" + run.seed()
                        + " runs it alone); " + faults + "; the plan was " + run.plan() + "\n" + what,
                cause);
    }

    /** The stacks of the threads that did not exist before the runs. */
    private static String stacks(Set<Thread> others) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Thread, StackTraceElement[]> each :
                Thread.getAllStackTraces().entrySet()) {
            if (!others.contains(each.getKey())) {
                text.append("\n  ").append(each.getKey().getName()).append(" is ");
                text.append(each.getKey().getState());
                for (StackTraceElement frame : each.getValue()) {
                    text.append("\n      at ").append(frame);
                }
            }
        }
        return text.toString();
    }
}
