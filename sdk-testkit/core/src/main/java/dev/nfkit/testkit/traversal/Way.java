package dev.nfkit.testkit.traversal;

import java.util.List;

/** The hooks that a packet passes, by their numbers. */
public enum Way {
    TO_INPUT,
    FORWARDED,
    FROM_OUTPUT;

    private static final int PREROUTING = 0;
    private static final int INPUT = 1;
    private static final int FORWARD = 2;
    private static final int OUTPUT = 3;
    private static final int POSTROUTING = 4;

    /** The hooks in order. */
    public List<Integer> hooks() {
        return switch (this) {
            case TO_INPUT -> List.of(PREROUTING, INPUT);
            case FORWARDED -> List.of(PREROUTING, FORWARD, POSTROUTING);
            case FROM_OUTPUT -> List.of(OUTPUT, POSTROUTING);
        };
    }
}
