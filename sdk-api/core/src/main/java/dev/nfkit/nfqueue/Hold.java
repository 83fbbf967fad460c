package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The duty to answer one held packet, exactly once. Its state tells a second answer from a first; which verdict the
 * packet gets is decided in {@link Holds}, by who takes it out of the list.
 */
final class Hold {
    /** What has become of it. */
    enum State {
        WAITING,
        /** By the application; the verdict may be on its way still. */
        ANSWERED,
        /** In the application's stead. */
        DONE_FOR
    }

    final int queue;
    /** Those of its queue that are held. */
    final HeldList list;

    final int id;
    /** When it is done for, by the transport's clock; meaningless where it is not bounded. */
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
    /** Keeps those of one deadline apart. */
    long serial;

    /** Whether the packet left the decider's hands for this: until then the decider's verdict counts. */
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

    /** Enters the duty with its packet. Where this throws, the packet is not held. */
    void enter(QueuedPacket owned) {
        packet = owned;
        owner.enter(this);
        entered = true;
    }

    /** Whether the packet is held, or was; asked on the thread that held it. */
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

    /** Answers it for the application; false if that is too late. */
    boolean answer(Verdict verdict) throws NetlinkException {
        return claim(verdict) && owner.answer(this, verdict);
    }

    /** Takes the one right to answer, for the application; false if it is too late. */
    boolean claim(Verdict verdict) {
        if (verdict.isHeld()) {
            throw new IllegalArgumentException("HELD is no answer; give a verdict");
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

    /** The answer could not be sent: the packet waits for another one. */
    void unclaim() {
        state.compareAndSet(State.ANSWERED, State.WAITING);
    }

    /** Takes the one right to answer, in the application's stead; false if it has answered. */
    boolean doFor() {
        return state.compareAndSet(State.WAITING, State.DONE_FOR);
    }

    /** It got its verdict in the application's stead, whose answer, if there is one, has not left and comes too late. */
    void overtake() {
        state.set(State.DONE_FOR);
    }

    boolean sameSession(Hold other) {
        return owner.equals(other.owner);
    }

    /** Sends answers of one session whose right was claimed, this one among them. */
    void sendAll(List<Hold> claimed, List<Verdict> verdicts) throws NetlinkException {
        owner.answerAll(claimed, verdicts);
    }
}
