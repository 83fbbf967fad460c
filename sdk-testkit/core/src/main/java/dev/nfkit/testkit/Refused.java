package dev.nfkit.testkit;

import dev.nfkit.Errno;
import org.jspecify.annotations.Nullable;

/** A model of the kernel refuses a request. */
@SuppressWarnings("serial") // never leaves the thread that threw it
final class Refused extends Exception {
    static final int NO_OFFSET = -1;
    /** What netlink's policies say of an attribute ({@code validate_nla}). */
    private static final String POLICY = "Attribute failed policy validation";

    private final Errno errno;
    private final @Nullable String words;
    private final int offset;

    Refused(Errno errno) {
        this(errno, null, NO_OFFSET);
    }

    Refused(Errno errno, @Nullable String words, int offset) {
        super(errno.name(), null, false, false);
        this.errno = errno;
        this.words = words;
        this.offset = offset;
    }

    /** A refusal by the policy of the message's attributes, which names the place. */
    static Refused byPolicy(Errno errno, int offset) {
        return new Refused(errno, POLICY, offset);
    }

    Errno errno() {
        return errno;
    }

    /** The kernel's own words, or null. */
    @Nullable
    String words() {
        return words;
    }

    /** Where in the request the attribute stands, or NO_OFFSET. */
    int offset() {
        return offset;
    }
}
