// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** What {@link Ct} reads and sets ({@code enum nft_ct_keys}), in the order of their numbers from 0. */
public enum CtKey {
    /** The state as a bit mask: 4 bytes, host order. */
    STATE("state"),
    /** The packet's direction: 1 byte. */
    DIRECTION("direction"),
    /** The status as a bit mask ({@code IPS_*}): 4 bytes, host order. */
    STATUS("status"),
    /** The mark: 4 bytes, host order. */
    MARK("mark"),
    /** The security mark: 4 bytes, host order. */
    SECMARK("secmark"),
    /** The remaining lifetime in milliseconds: 4 bytes, host order. */
    EXPIRATION("expiration"),
    /** The name of the helper: 16 bytes. */
    HELPER("helper"),
    /** The family ({@code NFPROTO_*}): 1 byte. */
    L3PROTOCOL("l3protocol"),
    /** The source address; needs a direction. */
    SRC("src"),
    /** The destination address; needs a direction. */
    DST("dst"),
    /** The transport protocol: 1 byte; needs a direction. */
    PROTOCOL("protocol"),
    /** The source port: 2 bytes, big-endian; needs a direction. */
    PROTO_SRC("proto_src"),
    /** The destination port: 2 bytes, big-endian; needs a direction. */
    PROTO_DST("proto_dst"),
    /** The labels: 16 bytes. */
    LABELS("label"),
    /** Packets: 8 bytes, host order; of a direction or of both. */
    PKTS("packets"),
    /** Bytes: 8 bytes, host order; of a direction or of both. */
    BYTES("bytes"),
    /** Bytes of a packet on average: 8 bytes, host order; of a direction or of both. */
    AVGPKT("avgpkt"),
    /** The zone: 2 bytes, host order; of a direction or of both. */
    ZONE("zone"),
    /** The events to report as a bit mask: 4 bytes, host order. */
    EVENTMASK("event"),
    /** The IPv4 source address: 4 bytes; needs a direction. */
    SRC_IP("src_ip"),
    /** The IPv4 destination address: 4 bytes; needs a direction. */
    DST_IP("dst_ip"),
    /** The IPv6 source address: 16 bytes; needs a direction. */
    SRC_IP6("src_ip6"),
    /** The IPv6 destination address: 16 bytes; needs a direction. */
    DST_IP6("dst_ip6"),
    /** The id of the entry: 4 bytes. This libnftnl has no word for it. */
    ID("unknown");

    private final String word;

    CtKey(String word) {
        this.word = word;
    }

    /**
     * libnftnl's name of it.
     *
     * @return the word in the text
     */
    public String word() {
        return word;
    }
}
