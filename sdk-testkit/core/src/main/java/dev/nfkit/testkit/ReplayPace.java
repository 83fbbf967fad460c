package dev.nfkit.testkit;

/** When a replay gives what was received, besides that each datagram waits for the requests before it. */
public enum ReplayPace {
    /** At once, as fast as it is asked for: the default. */
    IMMEDIATE,
    /**
     * As recorded, by the transport's clock: as long after the request before it (or after the socket's first receive) as it
     * came then. A clock that jumps goes there at once, so that deadlines of the code under test pass as they did; one that
     * is real takes the time it took; one that is manual waits for {@link TestClock#advance}.
     */
    RECORDED,
    /**
     * Step by step: what was received unasked comes with {@link ReplayTransport#step()} only. Answers to requests come at
     * once.
     */
    STEPPED
}
