// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Logs the packet, to an NFLOG group or to the kernel's log.
 *
 * <pre>{@code
 * Log.group(30).prefix("web")
 * }</pre>
 *
 * <p>Follows {@code nft_log.c}.
 *
 * @param prefix text that is logged with the packet, at most 127 bytes without NUL
 * @param group the NFLOG group, 0 to 65535; if it is absent the packet is logged to the kernel's log
 * @param snaplen the number of bytes that are copied, 0 to 2³²−1; the group's own if absent
 * @param queueThreshold the number of packets that are delivered together, 0 to 65535; the group's own if absent
 * @param level the level in the kernel's log; the kernel's default if absent
 * @param flags what else is written to the kernel's log
 */
public record Log(
        Optional<String> prefix,
        OptionalInt group,
        OptionalLong snaplen,
        OptionalInt queueThreshold,
        Optional<Level> level,
        Set<Flag> flags)
        implements Statement {
    private static final int LARGEST = 65_535;
    private static final long LARGEST_SNAPLEN = 0xffff_ffffL;
    private static final int LONGEST_PREFIX = 127;

    /** A level of the kernel's log: the constants' order is the kernel's. */
    public enum Level {
        /** {@code emerg}. */
        EMERG,
        /** {@code alert}. */
        ALERT,
        /** {@code crit}. */
        CRIT,
        /** {@code err}. */
        ERR,
        /** {@code warn}. */
        WARN,
        /** {@code notice}. */
        NOTICE,
        /** {@code info}. */
        INFO,
        /** {@code debug}. */
        DEBUG,
        /** Not the kernel's log, but the audit system. */
        AUDIT
    }

    /** What is written to the kernel's log ({@code NF_LOG_*}): bit n is the nth constant. */
    public enum Flag {
        /** The sequence numbers of TCP. */
        TCP_SEQUENCE,
        /** The options of TCP. */
        TCP_OPTIONS,
        /** The options of IP. */
        IP_OPTIONS,
        /** The user id of the sender. */
        SKUID,
        /** Not used by the kernel any more. */
        NFLOG,
        /** The Ethernet addresses. */
        ETHER
    }

    /**
     * Copies the flags.
     *
     * @throws IllegalArgumentException if a number is out of range, or the prefix too long
     */
    public Log {
        flags = Set.copyOf(flags);
        if (prefix.isPresent() && prefix.get().getBytes(StandardCharsets.UTF_8).length > LONGEST_PREFIX) {
            throw new IllegalArgumentException("a prefix has at most " + LONGEST_PREFIX + " bytes");
        }
        if (prefix.isPresent() && prefix.get().indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a prefix has no NUL");
        }
        requireShort("group", group);
        requireShort("queueThreshold", queueThreshold);
        if (snaplen.isPresent() && (snaplen.getAsLong() < 0 || snaplen.getAsLong() > LARGEST_SNAPLEN)) {
            throw new IllegalArgumentException("snaplen " + snaplen.getAsLong() + " is out of 0 to " + LARGEST_SNAPLEN);
        }
    }

    private static void requireShort(String name, OptionalInt value) {
        if (value.isPresent() && (value.getAsInt() < 0 || value.getAsInt() > LARGEST)) {
            throw new IllegalArgumentException(name + " " + value.getAsInt() + " is out of 0 to " + LARGEST);
        }
    }

    /**
     * Logs to an NFLOG group.
     *
     * @param group 0 to 65535
     * @return the statement
     * @throws IllegalArgumentException if the group is out of range
     */
    public static Log group(int group) {
        return new Log(
                Optional.empty(),
                OptionalInt.of(group),
                OptionalLong.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Set.of());
    }

    /**
     * The statement with a prefix.
     *
     * @param prefix at most 127 bytes of UTF-8
     * @return a new statement
     * @throws IllegalArgumentException if the prefix is too long
     */
    public Log prefix(String prefix) {
        return new Log(Optional.of(prefix), group, snaplen, queueThreshold, level, flags);
    }
}
