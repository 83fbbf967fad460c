// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/**
 * Logs the packet ({@code nft_log.c}): with a group to NFLOG, without one to the kernel's log.
 *
 * @param prefix text before it, up to 127 bytes, or null
 * @param group the group, 0 to 65535, or null
 * @param snaplen the copy range in bytes, 0 to 2³²−1, or null
 * @param threshold the number of packets of a datagram, 0 to 65535, or null
 * @param level {@code LOG_*} of syslog from 0 to 7, 8 for the audit log, or null
 * @param flags {@code NF_LOG_*}, or null
 */
public record Log(
        @Nullable String prefix,
        @Nullable Integer group,
        @Nullable Long snaplen,
        @Nullable Integer threshold,
        @Nullable Integer level,
        @Nullable Long flags)
        implements Instruction {
    /** {@code NF_LOG_TCPSEQ}: sequence numbers of TCP. */
    public static final long TCPSEQ = 1;
    /** {@code NF_LOG_TCPOPT}: options of TCP. */
    public static final long TCPOPT = 2;
    /** {@code NF_LOG_IPOPT}: options of IP. */
    public static final long IPOPT = 4;
    /** {@code NF_LOG_UID}: the user id of the socket. */
    public static final long UID = 8;
    /** {@code NF_LOG_MACDECODE}: the link-layer header. */
    public static final long MACDECODE = 0x20;

    /** {@code NFTA_LOG_GROUP}. */
    static final Attribute GROUP = Attribute.be16(1);
    /** {@code NFTA_LOG_PREFIX}. */
    static final Attribute PREFIX = Attribute.text(2);
    /** {@code NFTA_LOG_SNAPLEN}. */
    static final Attribute SNAPLEN = Attribute.be32(3);
    /** {@code NFTA_LOG_QTHRESHOLD}. */
    static final Attribute QTHRESHOLD = Attribute.be16(4);
    /** {@code NFTA_LOG_LEVEL}. */
    static final Attribute LEVEL = Attribute.be32(5);
    /** {@code NFTA_LOG_FLAGS}. */
    static final Attribute FLAGS = Attribute.be32(6);

    static final Format FORMAT = new Format("log", Log::read, GROUP, PREFIX, SNAPLEN, QTHRESHOLD, LEVEL, FLAGS);

    /** The largest level ({@code NFT_LOGLEVEL_AUDIT}). */
    private static final int AUDIT = 8;

    /** Checks the ranges. */
    public Log {
        if (prefix != null && prefix.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a prefix must not contain NUL");
        }
        Checks.range("group", group, 0, 0xffff);
        Checks.u32("snaplen", snaplen);
        Checks.range("threshold", threshold, 0, 0xffff);
        Checks.range("level", level, 0, AUDIT);
        Checks.u32("flags", flags);
    }

    private static Log read(AttributeValues in) {
        return new Log(
                in.textOrNull(PREFIX),
                in.smallOrNull(GROUP),
                in.numberOrNull(SNAPLEN),
                in.smallOrNull(QTHRESHOLD),
                in.smallOrNull(LEVEL),
                in.numberOrNull(FLAGS));
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(PREFIX, prefix).put(LEVEL, level).put(FLAGS, flags);
        to.put(GROUP, group).put(SNAPLEN, snaplen).put(QTHRESHOLD, threshold);
    }

    @Override
    public void print(TextLine line) {
        if (prefix != null) {
            line.text("prefix " + prefix);
        }
        Integer number = group;
        if (number != null) {
            line.number("group", number).number("snaplen", orZero(snaplen)).number("qthreshold", orZero(threshold));
            return;
        }
        line.number("level", level);
        printFlag(line, TCPSEQ, "tcpseq");
        printFlag(line, TCPOPT, "tcpopt");
        printFlag(line, IPOPT, "ipopt");
        printFlag(line, UID, "uid");
        printFlag(line, MACDECODE, "macdecode");
    }

    private void printFlag(TextLine line, long flag, String word) {
        Long bits = flags;
        if (bits != null && (bits & flag) != 0) {
            line.text(word);
        }
    }

    private static long orZero(@Nullable Number number) {
        return number == null ? 0 : number.longValue();
    }
}
