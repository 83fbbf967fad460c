package dev.nfkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.PrintableText;
import dev.nfkit.socket.KernelView;
import java.util.LinkedHashMap;
import java.util.Map;

/** The namespace's loggers that a session has claimed, and what stood there before. */
final class Loggers {
    private static final String OURS = "nfnetlink_log";

    private final KernelView kernel;
    private final Map<AddressFamily, String> before = new LinkedHashMap<>();

    Loggers(KernelView kernel) {
        this.kernel = kernel;
    }

    /** Notes what stands before a claim. Reading first means that what can't be put back isn't claimed. */
    void note(AddressFamily family) throws NetlinkException {
        before.put(family, kernel.logger(family));
    }

    /** Puts back what stood before, where nobody has changed it since. */
    void restore() {
        for (Map.Entry<AddressFamily, String> entry : before.entrySet()) {
            try {
                if (kernel.logger(entry.getKey()).equals(OURS)
                        && !entry.getValue().equals(OURS)) {
                    kernel.logger(entry.getKey(), entry.getValue());
                }
            } catch (NetlinkException e) {
                System.getLogger(NflogSession.class.getName())
                        .log(
                                System.Logger.Level.WARNING,
                                "the logger of " + entry.getKey() + " was " + PrintableText.of(entry.getValue())
                                        + " before this session and could not be put back",
                                e);
            }
        }
        before.clear();
    }
}
