// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.testkit.sample.NflogContents;
import java.nio.charset.StandardCharsets;

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
    private static final int SEQ = NflogAttribute.SEQ.code();
    private static final int SEQ_GLOBAL = NflogAttribute.SEQ_GLOBAL.code();

    private final NflogContents contents;

    private SampleNflog(NflogContents contents) {
        super(contents);
        this.contents = contents;
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
    public static SampleNflog of(byte[] payload) {
        NflogContents contents = new NflogContents();
        contents.carry(payload);
        return new SampleNflog(contents);
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
        contents.group(group);
        return this;
    }

    /**
     * Sets the prefix, and terminates it with NUL.
     *
     * @param text the text
     * @return this builder
     */
    public SampleNflog prefix(String text) {
        return put(NflogAttribute.PREFIX.code(), (text + "\0").getBytes(StandardCharsets.UTF_8));
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
        return be16(NflogAttribute.HWTYPE.code(), type)
                .be16(NflogAttribute.HWLEN.code(), bytes.length)
                .put(NflogAttribute.HWHEADER.code(), bytes);
    }

    /**
     * Sets the rule's own threshold ({@code --nflog-threshold}), which the model of NFLOG applies. It is not on the
     * wire.
     *
     * @param packets 1 and more, or 0 for none
     * @return this builder
     */
    public SampleNflog ruleThreshold(int packets) {
        contents.ruleThreshold(packets);
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
        contents.ruleSize(bytes);
        return this;
    }

    /** The contents, which the model of NFLOG reads. */
    NflogContents contents() {
        return contents;
    }
}
