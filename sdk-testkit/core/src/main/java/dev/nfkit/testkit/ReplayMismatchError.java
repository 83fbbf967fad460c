// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

/** A sent message differs from the recorded one. The error's message shows both, attribute by attribute. */
public final class ReplayMismatchError extends AssertionError {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the text with both messages
     */
    ReplayMismatchError(String message) {
        super(message);
    }
}
