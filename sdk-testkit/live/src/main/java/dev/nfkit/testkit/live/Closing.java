// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import org.jspecify.annotations.Nullable;

/** Closes several things one after the other, whatever fails. The first failure is thrown at the end. */
final class Closing {
    private @Nullable RuntimeException first;

    Closing then(Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            if (first == null) {
                first = e;
            } else {
                first.addSuppressed(e);
            }
        }
        return this;
    }

    void end() {
        if (first != null) {
            throw first;
        }
    }
}
