// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The contents of a packet of NFLOG. They are written in the kernel's order ({@code __build_packet_message} in {@code
 * net/netfilter/nfnetlink_log.c}).
 */
public final class NflogContents extends PacketContents {
    // The codes are repeated from linux/netfilter/nfnetlink_log.h on purpose: a wrong code in the core's enum shows.
    private static final int SEQ = 12;
    private static final int SEQ_GLOBAL = 13;
    /** The kernel's order of attributes between the packet header and the payload. */
    private static final int[] ORDER = {10, 4, 6, 5, 7, 2, 8, 15, 17, 16, 3, 11, 14, 12, 13, 18, 19, 20, 21};

    /**
     * Header and nfgenmsg, packet header, four devices, mark, uid, gid, hardware address, timestamp, and the end of a
     * batch (for which kernels before 2025 counted only 8 bytes).
     */
    private static final int ALWAYS_RECKONED = 20 + 8 + 4 * 8 + 3 * 8 + 16 + 20 + 20;
    /** Prefix, the hardware header with its type and length, connection, tag and link-layer header. */
    private static final int[] RECKONED_AS_THEY_ARE = {10, 15, 16, 17, 18, 19, 20, 21};

    private int group;
    private OptionalInt ruleSize = OptionalInt.empty();
    private int ruleThreshold;

    /** Creates a packet without a payload. */
    public NflogContents() {
        super(NflogAttribute.SCHEMA);
    }

    /** The group. */
    public int group() {
        return group;
    }

    /** Sets the group, 0 to 65535. */
    public void group(int number) {
        group = number;
    }

    /** The maximum number of bytes that the rule copies, if it has one. */
    public OptionalInt ruleSize() {
        return ruleSize;
    }

    /** Sets the maximum number of bytes that the rule copies. */
    public void ruleSize(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("size " + bytes + " is negative");
        }
        ruleSize = OptionalInt.of(bytes);
    }

    /** The rule's own threshold, or 0. */
    public int ruleThreshold() {
        return ruleThreshold;
    }

    /** Sets the rule's own threshold, in packets; 0 for none. */
    public void ruleThreshold(int packets) {
        ruleThreshold = packets;
    }

    /**
     * The space that the kernel computes for the message before it writes it ({@code nfulnl_log_packet}). It includes
     * everything that may be present, such as a mark and, with bridges built in, four devices.
     */
    public int reckonedSize(int copied, boolean numbered, boolean globallyNumbered) {
        int size = ALWAYS_RECKONED;
        for (int code : RECKONED_AS_THEY_ARE) {
            size += attributes().value(code).map(value -> space(value.length())).orElse(0);
        }
        size += numbered ? space(4) : 0;
        size += globallyNumbered ? space(4) : 0;
        return size + (copied > 0 ? space(copied) : 0);
    }

    private static int space(int length) {
        return Netlink.NLA_HDRLEN + Netlink.align(length);
    }

    @Override
    public MessageWriter write(MessageWriter writer) {
        return write(writer, group, payloadLength(), OptionalLong.empty(), OptionalLong.empty());
    }

    /** Appends the message as a group of a model writes it. */
    public MessageWriter write(
            MessageWriter writer, int toGroup, int copied, OptionalLong sequence, OptionalLong globalSequence) {
        writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0).nfgenmsg(family().number(), toGroup);
        byte[] packetHeader = {(byte) (hwProtocol() >> 8), (byte) hwProtocol(), (byte) hook(), 0};
        return write(writer, packetHeader, ORDER, copied, code -> {
            if (code == SEQ && sequence.isPresent()) {
                writer.be32(SEQ, sequence.getAsLong());
            } else if (code == SEQ_GLOBAL && globalSequence.isPresent()) {
                writer.be32(SEQ_GLOBAL, globalSequence.getAsLong());
            } else {
                attributes().write(writer, code);
            }
        });
    }

    /** Ends a batch of a group. The end contains only the group's number. */
    public static MessageWriter done(MessageWriter writer, int group) {
        return writer.begin(Netlink.NLMSG_DONE, 0, 0).nfgenmsg(0, group).end();
    }
}
