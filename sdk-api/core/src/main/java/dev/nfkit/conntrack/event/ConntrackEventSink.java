// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

/**
 * Takes events.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface ConntrackEventSink<E extends Exception> {
    /**
     * Takes one event.
     *
     * @param event the event, borrowed for the call; {@link ConntrackEvent#copy()} it to keep it
     * @throws E as the application requires; it propagates out of poll or run, and the next poll delivers the next
     *     event
     */
    void event(ConntrackEvent event) throws E;
}
