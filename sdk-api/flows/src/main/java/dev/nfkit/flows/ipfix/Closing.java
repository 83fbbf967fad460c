// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.io.Closeable;
import java.io.IOException;

/** Closes what has nothing left to lose. */
final class Closing {
    private Closing() {}

    static void quietly(Closeable channel) {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(Closing.class.getName()).log(System.Logger.Level.DEBUG, "close failed", e);
        }
    }
}
