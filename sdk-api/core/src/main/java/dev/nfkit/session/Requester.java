// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageWriter;
import java.util.concurrent.TimeUnit;

/**
 * Makes requests of a session and waits for their answers. If no poll receives, the thread that waits does so itself, and
 * sets aside what else comes. Any thread.
 */
final class Requester {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String NO_ANSWER =
            "no answer came; it was lost, and the kernel may have carried out the request: make it again";

    private final NetlinkTransport transport;
    private final Requests requests;
    private final Intake intake;
    private final Turn turn;
    private final Shutdown shutdown;

    Requester(NetlinkTransport transport, Requests requests, Intake intake, Turn turn, Shutdown shutdown) {
        this.transport = transport;
        this.requests = requests;
        this.intake = intake;
        this.turn = turn;
        this.shutdown = shutdown;
    }

    /** As {@link MessageLoop#call}. */
    void call(String what, long sequence, MessageWriter writer) throws NetlinkException {
        Request request = requests.post(what, sequence, writer);
        receiveUntilAnswered(request, transport.nanoTime() + ANSWER_NANOS);
        request.check();
    }

    /** As {@link MessageLoop#ask}. */
    void ask(String what, long sequence, MessageWriter writer) throws NetlinkException {
        Thread self = Thread.currentThread();
        if (turn.isMine()) {
            throw new IllegalStateException(what + ": not inside a callback of the same session; use another thread");
        }
        Request request = requests.post(what, sequence, writer);
        long deadline = transport.nanoTime() + ANSWER_NANOS;
        while (!request.answered()) {
            if (shutdown.isClosing()) {
                throw new SystemCallException(
                        what, Errno.EBADF, "the session was closed before the kernel's answer came");
            }
            if (turn.takeToAsk(self)) {
                try {
                    receiveUntilAnswered(request, deadline);
                } catch (Throwable e) {
                    shutdown.leaveAfter(intake, e);
                    throw e;
                }
                shutdown.leave(intake);
            } else {
                long left = deadline - transport.nanoTime();
                if (left <= 0) {
                    throw new SystemCallException(what, Errno.ETIMEDOUT, NO_ANSWER);
                }
                turn.await(() -> request.answered() || turn.freeToAsk() || shutdown.isClosing(), left);
            }
        }
        request.check();
    }

    /** Receives until a request is answered or a poll wants to receive. What else comes is set aside, after what is pending. */
    private void receiveUntilAnswered(Request request, long deadline) throws NetlinkException {
        intake.reportMiss();
        intake.setBatchAside();
        while (!request.answered() && !turn.isWanted()) {
            long left = deadline - transport.nanoTime();
            int count = left <= 0 ? 0 : intake.receive(left);
            if (count < 0 || left <= 0) {
                throw new SystemCallException(
                        request.what(),
                        count < 0 ? Errno.EBADF : Errno.ETIMEDOUT,
                        count < 0 ? "the socket was closed before the kernel's answer came" : NO_ANSWER);
            }
            intake.open();
            intake.setBatchAside();
        }
    }
}
