package dev.nfkit.samples.benchmarks.soak;

import java.time.Duration;

/** One kind of load on one kind of session. It may be run any number of times, one after the other. */
public interface Scenario {
    /**
     * The name in the output.
     *
     * @return a few words
     */
    String name();

    /**
     * Runs the load in the network namespace of this process, and counts.
     *
     * @param time how long to send, about; the end is waited for after that
     * @return what was sent and where each of it is
     * @throws SkippedException if the kernel lacks what the scenario needs
     * @throws Exception if the load cannot be run, or a packet is not what was sent
     */
    Balance run(Duration time) throws Exception;

    /** The kernel lacks what a scenario needs. */
    final class SkippedException extends Exception {
        private static final long serialVersionUID = 1L;

        /**
         * A reason.
         *
         * @param reason what is missing
         */
        public SkippedException(String reason) {
            super(reason);
        }
    }
}
