// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.PrintableText;
import dev.nfkit.session.Failures;
import dev.nfkit.session.SessionLog;
import dev.nfkit.socket.KernelView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The namespace's loggers that a session has claimed, and the loggers before. */
final class Loggers {
    private static final String OURS = "nfnetlink_log";

    private final KernelView kernel;
    private final Map<AddressFamily, String> before = new LinkedHashMap<>();
    private Optional<String> namespaceId = Optional.empty();

    Loggers(KernelView kernel) {
        this.kernel = kernel;
    }

    /** Records the logger before a claim. Because it is read first, a logger that cannot be restored is not claimed. */
    void note(AddressFamily family) throws NetlinkException {
        namespaceId = kernel.namespaceId();
        before.put(family, kernel.logger(family));
    }

    /**
     * Restores the previous loggers that were not changed since, only in the namespace of the session: the process that
     * names it may have ended, and another process may have its pid. No other namespace has the id as long as the
     * socket is open. Therefore the session calls this before it closes its socket, and afterwards only if it did not
     * end in order. The failure of one family does not affect the others.
     */
    void restore() {
        Throwable failure = null;
        for (Map.Entry<AddressFamily, String> entry : before.entrySet()) {
            AddressFamily family = entry.getKey();
            try {
                if (kernel.logger(family).equals(OURS)
                        && !entry.getValue().equals(OURS)
                        && !kernel.logger(family, entry.getValue(), namespaceId)) {
                    warn(entry, "the session's network namespace is no longer the one that its name leads to", null);
                }
            } catch (NetlinkException e) {
                warn(entry, String.valueOf(e.getMessage()), e);
            } catch (Throwable e) {
                failure = Failures.join(failure, e);
            }
        }
        before.clear();
        Failures.rethrow(failure);
    }

    private static void warn(Map.Entry<AddressFamily, String> entry, String why, @Nullable Throwable cause) {
        SessionLog.warn(
                NflogSession.class,
                "the logger of " + entry.getKey() + " was " + PrintableText.of(entry.getValue())
                        + " before this session and could not be restored: " + why,
                cause);
    }
}
