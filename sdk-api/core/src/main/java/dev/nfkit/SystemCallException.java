// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A system call failed: opening a socket, sending, receiving, entering a namespace. */
public final class SystemCallException extends NetlinkException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final Errno errno;
    private final @Nullable String cure;

    /**
     * Describes a failed call.
     *
     * @param call the call and its purpose, such as {@code setns(/run/netns/blue)}
     * @param errno the error number that it set
     * @param cure a sentence on cause and cure, or null if none is known
     */
    public SystemCallException(String call, Errno errno, @Nullable String cure) {
        super(call + ": " + errno + (cure == null ? "" : ": " + cure));
        this.call = call;
        this.errno = errno;
        this.cure = cure == null ? null : PrintableText.of(cure);
    }

    /**
     * The call and its purpose.
     *
     * @return the call in words
     */
    public String call() {
        return call;
    }

    /**
     * The error number that the call set.
     *
     * @return the error number, positive
     */
    public Errno errno() {
        return errno;
    }

    /**
     * Cause and cure in one sentence.
     *
     * @return the sentence, or empty if none is known
     */
    public Optional<String> cure() {
        return Optional.ofNullable(cure);
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#SYSTEM_CALL}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.SYSTEM_CALL;
    }
}
