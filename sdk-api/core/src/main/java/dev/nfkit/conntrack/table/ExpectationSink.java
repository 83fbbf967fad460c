// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.conntrack.ConntrackExpectation;

/**
 * Takes the expectations of a dump.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface ExpectationSink<E extends Exception> {
    /**
     * Takes one expectation.
     *
     * @param expectation the expectation, which may be kept
     * @throws E as the application requires; it propagates out of the dump, whose rest is discarded
     */
    void expectation(ConntrackExpectation expectation) throws E;
}
