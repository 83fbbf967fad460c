package dev.nfkit.samples.cli;

/** What a rule does with its packets. Its text is what stands before the colon. */
sealed interface Action {
    /** The option that names it, and what it did in counts. */
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

        String option() {
            return option;
        }

        /** What happened to its packets. */
        String done() {
            return done;
        }
    }

    /** Lets them go on. */
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

    /** Throws them away. */
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

    /** Lets them go on with another mark, whose bits outside the mask stay. */
    record Mark(long value, long mask) implements Action {
        static final long WHOLE = 0xffff_ffffL;

        /**
         * Reads {@code 7}, {@code 0x10} or {@code 0x10/0xf0}.
         *
         * @throws NumberFormatException if it is none, or out of 32 bits, or has bits outside of its mask
         */
        static Mark parse(String text) {
            String[] parts = text.split("/", 2);
            long value = Long.decode(parts[0]);
            long mask = parts.length < 2 ? WHOLE : Long.decode(parts[1]);
            if (value < 0 || mask < 0 || mask > WHOLE || (value & ~mask) != 0) {
                throw new NumberFormatException(text);
            }
            return new Mark(value, mask);
        }

        /** The new mark. */
        long applied(long mark) {
            return (mark & ~mask) | value;
        }

        @Override
        public Kind kind() {
            return Kind.MARK;
        }

        @Override
        public String toString() {
            return "0x" + Long.toHexString(value) + (mask == WHOLE ? "" : "/0x" + Long.toHexString(mask));
        }
    }

    /** Lets them go on later, by a span that varies evenly by as much as the jitter in both directions. */
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

    /** Lets them go on with a bit of their payload turned, or a byte replaced; with wrong checksums or with right ones. */
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
