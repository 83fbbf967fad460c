// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.io.IOException;

/**
 * A failure between a program and netfilter. There are four kinds: the kernel answered a request with an error ({@link
 * KernelRefusedException}), a system call failed ({@link SystemCallException}), bytes did not conform to the protocol
 * ({@link MalformedMessageException}), or a batch was too large to send ({@link BatchTooLargeException}).
 *
 * <p>A message looks like {@code bind NFLOG group 5: EPERM (Operation not permitted): port 4711 (ulogd, pid 812) owns
 * this group}: what was tried, what came back, and the cause and cure if they are known. {@link #code()} is the stable code
 * of the cause.
 */
public abstract sealed class NetlinkException extends IOException implements CodedError
        permits KernelRefusedException, SystemCallException, MalformedMessageException, BatchTooLargeException {
    private static final long serialVersionUID = 1L;

    NetlinkException(String message) {
        super(PrintableText.of(message)); // names of processes, devices and files may be in it
    }

    /**
     * The class, the message, and the code with its link, as in a stack trace.
     *
     * @return one line, or more if the message has more
     */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // callers show the code in their own way, apart from the message
    public String toString() {
        return code().after(super.toString());
    }
}
