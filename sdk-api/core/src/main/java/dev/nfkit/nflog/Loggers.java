package dev.nfkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.PrintableText;
import dev.nfkit.channel.Failures;
import dev.nfkit.channel.SessionLog;
import dev.nfkit.socket.KernelView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The namespace's loggers that a session has claimed, and what stood there before. */
final class Loggers {
    private static final String OURS = "nfnetlink_log";

    private final KernelView kernel;
    private final Map<AddressFamily, String> before = new LinkedHashMap<>();
    private Optional<String> namespaceId = Optional.empty();

    Loggers(KernelView kernel) {
        this.kernel = kernel;
    }

    /** Notes what stands before a claim. Reading first means that what can't be put back isn't claimed. */
    void note(AddressFamily family) throws NetlinkException {
        namespaceId = kernel.namespaceId();
        before.put(family, kernel.logger(family));
    }

    /**
     * Puts back what stood before, where it was not changed since, in the namespace of the session only: the process by
     * which that is named may have ended, and another may have its pid. No other namespace has the id as long as the socket
     * is open. So the session calls this before it closes its socket, and afterwards only if it came to no orderly end.
     * One family that fails does not keep the others from being put back.
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
                        + " before this session and could not be put back: " + why,
                cause);
    }
}
