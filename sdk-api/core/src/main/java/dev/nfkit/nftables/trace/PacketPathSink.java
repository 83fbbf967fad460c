// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

/**
 * Takes paths of packets.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface PacketPathSink<E extends Exception> {
    /**
     * Takes one path.
     *
     * @param path the path, which the sink may keep
     * @throws E as the application requires; it propagates out of poll or run, and the next poll delivers the next path
     */
    void path(PacketPath path) throws E;
}
