// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import java.io.IOException;
import java.util.ArrayDeque;

/** What was opened so far, which is closed if a later one cannot be opened. */
final class Opened {
    private final ArrayDeque<AutoCloseable> open = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T resource) {
        open.push(resource);
        return resource;
    }

    void keep() {
        open.clear();
    }

    void close() throws IOException {
        IOException failure = null;
        for (AutoCloseable resource : open) {
            try {
                resource.close();
            } catch (Exception e) {
                failure = failure == null ? new IOException("close what was opened", e) : failure;
                failure.addSuppressed(e);
            }
        }
        open.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
