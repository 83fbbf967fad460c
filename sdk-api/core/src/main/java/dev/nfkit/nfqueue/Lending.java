// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The services of a session for a packet that it lends to a decider. */
interface Lending {
    /** For owned packets, which no session lends. */
    Lending NONE = new Lending() {
        @Override
        public Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict) {
            throw new IllegalStateException("only a packet that is borrowed in a decider can be held");
        }

        @Override
        public Verdict verdict(int number) {
            return Verdict.of(number);
        }
    };

    /** Makes the duty to answer a packet; with the session's deadline if none is given. */
    Hold hold(QueuedPacket packet, @Nullable Duration deadline, @Nullable Verdict verdict);

    /** A verdict to return. */
    Verdict verdict(int number);
}
