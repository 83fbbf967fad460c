// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.InstalledRule;
import dev.nfkit.session.Failures;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Several queues, each with its own session, socket and thread, for rules that balance over them ({@code
 * --queue-balance 0:3}). The kernel puts all packets of a flow into the same queue, so that their order is kept.
 *
 * <pre>{@code
 * NfqueueOptions options = NfqueueOptions.builder().queues(0, 3, queue -> {}).build();
 * try (NfqueueWorkers workers = NfqueueWorkers.open(transport, options)) {
 *     workers.run(packet -> Verdict.ACCEPT);
 * }
 * }</pre>
 */
public final class NfqueueWorkers implements AutoCloseable {
    private final List<NfqueueSession> sessions;
    private final @Nullable InstalledRule rule;

    private NfqueueWorkers(List<NfqueueSession> sessions, @Nullable InstalledRule rule) {
        this.sessions = sessions;
        this.rule = rule;
    }

    /**
     * Opens a session for each queue of the options, and then installs the rule of the options, if there is one: it
     * distributes packets over all queues. If one cannot be opened, the others are closed again.
     *
     * @param transport opens the sockets
     * @param options the queues and the options of each session
     * @return open sessions; the caller closes them
     * @throws NetlinkException as {@link NfqueueSession#open}
     */
    public static NfqueueWorkers open(NetlinkTransport transport, NfqueueOptions options) throws NetlinkException {
        List<NfqueueSession> sessions = new ArrayList<>();
        try {
            for (NfqueueQueue queue : options.queues()) {
                sessions.add(NfqueueSession.open(transport, options.withQueues(List.of(queue))));
            }
            return new NfqueueWorkers(List.copyOf(sessions), QueueActions.install(transport, options));
        } catch (Throwable e) {
            sessions.forEach(session -> Failures.closeAfter(session, e));
            throw e;
        }
    }

    /**
     * The sessions, in the order of the options' queues.
     *
     * @return at least one
     */
    public List<NfqueueSession> sessions() {
        return sessions;
    }

    /**
     * Decides packets on one thread for each queue, until all sessions have ended, one of them fails, or the calling
     * thread is interrupted. It waits for the threads in each case.
     *
     * <p>If a decider throws, the other sessions finish their batches, and this method throws the exception; all
     * sessions stay open and can be run again.
     *
     * @param decider decides, on all threads concurrently; it must be thread-safe
     * @return the number of delivered packets
     * @throws NetlinkException if receiving or sending fails in one of them
     * @throws E as the decider throws
     * @throws IllegalStateException if a run is in progress
     * @param <E> what the decider may throw
     */
    public <E extends Exception> long run(Decider<E> decider) throws NetlinkException, E {
        AtomicLong delivered = new AtomicLong();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        CountDownLatch running = new CountDownLatch(sessions.size());
        List<Thread> threads = new ArrayList<>();
        for (NfqueueSession session : sessions) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            if (failure.get() == null) { // otherwise another thread failed before this one started
                                delivered.addAndGet(session.run(decider));
                            }
                        } catch (Throwable e) {
                            fail(failure, e);
                            halt(threads);
                        } finally {
                            running.countDown();
                        }
                    },
                    "nfqueue-" + session.queueNumbers());
            threads.add(thread);
        }
        start(threads, failure, running);
        boolean interrupted = await(running, threads);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable problem = failure.get();
        if (problem instanceof NetlinkException e) {
            throw e;
        }
        Failures.rethrow(problem); // the decider's exception, which may be undeclared
        return delivered.get();
    }

    private static void fail(AtomicReference<@Nullable Throwable> failure, Throwable next) {
        Throwable first = failure.compareAndExchange(null, next);
        if (first != null) {
            Failures.join(first, next);
        }
    }

    /** Starts the threads. If one cannot be started (no memory, too many threads), those already running are ended. */
    private void start(List<Thread> threads, AtomicReference<@Nullable Throwable> failure, CountDownLatch running) {
        int started = 0;
        try {
            for (Thread thread : threads) {
                thread.start();
                started++;
            }
        } catch (Throwable e) {
            fail(failure, e);
            for (int left = started; left < threads.size(); left++) {
                running.countDown();
            }
            halt(threads.subList(0, started));
        }
    }

    /** Makes the workers end after their batch; those that wait for packets are woken. */
    private void halt(List<Thread> threads) {
        threads.forEach(Thread::interrupt);
        sessions.forEach(NfqueueSession::wakeup);
    }

    private boolean await(CountDownLatch running, List<Thread> threads) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                running.await();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                halt(threads);
            }
        }
    }

    /** Begins a graceful end of all sessions, as {@link NfqueueSession#stop()}. Any thread. */
    public void stop() {
        detach();
        each(NfqueueSession::stop);
    }

    /**
     * Ends all sessions at once, as {@link NfqueueSession#close()}: each of them, even if closing another one throws.
     * The first failure is thrown, with later ones as suppressed exceptions. Any thread; idempotent.
     */
    @Override
    public void close() {
        detach();
        try {
            each(NfqueueSession::close);
        } finally {
            if (rule != null) {
                rule.close();
            }
        }
    }

    private void detach() {
        if (rule != null) {
            rule.detach(NfqueueWorkers.class);
        }
    }

    private void each(Consumer<NfqueueSession> action) {
        Throwable failure = null;
        for (NfqueueSession session : sessions) {
            try {
                action.accept(session);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
            }
        }
        Failures.rethrow(failure);
    }

    /**
     * The sum of all sessions' statistics.
     *
     * @return a snapshot
     */
    public NfqueueStatistics statistics() {
        NfqueueStatistics sum = sessions.get(0).statistics();
        for (NfqueueSession session : sessions.subList(1, sessions.size())) {
            sum = sum.plus(session.statistics());
        }
        return sum;
    }
}
