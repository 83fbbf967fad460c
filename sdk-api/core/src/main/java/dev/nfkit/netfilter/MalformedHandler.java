// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import dev.nfkit.MalformedMessageException;

/**
 * Receives reports of bytes that cannot be read. They are counted in any case, and the session continues after them.
 */
@FunctionalInterface
public interface MalformedHandler {
    /**
     * Reports malformed bytes. Called on the polling thread.
     *
     * @param problem the error and its place
     * @throws MalformedMessageException to make the poll in progress fail; the next poll continues after these bytes
     */
    void malformed(MalformedMessageException problem) throws MalformedMessageException;
}
