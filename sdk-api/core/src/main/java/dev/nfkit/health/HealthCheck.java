// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health;

import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.netfilter.SessionStatistics;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.socket.QueueState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Looks at a session's statistics now and then, and reports what needs attention.
 *
 * <pre>{@code
 * HealthCheck check = HealthCheck.of(session);
 * ...
 * SessionHealth health = check.look();
 * health.findings().forEach(finding -> log(finding.reason() + "; " + finding.cure()));
 * }</pre>
 *
 * <p>A counter that should not rise, such as that of dropped packets, is a finding if it rose since the check was made,
 * and stays one for a minute after its last rise: so several monitors may look, as often as they like, and all see it. A
 * queue in which 80 % of {@link dev.nfkit.nfqueue.NfqueueQueue#maximumLength()} packets wait is nearly full. A session
 * that has ended is a problem, also if the program ended it.
 *
 * <p>A look reads the statistics, for NFQUEUE also two files of the kernel; the session itself does nothing for it. Any
 * thread, also after the end of the session.
 */
public final class HealthCheck {
    private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long FULL_PERCENT = 100;
    private static final long NEARLY_FULL_PERCENT = 80;

    private final Supplier<? extends SessionStatistics> statistics;
    private final BooleanSupplier ended;
    private final IntFunction<OptionalInt> maximumLength;
    private final LongSupplier clock;
    private final List<Rise> rises = new ArrayList<>();

    HealthCheck(
            Supplier<? extends SessionStatistics> statistics,
            BooleanSupplier ended,
            IntFunction<OptionalInt> maximumLength,
            LongSupplier clock) {
        this.statistics = statistics;
        this.ended = ended;
        this.maximumLength = maximumLength;
        this.clock = clock;
        SessionStatistics now = statistics.get();
        for (Symptom<SessionStatistics> symptom : Symptom.of(now)) {
            rises.add(new Rise(symptom, symptom.counter().applyAsLong(now)));
        }
    }

    /**
     * A check of a session of any kind.
     *
     * @param session the session
     * @return a check, which counts from now on
     */
    public static HealthCheck of(NetfilterSession session) {
        return of(session, System::nanoTime);
    }

    static HealthCheck of(NetfilterSession session, LongSupplier clock) {
        IntFunction<OptionalInt> length = session instanceof NfqueueSession queues
                ? queue -> OptionalInt.of(queues.options(queue).maximumLength())
                : queue -> OptionalInt.empty();
        return new HealthCheck(session::statistics, session::ended, length, clock);
    }

    /**
     * A check of workers: of all queues together. They count as ended if one of them has ended.
     *
     * @param workers the workers
     * @return a check, which counts from now on
     */
    public static HealthCheck of(NfqueueWorkers workers) {
        Map<Integer, NfqueueSession> owners = new HashMap<>();
        for (NfqueueSession session : workers.sessions()) {
            session.statistics().queues().forEach(queue -> owners.put(queue.queue(), session));
        }
        IntFunction<OptionalInt> length = queue -> {
            NfqueueSession owner = owners.get(queue);
            return owner == null
                    ? OptionalInt.empty()
                    : OptionalInt.of(owner.options(queue).maximumLength());
        };
        BooleanSupplier ended = () -> workers.sessions().stream().anyMatch(NfqueueSession::ended);
        return new HealthCheck(workers::statistics, ended, length, System::nanoTime);
    }

    /**
     * A check of anything that has a session's statistics, such as a session of Kotlin. It does not know the end of the
     * session, nor when its queues are full.
     *
     * @param statistics returns the statistics, always of the same class
     * @return a check, which counts from now on
     */
    public static HealthCheck ofStatistics(Supplier<? extends SessionStatistics> statistics) {
        return new HealthCheck(statistics, () -> false, queue -> OptionalInt.empty(), System::nanoTime);
    }

    /**
     * Looks at the session.
     *
     * @return what was found
     */
    public synchronized SessionHealth look() {
        List<HealthFinding> findings = new ArrayList<>();
        if (ended.getAsBoolean()) {
            findings.add(new HealthFinding(
                    "ended",
                    HealthState.PROBLEM,
                    "the session has ended",
                    "open a new session; if the program did not end it, what its run threw is the cause"));
        }
        SessionStatistics now = statistics.get();
        long time = clock.getAsLong();
        for (Rise rise : rises) {
            long risen = rise.look(now, time);
            if (risen > 0) {
                findings.add(rise.symptom.finding(risen));
            }
        }
        if (now instanceof NfqueueStatistics queues && !ended.getAsBoolean()) {
            for (QueueState queue : queues.queues()) {
                lookAt(queue, findings);
            }
        }
        return new SessionHealth(findings);
    }

    private void lookAt(QueueState queue, List<HealthFinding> findings) {
        OptionalInt most = maximumLength.apply(queue.queue());
        if (most.isEmpty()) {
            return;
        }
        long percent = FULL_PERCENT * queue.waiting() / most.getAsInt();
        if (percent >= NEARLY_FULL_PERCENT) {
            findings.add(new HealthFinding(
                    "queue-nearly-full",
                    percent >= FULL_PERCENT ? HealthState.PROBLEM : HealthState.WARNING,
                    queue.waiting() + " of at most " + most.getAsInt() + " packets wait in queue " + queue.queue(),
                    "decide faster, raise maximumLength of the queue, or spread the load over several queues"));
        }
    }

    /** How much a counter has risen, counted together as long as a rise follows another within the window. */
    private static final class Rise {
        final Symptom<SessionStatistics> symptom;
        private long last;
        private long risen;
        private long risenAt;

        Rise(Symptom<SessionStatistics> symptom, long first) {
            this.symptom = symptom;
            last = first;
        }

        long look(SessionStatistics now, long time) {
            if (risen > 0 && time - risenAt >= WINDOW_NANOS) {
                risen = 0;
            }
            long value = symptom.counter().applyAsLong(now);
            if (value > last) {
                risen += value - last;
                risenAt = time;
            }
            last = value;
            return risen;
        }
    }
}
