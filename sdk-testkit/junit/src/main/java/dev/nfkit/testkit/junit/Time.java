package dev.nfkit.testkit.junit;

import dev.nfkit.testkit.TestClock;

/** What the time of a fake kernel follows. */
public enum Time {
    /** {@link TestClock#automatic()}: it jumps to where something happens. Best for tests of one thread. */
    AUTOMATIC,
    /** {@link TestClock#manual()}: it stands until the test advances it. Best where threads wait for each other. */
    MANUAL,
    /** {@link TestClock#real()}: it runs as the machine's. */
    REAL;

    TestClock clock() {
        return switch (this) {
            case AUTOMATIC -> TestClock.automatic();
            case MANUAL -> TestClock.manual();
            case REAL -> TestClock.real();
        };
    }
}
