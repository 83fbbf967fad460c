// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/**
 * Takes objects of the ruleset as they are listed.
 *
 * @param <T> the kind of objects
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface ObjectSink<T, E extends Exception> {
    /**
     * Takes one object.
     *
     * @param object the object, which the sink may keep
     * @throws E as the application requires; it propagates out of the listing, whose rest is discarded
     */
    void object(T object) throws E;
}
