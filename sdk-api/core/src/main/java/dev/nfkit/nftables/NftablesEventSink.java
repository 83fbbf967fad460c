// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/**
 * Takes events.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface NftablesEventSink<E extends Exception> {
    /**
     * Takes one event.
     *
     * @param event the event; immutable, it may be kept
     * @throws E as the application requires; it propagates out of poll or run, and the next poll delivers the next event
     */
    void event(NftablesEvent event) throws E;
}
