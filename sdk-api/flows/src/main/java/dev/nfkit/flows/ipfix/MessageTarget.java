// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.nio.ByteBuffer;

/**
 * Takes the messages of an {@link IpfixWriter}.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface MessageTarget<E extends Exception> {
    /**
     * Takes one message. The writer does not write it again if this throws.
     *
     * @param message the message, from position to limit; valid during the call
     * @param contents what it contains
     * @throws E as the application requires; it propagates out of the writer
     */
    void message(ByteBuffer message, Contents contents) throws E;

    /**
     * What a message contains.
     *
     * @param records data records, those of options too
     * @param packets packets of its flow records, by their deltas of both directions
     * @param octets bytes of its flow records, likewise
     */
    record Contents(int records, long packets, long octets) {}
}
