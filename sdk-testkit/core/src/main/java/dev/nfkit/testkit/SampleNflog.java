package dev.nfkit.testkit;

import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A packet as NFLOG sends it: a builder of {@code NFULNL_MSG_PACKET} messages. Attributes that are not set are absent,
 * except for family, hook and hardware protocol, which every packet has. Not safe for several threads.
 *
 * <pre>{@code
 * byte[] datagram = SampleNflog.of(SamplePackets.udp4()).group(30).prefix("in: ").mark(7).toDatagram();
 * }</pre>
 *
 * <p>Attributes have the kernel's codes and are written in the kernel's order ({@code __build_packet_message} in {@code
 * net/netfilter/nfnetlink_log.c}).
 */
public final class SampleNflog extends SamplePacket<SampleNflog> {
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
    private OptionalInt size = OptionalInt.empty();
    private int queueThreshold;

    private SampleNflog() {
        super(NflogAttribute.SCHEMA);
    }

    @Override
    SampleNflog self() {
        return this;
    }

    /**
     * Creates a packet with a payload. Family and hardware protocol follow from its first four bits.
     *
     * @param payload an IP packet, or arbitrary bytes
     * @return a new builder
     */
    public static SampleNflog of(byte... payload) {
        return new SampleNflog().carrying(payload);
    }

    private SampleNflog be16(int code, int value) {
        return put(code, (byte) (value >> 8), (byte) value);
    }

    /**
     * Sets the group.
     *
     * @param group 0 to 65535
     * @return this builder
     */
    public SampleNflog group(int group) {
        this.group = group;
        return this;
    }

    /**
     * Sets the prefix, and terminates it with NUL.
     *
     * @param text the text
     * @return this builder
     */
    public SampleNflog prefix(String text) {
        return put(10, (text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets the sequence number of the group.
     *
     * @param number 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog sequence(long number) {
        return be32(SEQ, number);
    }

    /**
     * Sets the sequence number of all groups.
     *
     * @param number 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog globalSequence(long number) {
        return be32(SEQ_GLOBAL, number);
    }

    /**
     * Sets type, length and bytes of the hardware header.
     *
     * @param type {@code ARPHRD_*}, such as 1 for Ethernet
     * @param bytes the header
     * @return this builder
     */
    public SampleNflog hardwareHeader(int type, byte... bytes) {
        return be16(15, type).be16(17, bytes.length).put(16, bytes);
    }

    /**
     * Sets the rule's own threshold ({@code --nflog-threshold}), which the model of NFLOG applies. It is not on the
     * wire.
     *
     * @param packets 1 and more, or 0 for none
     * @return this builder
     */
    public SampleNflog ruleThreshold(int packets) {
        queueThreshold = packets;
        return this;
    }

    /**
     * Sets the maximum number of bytes that the rule copies of a packet ({@code --nflog-size}). The model of NFLOG
     * applies it if it is less than the group's copy range. It is not on the wire.
     *
     * @param bytes 0 and more
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public SampleNflog ruleSize(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("size " + bytes + " is negative");
        }
        size = OptionalInt.of(bytes);
        return this;
    }

    OptionalInt ruleSize() {
        return size;
    }

    /**
     * The space that the kernel computes for the message before it writes it ({@code nfulnl_log_packet}). It includes
     * everything that may be present, such as a mark and, with bridges built in, four devices.
     */
    int reckonedSize(int copied, boolean numbered, boolean globallyNumbered) {
        int size = ALWAYS_RECKONED;
        for (int code : RECKONED_AS_THEY_ARE) {
            size += attributes.value(code).map(value -> space(value.length())).orElse(0);
        }
        size += numbered ? space(4) : 0;
        size += globallyNumbered ? space(4) : 0;
        return size + (copied > 0 ? space(copied) : 0);
    }

    private static int space(int length) {
        return Netlink.NLA_HDRLEN + Netlink.align(length);
    }

    int group() {
        return group;
    }

    int ruleThreshold() {
        return queueThreshold;
    }

    @Override
    public MessageWriter write(MessageWriter writer) {
        return write(writer, group, payload.length, OptionalLong.empty(), OptionalLong.empty());
    }

    /** Appends the message as a group of a model writes it. */
    MessageWriter write(
            MessageWriter writer, int toGroup, int copied, OptionalLong sequence, OptionalLong globalSequence) {
        writer.begin(NflogConfig.NFULNL_MSG_PACKET, 0, 0).nfgenmsg(family.number(), toGroup);
        byte[] packetHeader = {(byte) (hwProtocol >> 8), (byte) hwProtocol, (byte) hook, 0};
        return write(writer, packetHeader, ORDER, copied, code -> {
            if (code == SEQ && sequence.isPresent()) {
                writer.be32(SEQ, sequence.getAsLong());
            } else if (code == SEQ_GLOBAL && globalSequence.isPresent()) {
                writer.be32(SEQ_GLOBAL, globalSequence.getAsLong());
            } else {
                attributes.write(writer, code);
            }
        });
    }
}
