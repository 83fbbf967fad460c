// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.function.Consumer;

/**
 * Receives a session's messages and separates the answers to its requests from all others. Messages that may have been
 * lost on the way are reported to the session ({@link Life#missed()}). Used by the thread that has the {@link Turn}.
 */
final class Intake {
    private final NetlinkSocket socket;
    private final DatagramBatch batch;
    private final Life life;
    private final Inbound inbound;
    private final Requests requests;
    private final Consumer<Request> onAnswer;

    /**
     * Memory or stack were short while messages were handed over, and one may be lost; a field, since that needs
     * neither.
     */
    private boolean unreported;

    Intake(NetlinkSocket socket, DatagramBatch batch, Life life, Requests requests, Consumer<Request> onAnswer) {
        this.socket = socket;
        this.batch = batch;
        this.life = life;
        this.requests = requests;
        this.onAnswer = onAnswer;
        inbound = new Inbound(batch, socket.order(), life);
    }

    Inbound inbound() {
        return inbound;
    }

    /** Receives a batch. A receive that throws may have taken datagrams out of the socket. */
    int receive(long wait) throws NetlinkException {
        boolean returned = false;
        try {
            int count = socket.receive(batch, wait);
            returned = true;
            return count;
        } finally {
            if (!returned) {
                miss();
            }
        }
    }

    /** Starts on the batch that was received. */
    void open() {
        inbound.take();
        life.received(batch);
    }

    /** Whether the last receive reported an overrun. */
    boolean overrun() {
        return batch.overrun();
    }

    /** Moves to the next message, set aside or of the batch. */
    boolean next() throws NetlinkException {
        for (; ; ) {
            try {
                return inbound.next();
            } catch (MalformedMessageException e) {
                malformed(e);
            }
        }
    }

    private boolean nextOfBatch() throws NetlinkException {
        for (; ; ) {
            try {
                return inbound.nextOfBatch();
            } catch (MalformedMessageException e) {
                malformed(e);
            }
        }
    }

    private void malformed(MalformedMessageException problem) throws MalformedMessageException {
        inbound.newEpoch();
        life.malformed(problem);
    }

    MessageCursor message() {
        return inbound.message();
    }

    /**
     * Passes a message that is an answer to its request, or to the session if it answers none of these; false if it is no
     * answer.
     */
    boolean takeAnswer(MessageCursor message) throws MalformedMessageException {
        if (message.type() != Netlink.NLMSG_ERROR) {
            return false;
        }
        Request request = requests.claim(message.sequence());
        try {
            if (request == null) {
                life.unclaimed(message);
            } else {
                request.answer(KernelAnswer.read(message, request.what()));
                onAnswer.accept(request);
            }
        } catch (MalformedMessageException e) {
            life.malformed(e);
        }
        return true;
    }

    /**
     * Sets the messages of the batch aside, to be delivered before the next batch, and takes the answers among them.
     */
    void setBatchAside() throws NetlinkException {
        while (nextOfBatch()) {
            if (!takeAnswer(message())) {
                boolean kept = false;
                try {
                    inbound.setAside();
                    kept = true;
                } finally {
                    if (!kept) {
                        miss();
                    }
                }
            }
        }
    }

    /** Counts a message that will not be delivered; an answer still counts as one. */
    void discard() throws MalformedMessageException {
        if (message().type() >= Netlink.NLMSG_MIN_TYPE) {
            batch.discarded();
            life.discarded(message());
        } else {
            takeAnswer(message());
        }
    }

    /**
     * Notes what was thrown while messages were handed over: a stack or heap that was full may have lost one anywhere.
     */
    void note(Throwable failure) {
        unreported |= failure instanceof VirtualMachineError;
    }

    /** Reports that a message may be lost, if {@link #note} has recorded that. */
    void reportMiss() {
        if (unreported) {
            miss();
            unreported = false;
        }
    }

    private void miss() {
        inbound.newEpoch();
        life.missed();
    }
}
