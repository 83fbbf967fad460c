package dev.nfkit.conntrack;

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
     * @throws E as the application wishes; it propagates out of the dump, whose rest is thrown away
     */
    void expectation(ConntrackExpectation expectation) throws E;
}
