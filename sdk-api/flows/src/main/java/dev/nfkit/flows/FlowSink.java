// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/**
 * Takes reports.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface FlowSink<E extends Exception> {
    /**
     * Takes one report. If it throws, the same report is delivered again, first, by the next poll.
     *
     * @param report the report; it may be kept
     * @throws E as the application requires; it propagates out of poll or run
     */
    void report(FlowReport report) throws E;
}
