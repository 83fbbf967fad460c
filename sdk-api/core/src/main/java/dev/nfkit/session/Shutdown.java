// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.NetlinkSocket;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Leads a session from open to ended: it asks the kernel to hand over what it still has, waits until that has come, and
 * closes the socket.
 *
 * <p>The kernel handles a request before {@code sendmsg} returns. What it had then lies in the socket, or was dropped
 * and counted: once the socket is empty nothing more will come, and an answer that is still missing was itself dropped.
 *
 * <p>The phase can be read by any thread. All else is used by the thread that has the {@link Turn}.
 */
final class Shutdown {
    /** How often the request for the rest is repeated if its answers are lost. */
    private static final int REPEATS = 3;

    /** The number of attempts to send the request for the rest. */
    private static final int SEND_ATTEMPTS = 3;

    /** The number of failures after which a close gives up counting what it discards. */
    private static final int FAILURES = 3;

    /**
     * A receive that returns 0 may have consumed a wakeup; after the second in a row the socket is known to be empty.
     */
    private static final int EMPTY = 2;

    /** How long a close waits for a callback in progress. */
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long SETTLE_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final NetlinkSocket socket;
    private final Life life;
    private final Requests requests;
    private final Turn turn;
    private final Class<?> logger;
    private final BooleanSupplier overOrFree;
    private volatile Phase phase = Phase.OPEN;

    private boolean requested;
    private int resent;
    private int failedSends;
    /** The receives in succession that found the socket empty. */
    private int emptyReceives;

    private boolean settling;

    /** A refused request for the rest, logged once the socket is closed. */
    private @Nullable KernelRefusedException restRefusal;

    /** What a handler threw while a close counted what it discards; logged once the socket is closed. */
    private @Nullable Exception discardProblem;

    /** Messages are logged in the name of a class. */
    Shutdown(NetlinkSocket socket, Life life, Requests requests, Turn turn, Class<?> logger) {
        this.socket = socket;
        this.life = life;
        this.requests = requests;
        this.turn = turn;
        this.logger = logger;
        overOrFree = () -> isOver() || turn.isFree();
    }

    boolean isStopping() {
        return phase.isAtLeast(Phase.STOPPING);
    }

    boolean isClosing() {
        return phase.isAtLeast(Phase.CLOSING);
    }

    /** Whether the socket is closed. */
    boolean isOver() {
        return phase.isAtLeast(Phase.ABANDONED);
    }

    /**
     * Moves on to a phase, unless the session is there or beyond. Any thread.
     *
     * @return whether it moved
     */
    synchronized boolean advance(Phase to) {
        if (phase.isAtLeast(to)) {
            return false;
        }
        phase = to;
        return true;
    }

    /** Sends the request for the rest, if the session is stopping and it was not sent. */
    void requestIfDue() throws NetlinkException {
        if (!requested && isStopping()) {
            request();
        }
    }

    private void request() throws NetlinkException {
        boolean sent = false;
        try {
            life.requestRest();
            sent = true;
        } catch (SystemCallException e) {
            if (!e.errno().equals(Errno.EBADF)) {
                throw e;
            }
            sent = true; // the socket is closed: the receive that follows ends the session
        } finally {
            // The next poll tries again, but not for ever: a session that cannot send must end as well.
            requested = sent || ++failedSends >= SEND_ATTEMPTS;
        }
    }

    /** How long a receive waits, given how long it would wait while the session does not stop. */
    long receiveWait(long otherwise) {
        if (settling) {
            return SETTLE_SLICE_NANOS;
        }
        return requested ? 0 : otherwise;
    }

    /** Datagrams came. */
    void busy() {
        emptyReceives = 0;
    }

    /**
     * Takes the next step after a receive that found the socket empty.
     *
     * @return whether all was delivered and nothing is left to wait for, so that the session is to end
     */
    boolean proceed() {
        if (!requested || ++emptyReceives < EMPTY) {
            return false;
        }
        if (requests.anyUnanswered() && ++resent <= REPEATS) {
            requests.forget();
            emptyReceives = 0;
            requested = false; // requestIfDue() sends it before the next receive
            return false;
        }
        settling = true;
        return life.mayEnd();
    }

    /**
     * Notes the answer to a request. A group that is gone is as good as unbound; another refusal means that the kernel
     * keeps what it has.
     */
    void noteAnswer(Request request) {
        KernelRefusedException refusal = request.refusal();
        if (requested && refusal != null && !refusal.errno().equals(Errno.ENODEV)) {
            restRefusal = refusal;
        }
    }

    /** Ends this thread's turn, and the session if it was closed meanwhile. */
    void leave(Intake intake) {
        try {
            if (isClosing()) {
                finish(intake);
            }
        } finally {
            turn.release();
        }
    }

    /** As {@link #leave}, after a failure, which is the one to be thrown. A message may be lost with it. */
    void leaveAfter(Intake intake, Throwable failure) {
        intake.note(failure);
        try {
            leave(intake);
        } catch (Throwable later) {
            Failures.join(failure, later);
        }
    }

    /**
     * Ends the session, or waits until the thread that receives has ended it, for a second at most. It allocates
     * nothing unless it waits, so that it also closes when memory is short.
     */
    void close(Intake intake) {
        Thread self = Thread.currentThread();
        // Not the transport's clock: a callback takes real time, and a test may move its clock meanwhile, or hold it.
        long deadline = System.nanoTime() + CLOSE_NANOS;
        while (!isOver()) {
            long left = deadline - System.nanoTime();
            if (turn.take(self)) {
                leave(intake);
            } else if (left <= 0) {
                abandon();
            } else {
                turn.await(overOrFree, left);
            }
        }
    }

    /** Ends the session: what is left is counted as discarded. */
    void finish(Intake intake) {
        if (phase == Phase.ENDED) {
            return;
        }
        Throwable failure = null;
        try {
            discardRest(intake);
        } catch (NetlinkException e) {
            discardProblem = e;
        } catch (Throwable e) {
            failure = e;
        }
        end(Phase.ENDED, failure);
    }

    /** Closes the socket while a callback is in progress, whose thread ends the session when the callback returns. */
    private void abandon() {
        end(Phase.ABANDONED, null);
    }

    /**
     * Sends for the last time and closes the socket. Whatever a step throws, the next ones are carried out. It needs no
     * memory of its own for that.
     */
    private void end(Phase to, @Nullable Throwable before) {
        Throwable failure = before;
        NetlinkException unsent = null;
        try {
            life.sendLast();
        } catch (NetlinkException e) {
            unsent = e;
        } catch (Throwable e) {
            failure = Failures.join(failure, e);
        }
        failure = closeSocket(failure);
        try {
            if (to == Phase.ENDED) {
                failure = reportEnded(failure);
            }
        } finally {
            advance(to);
        }
        failure = reportClosed(failure);
        logUnsent(unsent);
        if (to == Phase.ENDED) {
            logLost();
        }
        Failures.rethrow(failure);
    }

    private @Nullable Throwable closeSocket(@Nullable Throwable before) {
        try {
            socket.close();
            return before;
        } catch (Throwable e) {
            return Failures.join(before, e);
        }
    }

    private @Nullable Throwable reportEnded(@Nullable Throwable before) {
        try {
            life.ended();
            return before;
        } catch (Throwable e) {
            return Failures.join(before, e);
        }
    }

    private @Nullable Throwable reportClosed(@Nullable Throwable before) {
        try {
            life.closed();
            return before;
        } catch (Throwable e) {
            return Failures.join(before, e);
        }
    }

    /** Logs what could not be counted, and what the kernel did not hand over. */
    private void logLost() {
        Exception counting = discardProblem;
        if (counting != null) {
            SessionLog.log(logger, System.Logger.Level.DEBUG, "while counting what a close discards", counting);
        }
        KernelRefusedException refusal = restRefusal;
        if (refusal != null) {
            SessionLog.warn(logger, "what the kernel still had is lost with the socket", refusal);
        }
    }

    private void logUnsent(@Nullable NetlinkException problem) {
        if (problem != null) {
            SessionLog.warn(
                    logger, "the last requests could not be sent; the kernel ends what waits by itself", problem);
        }
    }

    private void discardRest(Intake intake) throws NetlinkException {
        Throwable failure = discardReceived(intake, null);
        if (!requested) {
            try {
                request();
            } catch (Throwable e) { // what waits in the socket is counted all the same
                failure = Failures.join(failure, e);
            }
        }
        int failed = 0;
        for (int empty = 0; empty < EMPTY && failed < FAILURES; ) {
            int count;
            try {
                count = intake.receive(0);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
                failed++; // what the socket still has is counted all the same, if it can be
                continue;
            }
            if (count < 0) {
                break;
            }
            intake.inbound().take();
            failure = discardReceived(intake, failure);
            empty = count > 0 ? 0 : empty + 1;
        }
        if (failure instanceof NetlinkException problem) {
            throw problem;
        }
        Failures.rethrow(failure);
    }

    /**
     * Counts what was received and will not be delivered; each message is taken, whatever a handler throws for it. Its
     * exceptions are logged once the socket is closed.
     */
    private @Nullable Throwable discardReceived(Intake intake, @Nullable Throwable before) {
        Throwable failure = before;
        Exception problem = null;
        int lacks = 0;
        for (; ; ) {
            try {
                if (!intake.next()) {
                    if (problem != null) {
                        discardProblem = problem;
                    }
                    return failure;
                }
                intake.discard();
            } catch (Exception e) {
                problem = problem == null ? e : (Exception) Failures.join(problem, e);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
                if (e instanceof VirtualMachineError && ++lacks >= FAILURES) {
                    return failure; // perhaps it makes no progress
                }
            }
        }
    }
}
