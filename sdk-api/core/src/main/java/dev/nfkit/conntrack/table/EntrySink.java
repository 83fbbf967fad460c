// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.conntrack.ConntrackEntry;

/**
 * Takes the entries of a dump.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface EntrySink<E extends Exception> {
    /**
     * Takes one entry.
     *
     * @param entry the entry, borrowed for the call; {@link ConntrackEntry#copy()} it to keep it
     * @throws E as the application requires; it propagates out of the dump, whose rest is discarded
     */
    void entry(ConntrackEntry entry) throws E;
}
