// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.socket.KernelView;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counts the packets that connection tracking has dropped in the session's network namespace since the session was
 * opened, because the table already held the entry of another packet of the same connection. It reads the kernel's
 * counters only on request, and once at the end.
 */
final class Clashes {
    private final KernelView kernel;
    private volatile @Nullable ConntrackDrops before;
    private volatile long last = -1;

    Clashes(KernelView kernel) {
        this.kernel = kernel;
    }

    /** The session is open: packets dropped from now on may belong to it. */
    void begin() {
        before = kernel.conntrackDrops().orElse(null);
    }

    /** The count; after the end, that of the end. 0 if the kernel does not report it. */
    long count() {
        long known = last;
        return known >= 0 ? known : read();
    }

    private long read() {
        ConntrackDrops opening = before;
        if (opening == null) {
            return 0;
        }
        Optional<ConntrackDrops> now = kernel.conntrackDrops();
        return now.isPresent() ? now.get().clashesSince(opening) : 0;
    }

    /** Fixes the count: packets dropped from now on do not belong to the session. */
    void remember() {
        if (last < 0) {
            last = read();
        }
    }
}
