package dev.nfkit.nfqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a session does for a packet that it lends to a decider. */
interface Lending {
    /** Packets that no session lends: owned ones. */
    Lending NOBODY = new Lending() {
        @Override
        public Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict) {
            throw new IllegalStateException("only a packet that is borrowed in a decider can be held");
        }

        @Override
        public Verdict verdict(int number) {
            return Verdict.of(number);
        }
    };

    /** Makes the duty to answer a packet; the session's own deadline where none is given. */
    Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict);

    /** A verdict to return. */
    Verdict verdict(int number);
}
