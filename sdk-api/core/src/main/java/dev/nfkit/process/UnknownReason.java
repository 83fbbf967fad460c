// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.util.Locale;

/** Why the process of a connection or packet is unknown. Later versions may have more. */
public enum UnknownReason {
    /**
     * An end is an address of this network namespace, but it has no socket, or one that no process has any more: the
     * socket was closed or its process ended before the question, or there was none, as for a refused connection.
     */
    ENDED,
    /** Neither end is an address of this network namespace: the connection passes through it. */
    FORWARDED,
    /** The socket is there and all processes could be searched, but none has it: it is one of the kernel itself. */
    KERNEL,
    /**
     * The socket is there, but descriptors of other processes must not be read. This needs {@code CAP_SYS_PTRACE}, and
     * with the option {@code hidepid} of {@code /proc} (proc(5)) that of its user namespace.
     */
    NO_PERMISSION,
    /**
     * The socket is there, but none of the processes that are visible here has it, and this process is in a pid
     * namespace that does not show all: a container that shares the host's network. Run outside, or with the host's
     * pid namespace.
     */
    OTHER_PID_NAMESPACE,
    /** The search was given up at its limit of descriptors. */
    LIMIT,
    /** The protocol is neither TCP nor UDP, so its sockets are not searched; or the tuple has no ports. */
    OTHER_PROTOCOL,
    /** There was no search, because the application did not want one. */
    NOT_ASKED,
    /** A request failed, or the resolver is closed; the log has the error. */
    FAILED;

    private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /**
     * The reason's name in texts and JSON. It does not change.
     *
     * @return such as {@code no-permission}
     */
    public String code() {
        return code;
    }
}
