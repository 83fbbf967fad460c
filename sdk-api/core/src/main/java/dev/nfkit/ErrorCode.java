// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.util.Locale;

/**
 * The codes of this library's errors. A code is stable: it stays the same when messages are reworded, so programs and
 * searches can use it. Each has a section in the troubleshooting page with cause and cure, to which {@link #link()} leads.
 *
 * <pre>{@code
 * catch (NetlinkException e) {
 *     log.error("{}: {} (see {})", e.code(), e.getMessage(), e.code().link());
 * }
 * }</pre>
 */
public enum ErrorCode {
    /** The process lacks {@code CAP_NET_ADMIN}. */
    NO_CAPABILITY("NFKIT-NO-CAPABILITY"),
    /** The process has {@code CAP_NET_ADMIN} in another user namespace than that of the network namespace. */
    OTHER_USER_NAMESPACE("NFKIT-OTHER-USER-NAMESPACE"),
    /** Another socket owns the group, queue or table. */
    OWNED("NFKIT-OWNED"),
    /** The running kernel lacks what was requested. */
    NOT_SUPPORTED("NFKIT-NOT-SUPPORTED"),
    /** What the request names does not exist. */
    NOT_FOUND("NFKIT-NOT-FOUND"),
    /** What the request would create exists. */
    EXISTS("NFKIT-EXISTS"),
    /** What the request would remove is still used. */
    IN_USE("NFKIT-IN-USE"),
    /** An interval overlaps one that is in the set. */
    OVERLAPS("NFKIT-OVERLAPS"),
    /** What the request names is of another type. */
    OTHER_TYPE("NFKIT-OTHER-TYPE"),
    /** The set is full. */
    SET_FULL("NFKIT-SET-FULL"),
    /** Another process changed the ruleset meanwhile. */
    RULESET_CHANGED("NFKIT-RULESET-CHANGED"),
    /** The kernel refused a request, and nothing beyond its error number is known. */
    REFUSED("NFKIT-REFUSED"),
    /** A system call failed. */
    SYSTEM_CALL("NFKIT-SYSTEM-CALL"),
    /** Bytes do not conform to the netlink protocol. */
    MALFORMED("NFKIT-MALFORMED"),
    /** A batch does not fit the send buffer. */
    BATCH_TOO_LARGE("NFKIT-BATCH-TOO-LARGE"),
    /** A change would remove a base chain, which the options forbid. */
    BASE_CHAIN("NFKIT-BASE-CHAIN"),
    /** Text of nftables cannot be read. */
    RULE_SYNTAX("NFKIT-RULE-SYNTAX"),
    /** A rule cannot work. */
    RULE_INVALID("NFKIT-RULE-INVALID"),
    /** A filter of packets cannot be read. */
    FILTER_SYNTAX("NFKIT-FILTER-SYNTAX"),
    /** A file is not a capture file, or is damaged. */
    FILE_FORMAT("NFKIT-FILE-FORMAT"),
    /** A packet cannot be edited so that it stays valid. */
    PACKET_EDIT("NFKIT-PACKET-EDIT");

    /** Where the page is; to be changed when it has an address of its own. */
    private static final String PAGE = "docs/TROUBLESHOOTING.md";

    private final String text;

    ErrorCode(String text) {
        this.text = text;
    }

    /**
     * The code as text, which never changes.
     *
     * @return a text such as {@code NFKIT-OWNED}: capital letters, and hyphens between words
     */
    public String text() {
        return text;
    }

    /**
     * Where the code is explained.
     *
     * @return a link such as {@code docs/TROUBLESHOOTING.md#nfkit-owned}, from the root of the repository
     */
    public String link() {
        return PAGE + "#" + text.toLowerCase(Locale.ROOT);
    }

    /**
     * The code.
     *
     * @return as {@link #text()}
     */
    @Override
    public String toString() {
        return text;
    }

    /** The text of an exception in a stack trace, followed by the code and its link. */
    String after(String exception) {
        return exception + " [" + text + ", " + link() + "]";
    }
}
