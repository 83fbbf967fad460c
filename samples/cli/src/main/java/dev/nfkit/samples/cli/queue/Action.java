// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.arguments.Span;

/** What a rule does with its packets. The text form is what precedes the colon of a rule. */
public sealed interface Action {
    /** The option that names it, and the label of its count. */
    Kind kind();

    /** The kinds of actions. */
    enum Kind {
        ACCEPT("--accept", "accepted"),
        DROP("--drop", "dropped"),
        MARK("--mark", "marked"),
        DELAY("--delay", "delayed"),
        CORRUPT("--corrupt", "corrupted");

        private final String option;
        private final String done;

        Kind(String option, String done) {
            this.option = option;
            this.done = done;
        }

        public String option() {
            return option;
        }

        /** The label of the count. */
        public String done() {
            return done;
        }
    }

    /** Accepts packets. */
    record Accept() implements Action {
        @Override
        public Kind kind() {
            return Kind.ACCEPT;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** Drops packets. */
    record Drop() implements Action {
        @Override
        public Kind kind() {
            return Kind.DROP;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** Accepts packets with another mark. */
    record Mark(MaskedMark mark) implements Action {
        @Override
        public Kind kind() {
            return Kind.MARK;
        }

        @Override
        public String toString() {
            return mark.toString();
        }
    }

    /** Accepts packets after a delay, which varies evenly by up to the jitter in both directions. */
    record Delay(long nanos, long jitterNanos) implements Action {
        @Override
        public Kind kind() {
            return Kind.DELAY;
        }

        @Override
        public String toString() {
            return Span.text(nanos) + (jitterNanos == 0 ? "" : " " + Span.text(jitterNanos));
        }
    }

    /**
     * Accepts packets with one bit of the payload flipped or one byte replaced, with wrong or with correct checksums.
     */
    record Corrupt(boolean wholeByte, boolean checksums) implements Action {
        @Override
        public Kind kind() {
            return Kind.CORRUPT;
        }

        @Override
        public String toString() {
            return (wholeByte ? "byte" : "bit") + (checksums ? " checksums" : "");
        }
    }
}
