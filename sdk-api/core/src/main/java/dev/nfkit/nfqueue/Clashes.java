package dev.nfkit.nfqueue;

import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.socket.KernelView;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counts the packets that connection tracking has dropped in the session's network namespace since the session was opened,
 * because another packet of the same connection had brought its entry into the table before. It looks at the kernel's
 * counters only when it is asked, and once at the end.
 */
final class Clashes {
    private final KernelView kernel;
    private volatile @Nullable ConntrackDrops before;
    private volatile long last = -1;

    Clashes(KernelView kernel) {
        this.kernel = kernel;
    }

    /** The session is open: what is dropped from now on may be its packets. */
    void begin() {
        before = kernel.conntrackDrops().orElse(null);
    }

    /** The count; after the end as it was then. 0 if the kernel does not tell. */
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

    /** Keeps the count: what is dropped from now on is not the session's. */
    void remember() {
        if (last < 0) {
            last = read();
        }
    }
}
