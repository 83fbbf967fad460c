// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.io.Serial;

/** Thrown if a packet reaches what the fake kernel does not model. It names that, and the remedy if there is one. */
public final class NotModelled extends AssertionError {
    @Serial
    private static final long serialVersionUID = 1L;

    public NotModelled(String what) {
        super("FakeNetfilter does not model " + what);
    }
}
