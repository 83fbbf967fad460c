// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

/** When a replay delivers the received datagrams. In any case, each datagram waits for the requests before it. */
public enum ReplayPace {
    /** At once, as fast as the code receives: the default. */
    IMMEDIATE,
    /**
     * As recorded, by the transport's clock: a datagram arrives as long after the request before it (or after the
     * socket's first receive) as in the recording. An automatic clock jumps there at once, so that deadlines of the
     * code under test pass as they did. A real clock takes the recorded time. A manual clock waits for {@link
     * TestClock#advance}.
     */
    RECORDED,
    /**
     * In steps: unsolicited datagrams arrive only after {@link ReplayTransport#step()}. Answers to requests arrive at
     * once.
     */
    STEPPED
}
