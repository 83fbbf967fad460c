package dev.nfkit.samples.cli;

/** What a rule does with its packets. The text form is what precedes the colon of a rule. */
sealed interface Action {
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

        String option() {
            return option;
        }

        /** The label of the count. */
        String done() {
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

    /** Accepts packets with another mark; the bits outside the mask keep their value. */
    record Mark(long value, long mask) implements Action {
        static final long WHOLE = 0xffff_ffffL;

        /**
         * Parses {@code 7}, {@code 0x10} or {@code 0x10/0xf0}.
         *
         * @throws NumberFormatException if the text is not a mark, exceeds 32 bits, or has bits outside its mask
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
