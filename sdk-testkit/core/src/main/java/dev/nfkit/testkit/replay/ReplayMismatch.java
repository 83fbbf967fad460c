// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

/** A sent message differs from the recorded one; the message shows both. */
public final class ReplayMismatch extends AssertionError {
    private static final long serialVersionUID = 1L;

    ReplayMismatch(String message) {
        super(message);
    }
}
