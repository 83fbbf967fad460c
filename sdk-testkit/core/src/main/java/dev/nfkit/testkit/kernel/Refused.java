// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import org.jspecify.annotations.Nullable;

/** Thrown if a model of the kernel refuses a request. */
@SuppressWarnings("serial") // never leaves the thread that threw it
public final class Refused extends Exception {
    static final int NO_OFFSET = -1;
    /** The text of netlink's policies for a bad attribute ({@code validate_nla}). */
    private static final String POLICY = "Attribute failed policy validation";

    private final Errno errno;
    private final @Nullable String words;
    private final int offset;

    public Refused(Errno errno) {
        this(errno, null, NO_OFFSET);
    }

    public Refused(Errno errno, @Nullable String words, int offset) {
        super(errno.name(), null, false, false);
        this.errno = errno;
        this.words = words;
        this.offset = offset;
    }

    /** Creates a refusal by the policy of the message's attributes, with the position. */
    public static Refused byPolicy(Errno errno, int offset) {
        return new Refused(errno, POLICY, offset);
    }

    /** Throws a refusal if there is an error. */
    public static void throwIf(@Nullable Errno errno) throws Refused {
        if (errno != null) {
            throw new Refused(errno);
        }
    }

    /** The error number. */
    public Errno errno() {
        return errno;
    }

    /** The kernel's text, or null. */
    @Nullable
    String words() {
        return words;
    }

    /** The offset of the attribute in the request, or NO_OFFSET. */
    int offset() {
        return offset;
    }
}
