// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import dev.nfkit.testkit.TestClock;

/** The clock of a fake kernel. */
public enum Time {
    /** {@link TestClock#automatic()}: it jumps to the next event. Best for tests with one thread. */
    AUTOMATIC,
    /**
     * {@link TestClock#manual()}: it stands still until the test advances it. Best for threads that wait for each
     * other.
     */
    MANUAL,
    /**
     * {@link TestClock#virtual()}: the virtual time of a coroutine test, in Kotlin {@code kernel.runTest { }} of {@code
     * nfkit-testkit-coroutines}. It stands still before and after that.
     */
    VIRTUAL,
    /** {@link TestClock#real()}: it runs as the machine's. */
    REAL;

    TestClock clock() {
        return switch (this) {
            case AUTOMATIC -> TestClock.automatic();
            case MANUAL -> TestClock.manual();
            case VIRTUAL -> TestClock.virtual();
            case REAL -> TestClock.real();
        };
    }
}
