// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.time.Duration;

/** One kind of load on one kind of session. It may run any number of times, sequentially. */
public interface Scenario {
    /**
     * Returns the name that is printed.
     *
     * @return a few words
     */
    String name();

    /**
     * Runs the load in the network namespace of this process, and counts the packets.
     *
     * @param time about how long to send; waiting for the end takes additional time
     * @return what was sent, delivered and lost
     * @throws SkippedException if the kernel lacks what the scenario needs
     * @throws Exception if the load cannot be run, or a packet is not what was sent
     */
    Balance run(Duration time) throws Exception;

    /** Thrown if the kernel lacks what a scenario needs. */
    final class SkippedException extends Exception {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param reason what is missing
         */
        public SkippedException(String reason) {
            super(reason);
        }
    }
}
