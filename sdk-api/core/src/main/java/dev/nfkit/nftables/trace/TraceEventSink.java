// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

/**
 * Takes trace events.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface TraceEventSink<E extends Exception> {
    /**
     * Takes one event.
     *
     * @param event the event, borrowed for the call; {@link TraceEvent#copy()} it to keep it
     * @throws E as the application requires; it propagates out of poll or run, and the next poll delivers the next
     *     event
     */
    void event(TraceEvent event) throws E;
}
