// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.nio.ByteBuffer;

/** Sends messages, and waits a bounded time only. One thread at a time. */
interface Sender extends AutoCloseable {
    /**
     * Sends one message.
     *
     * @return whether it was sent
     */
    boolean send(ByteBuffer message);

    /** Whether a new transport session has begun since the last call. It makes one if there is none. */
    boolean isRenewed();

    /** The number of messages that the collector's host refused after they were sent. */
    long refused();

    /** The number of sessions. */
    long connections();

    @Override
    void close();
}
