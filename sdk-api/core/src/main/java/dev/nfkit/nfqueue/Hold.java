// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The duty to answer one held packet, exactly once. Its state detects a second answer. The packet's verdict is decided
 * in {@link Holds}: it is that of the party that removes the packet from the list.
 */
final class Hold {
    /** The state of the duty. */
    enum State {
        WAITING,
        /** Answered by the application; the verdict may not be sent yet. */
        ANSWERED,
        /** The session answers instead of the application. */
        TAKEN_OVER
    }

    final int queue;
    /** Those of its queue that are held. */
    final HeldList list;

    final int id;
    /** The time at which the session answers, by the transport's clock; undefined if there is no deadline. */
    final long deadline;

    final boolean bounded;
    final Verdict fallback;

    /** What a session does for the packets that it holds. Any thread. */
    interface Owner {
        /** Enters a packet that is held. If this throws, it is not held, and the decider's verdict counts. */
        void enter(Hold hold);

        /** Does what is due before an answer. */
        void expireBefore(Hold hold);

        /** Sends an answer whose right was claimed; false if the packet has got another verdict meanwhile. */
        boolean answer(Hold hold, Verdict verdict) throws NetlinkException;

        /** Sends answers whose right was claimed; those that come too late are counted. */
        void answerAll(List<Hold> claimed, List<Verdict> verdicts) throws NetlinkException;

        /** Counts an answer that came too late. */
        void late();
    }

    private final Owner owner;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private @Nullable QueuedPacket packet;

    // Its neighbours; the list's.
    @Nullable
    Hold before;

    @Nullable
    Hold after;

    volatile boolean linked;
    /** Distinguishes holds with the same deadline. */
    long serial;

    /** Whether the packet was added to the held ones: until then the decider's verdict applies. */
    private boolean entered;

    Hold(Owner owner, int queue, HeldList list, int id, boolean bounded, long deadline, Verdict fallback) {
        this.owner = owner;
        this.queue = queue;
        this.list = list;
        this.id = id;
        this.bounded = bounded;
        this.deadline = deadline;
        this.fallback = fallback;
    }

    /** Adds the duty with its packet. If this throws, the packet is not held. */
    void enter(QueuedPacket owned) {
        packet = owned;
        owner.enter(this);
        entered = true;
    }

    /** Whether the packet is or was held. Called on the thread that held it. */
    boolean entered() {
        return entered || linked;
    }

    QueuedPacket packet() {
        QueuedPacket owned = packet;
        if (owned == null) {
            throw new IllegalStateException("a held packet without bytes");
        }
        return owned;
    }

    boolean answered() {
        return state.get() != State.WAITING;
    }

    /** Answers it for the application; false if it is too late. */
    boolean answer(Verdict verdict) throws NetlinkException {
        return claim(verdict) && owner.answer(this, verdict);
    }

    /** Takes the only right to answer, for the application; false if it is too late. */
    boolean claim(Verdict verdict) {
        if (verdict.isHeld()) {
            throw new IllegalArgumentException("HELD is not an answer; pass a verdict");
        }
        if (bounded && !answered()) {
            owner.expireBefore(this);
        }
        if (state.compareAndSet(State.WAITING, State.ANSWERED)) {
            return true;
        }
        if (state.get() == State.ANSWERED) {
            throw new IllegalStateException(
                    "packet " + Integer.toUnsignedLong(id) + " of queue " + queue + " was answered before");
        }
        owner.late();
        return false;
    }

    /** Returns the right, because the answer could not be sent: the packet waits for another one. */
    void unclaim() {
        state.compareAndSet(State.ANSWERED, State.WAITING);
    }

    /** Takes the only right to answer, for the session; false if the application has answered. */
    boolean takeOver() {
        return state.compareAndSet(State.WAITING, State.TAKEN_OVER);
    }

    /**
     * The session has given the packet its verdict. An answer of the application, if there is one, was not sent and
     * comes too late.
     */
    void takeOverAlways() {
        state.set(State.TAKEN_OVER);
    }

    boolean sameSession(Hold other) {
        return owner.equals(other.owner);
    }

    /** Sends claimed answers of one session, including this one. */
    void sendAll(List<Hold> claimed, List<Verdict> verdicts) throws NetlinkException {
        owner.answerAll(claimed, verdicts);
    }
}
