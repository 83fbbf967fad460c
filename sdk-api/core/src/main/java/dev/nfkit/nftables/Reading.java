// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;

/**
 * Reads several parts of the ruleset that belong together.
 *
 * @param <R> the result
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface Reading<R, E extends Exception> {
    /**
     * Reads the parts. It is repeated if the ruleset changes meanwhile, so it must begin anew each time.
     *
     * @param listing reads the ruleset
     * @param generation the state of the ruleset that is read
     * @return the result
     * @throws NetlinkException as the listing throws
     * @throws E as the application requires
     */
    R read(Listing listing, Generation generation) throws NetlinkException, E;
}
