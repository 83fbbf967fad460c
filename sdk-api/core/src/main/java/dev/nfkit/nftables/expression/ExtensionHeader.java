// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * A header that a packet may have or not: an extension header of IPv6, an option of TCP or IPv4, a chunk of SCTP.
 *
 * <p>Follows {@code exthdr.c}, {@code tcpopt.c}, {@code ipopt.c} and {@code sctp_chunk.c} of nftables.
 */
public enum ExtensionHeader {
    /** {@code hbh}. */
    HBH(Family.IPV6, 0, "hbh"),
    /** {@code rt}. */
    RT(Family.IPV6, 43, "rt"),
    /** {@code rt0}. */
    RT0(Family.IPV6, 43, "rt0"),
    /** {@code rt2}. */
    RT2(Family.IPV6, 43, "rt2"),
    /** {@code srh}. */
    SRH(Family.IPV6, 43, "srh"),
    /** {@code frag}. */
    FRAG(Family.IPV6, 44, "frag"),
    /** {@code dst}. */
    DST(Family.IPV6, 60, "dst"),
    /** {@code mh}. */
    MH(Family.IPV6, 135, "mh"),
    /** {@code tcp option eol}. */
    TCP_EOL(Family.TCP, 0, "eol"),
    /** {@code tcp option nop}. */
    TCP_NOP(Family.TCP, 1, "nop"),
    /** {@code tcp option maxseg}. */
    TCP_MAXSEG(Family.TCP, 2, "maxseg"),
    /** {@code tcp option window}. */
    TCP_WINDOW(Family.TCP, 3, "window"),
    /** {@code tcp option sack-perm}. */
    TCP_SACK_PERM(Family.TCP, 4, "sack-perm"),
    /** {@code tcp option sack}. */
    TCP_SACK(Family.TCP, 5, "sack"),
    /** {@code tcp option sack1}. */
    TCP_SACK1(Family.TCP, 5, "sack1"),
    /** {@code tcp option sack2}. */
    TCP_SACK2(Family.TCP, 5, "sack2"),
    /** {@code tcp option sack3}. */
    TCP_SACK3(Family.TCP, 5, "sack3"),
    /** {@code tcp option timestamp}. */
    TCP_TIMESTAMP(Family.TCP, 8, "timestamp"),
    /** {@code tcp option md5sig}. */
    TCP_MD5SIG(Family.TCP, 19, "md5sig"),
    /** {@code tcp option mptcp}. */
    TCP_MPTCP(Family.TCP, 30, "mptcp"),
    /** {@code tcp option fastopen}. */
    TCP_FASTOPEN(Family.TCP, 34, "fastopen"),
    /** {@code ip option lsrr}. */
    IP_LSRR(Family.IPV4, 131, "lsrr"),
    /** {@code ip option rr}. */
    IP_RR(Family.IPV4, 7, "rr"),
    /** {@code ip option ssrr}. */
    IP_SSRR(Family.IPV4, 137, "ssrr"),
    /** {@code ip option ra}. */
    IP_RA(Family.IPV4, 148, "ra"),
    /** {@code sctp chunk data}. */
    SCTP_DATA(Family.SCTP, 0, "data"),
    /** {@code sctp chunk init}. */
    SCTP_INIT(Family.SCTP, 1, "init"),
    /** {@code sctp chunk init-ack}. */
    SCTP_INIT_ACK(Family.SCTP, 2, "init-ack"),
    /** {@code sctp chunk sack}. */
    SCTP_SACK(Family.SCTP, 3, "sack"),
    /** {@code sctp chunk heartbeat}. */
    SCTP_HEARTBEAT(Family.SCTP, 4, "heartbeat"),
    /** {@code sctp chunk heartbeat-ack}. */
    SCTP_HEARTBEAT_ACK(Family.SCTP, 5, "heartbeat-ack"),
    /** {@code sctp chunk abort}. */
    SCTP_ABORT(Family.SCTP, 6, "abort"),
    /** {@code sctp chunk shutdown}. */
    SCTP_SHUTDOWN(Family.SCTP, 7, "shutdown"),
    /** {@code sctp chunk shutdown-ack}. */
    SCTP_SHUTDOWN_ACK(Family.SCTP, 8, "shutdown-ack"),
    /** {@code sctp chunk error}. */
    SCTP_ERROR(Family.SCTP, 9, "error"),
    /** {@code sctp chunk cookie-echo}. */
    SCTP_COOKIE_ECHO(Family.SCTP, 10, "cookie-echo"),
    /** {@code sctp chunk cookie-ack}. */
    SCTP_COOKIE_ACK(Family.SCTP, 11, "cookie-ack"),
    /** {@code sctp chunk ecne}. */
    SCTP_ECNE(Family.SCTP, 12, "ecne"),
    /** {@code sctp chunk cwr}. */
    SCTP_CWR(Family.SCTP, 13, "cwr"),
    /** {@code sctp chunk shutdown-complete}. */
    SCTP_SHUTDOWN_COMPLETE(Family.SCTP, 14, "shutdown-complete"),
    /** {@code sctp chunk asconf-ack}. */
    SCTP_ASCONF_ACK(Family.SCTP, 128, "asconf-ack"),
    /** {@code sctp chunk forward-tsn}. */
    SCTP_FORWARD_TSN(Family.SCTP, 192, "forward-tsn"),
    /** {@code sctp chunk asconf}. */
    SCTP_ASCONF(Family.SCTP, 193, "asconf");

    /** What has the header ({@code NFT_EXTHDR_OP_*}): the constants' order is the kernel's. */
    public enum Family {
        /** An extension header of IPv6. */
        IPV6(""),
        /** An option of TCP. */
        TCP("tcp option "),
        /** An option of IPv4. */
        IPV4("ip option "),
        /** A chunk of SCTP. */
        SCTP("sctp chunk ");

        private final String prefix;

        Family(String prefix) {
            this.prefix = prefix;
        }

        /**
         * What nft writes before the header's name.
         *
         * @return text such as {@code "tcp option "}, or an empty text
         */
        public String prefix() {
            return prefix;
        }
    }

    private final Family family;
    private final int number;
    private final String text;

    ExtensionHeader(Family family, int number, String text) {
        this.family = family;
        this.number = number;
        this.text = text;
    }

    /**
     * What has the header.
     *
     * @return the family
     */
    public Family family() {
        return family;
    }

    /**
     * The number of the extension header, option or chunk.
     *
     * @return 0 to 255
     */
    public int number() {
        return number;
    }

    /**
     * nft's name.
     *
     * @return a name such as {@code maxseg}, without the family's prefix
     */
    public String text() {
        return text;
    }
}
