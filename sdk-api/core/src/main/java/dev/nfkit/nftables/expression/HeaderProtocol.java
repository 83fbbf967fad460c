// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/** A protocol whose header has fields that rules read. */
public enum HeaderProtocol {
    /** Ethernet. */
    ETHER("ether", PayloadBase.LINK),
    /** A VLAN tag after the Ethernet addresses. */
    VLAN("vlan", PayloadBase.LINK),
    /** ARP. */
    ARP("arp", PayloadBase.NETWORK),
    /** IPv4. */
    IP("ip", PayloadBase.NETWORK),
    /** ICMP. */
    ICMP("icmp", PayloadBase.TRANSPORT),
    /** IGMP. */
    IGMP("igmp", PayloadBase.TRANSPORT),
    /** IPv6. */
    IP6("ip6", PayloadBase.NETWORK),
    /** ICMPv6. */
    ICMPV6("icmpv6", PayloadBase.TRANSPORT),
    /** The authentication header. */
    AH("ah", PayloadBase.TRANSPORT),
    /** Encapsulating security payload. */
    ESP("esp", PayloadBase.TRANSPORT),
    /** IP payload compression. */
    COMP("comp", PayloadBase.TRANSPORT),
    /** UDP. */
    UDP("udp", PayloadBase.TRANSPORT),
    /** UDP-Lite. */
    UDPLITE("udplite", PayloadBase.TRANSPORT),
    /** TCP. */
    TCP("tcp", PayloadBase.TRANSPORT),
    /** DCCP. */
    DCCP("dccp", PayloadBase.TRANSPORT),
    /** SCTP. */
    SCTP("sctp", PayloadBase.TRANSPORT),
    /** The ports of any transport protocol. */
    TH("th", PayloadBase.TRANSPORT);

    private final String text;
    private final PayloadBase base;

    HeaderProtocol(String text, PayloadBase base) {
        this.text = text;
        this.base = base;
    }

    /**
     * nft's name of the protocol.
     *
     * @return a name such as {@code tcp}
     */
    public String text() {
        return text;
    }

    /**
     * The layer that the header is in.
     *
     * @return the layer, whose start offsets count from
     */
    public PayloadBase base() {
        return base;
    }
}
