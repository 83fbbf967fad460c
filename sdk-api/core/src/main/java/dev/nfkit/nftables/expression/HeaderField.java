// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Arrays;
import java.util.List;

/**
 * A field of a header, such as {@code tcp dport}. A rule that reads one applies to packets with this header only.
 *
 * <p>Follows {@code proto.c} of nftables and the headers' own specifications.
 */
public enum HeaderField implements Selector {
    /** {@code ether daddr}. */
    ETHER_DADDR(HeaderProtocol.ETHER, "daddr", 0, 48, DataType.ETHER_ADDR),
    /** {@code ether saddr}. */
    ETHER_SADDR(HeaderProtocol.ETHER, "saddr", 48, 48, DataType.ETHER_ADDR),
    /** {@code ether type}. */
    ETHER_TYPE(HeaderProtocol.ETHER, "type", 96, 16, DataType.ETHER_TYPE),
    /** {@code vlan pcp}. */
    VLAN_PCP(HeaderProtocol.VLAN, "pcp", 112, 3, DataType.INTEGER),
    /** {@code vlan dei}. */
    VLAN_DEI(HeaderProtocol.VLAN, "dei", 115, 1, DataType.INTEGER),
    /** {@code vlan id}. */
    VLAN_ID(HeaderProtocol.VLAN, "id", 116, 12, DataType.INTEGER),
    /** {@code vlan type}. */
    VLAN_TYPE(HeaderProtocol.VLAN, "type", 128, 16, DataType.ETHER_TYPE),
    /** {@code arp htype}. */
    ARP_HTYPE(HeaderProtocol.ARP, "htype", 0, 16, DataType.INTEGER),
    /** {@code arp ptype}. */
    ARP_PTYPE(HeaderProtocol.ARP, "ptype", 16, 16, DataType.ETHER_TYPE),
    /** {@code arp hlen}. */
    ARP_HLEN(HeaderProtocol.ARP, "hlen", 32, 8, DataType.INTEGER),
    /** {@code arp plen}. */
    ARP_PLEN(HeaderProtocol.ARP, "plen", 40, 8, DataType.INTEGER),
    /** {@code arp operation}. */
    ARP_OPERATION(HeaderProtocol.ARP, "operation", 48, 16, DataType.ARP_OP),
    /** {@code arp saddr ether}. */
    ARP_SADDR_ETHER(HeaderProtocol.ARP, "saddr ether", 64, 48, DataType.ETHER_ADDR),
    /** {@code arp saddr ip}. */
    ARP_SADDR_IP(HeaderProtocol.ARP, "saddr ip", 112, 32, DataType.IPV4_ADDR),
    /** {@code arp daddr ether}. */
    ARP_DADDR_ETHER(HeaderProtocol.ARP, "daddr ether", 144, 48, DataType.ETHER_ADDR),
    /** {@code arp daddr ip}. */
    ARP_DADDR_IP(HeaderProtocol.ARP, "daddr ip", 192, 32, DataType.IPV4_ADDR),
    /** {@code ip version}. */
    IP_VERSION(HeaderProtocol.IP, "version", 0, 4, DataType.INTEGER),
    /** {@code ip hdrlength}. */
    IP_HDRLENGTH(HeaderProtocol.IP, "hdrlength", 4, 4, DataType.INTEGER),
    /** {@code ip dscp}. */
    IP_DSCP(HeaderProtocol.IP, "dscp", 8, 6, DataType.DSCP),
    /** {@code ip ecn}. */
    IP_ECN(HeaderProtocol.IP, "ecn", 14, 2, DataType.ECN),
    /** {@code ip length}. */
    IP_LENGTH(HeaderProtocol.IP, "length", 16, 16, DataType.INTEGER),
    /** {@code ip id}. */
    IP_ID(HeaderProtocol.IP, "id", 32, 16, DataType.INTEGER),
    /** {@code ip frag-off}. */
    IP_FRAG_OFF(HeaderProtocol.IP, "frag-off", 48, 16, DataType.INTEGER),
    /** {@code ip ttl}. */
    IP_TTL(HeaderProtocol.IP, "ttl", 64, 8, DataType.INTEGER),
    /** {@code ip protocol}. */
    IP_PROTOCOL(HeaderProtocol.IP, "protocol", 72, 8, DataType.INET_PROTO),
    /** {@code ip checksum}. */
    IP_CHECKSUM(HeaderProtocol.IP, "checksum", 80, 16, DataType.INTEGER),
    /** {@code ip saddr}. */
    IP_SADDR(HeaderProtocol.IP, "saddr", 96, 32, DataType.IPV4_ADDR),
    /** {@code ip daddr}. */
    IP_DADDR(HeaderProtocol.IP, "daddr", 128, 32, DataType.IPV4_ADDR),
    /** {@code icmp type}. */
    ICMP_TYPE(HeaderProtocol.ICMP, "type", 0, 8, DataType.ICMP_TYPE),
    /** {@code icmp code}. */
    ICMP_CODE(HeaderProtocol.ICMP, "code", 8, 8, DataType.ICMP_CODE),
    /** {@code icmp checksum}. */
    ICMP_CHECKSUM(HeaderProtocol.ICMP, "checksum", 16, 16, DataType.INTEGER),
    /** {@code icmp id}. */
    ICMP_ID(HeaderProtocol.ICMP, "id", 32, 16, DataType.INTEGER),
    /** {@code icmp sequence}. */
    ICMP_SEQUENCE(HeaderProtocol.ICMP, "sequence", 48, 16, DataType.INTEGER),
    /** {@code icmp gateway}. */
    ICMP_GATEWAY(HeaderProtocol.ICMP, "gateway", 32, 32, DataType.INTEGER),
    /** {@code icmp mtu}. */
    ICMP_MTU(HeaderProtocol.ICMP, "mtu", 48, 16, DataType.INTEGER),
    /** {@code igmp type}. */
    IGMP_TYPE(HeaderProtocol.IGMP, "type", 0, 8, DataType.IGMP_TYPE),
    /** {@code igmp mrt}. */
    IGMP_MRT(HeaderProtocol.IGMP, "mrt", 8, 8, DataType.INTEGER),
    /** {@code igmp checksum}. */
    IGMP_CHECKSUM(HeaderProtocol.IGMP, "checksum", 16, 16, DataType.INTEGER),
    /** {@code igmp group}. */
    IGMP_GROUP(HeaderProtocol.IGMP, "group", 32, 32, DataType.INTEGER),
    /** {@code ip6 version}. */
    IP6_VERSION(HeaderProtocol.IP6, "version", 0, 4, DataType.INTEGER),
    /** {@code ip6 dscp}. */
    IP6_DSCP(HeaderProtocol.IP6, "dscp", 4, 6, DataType.DSCP),
    /** {@code ip6 ecn}. */
    IP6_ECN(HeaderProtocol.IP6, "ecn", 10, 2, DataType.ECN),
    /** {@code ip6 flowlabel}. */
    IP6_FLOWLABEL(HeaderProtocol.IP6, "flowlabel", 12, 20, DataType.INTEGER),
    /** {@code ip6 length}. */
    IP6_LENGTH(HeaderProtocol.IP6, "length", 32, 16, DataType.INTEGER),
    /** {@code ip6 nexthdr}. */
    IP6_NEXTHDR(HeaderProtocol.IP6, "nexthdr", 48, 8, DataType.INET_PROTO),
    /** {@code ip6 hoplimit}. */
    IP6_HOPLIMIT(HeaderProtocol.IP6, "hoplimit", 56, 8, DataType.INTEGER),
    /** {@code ip6 saddr}. */
    IP6_SADDR(HeaderProtocol.IP6, "saddr", 64, 128, DataType.IPV6_ADDR),
    /** {@code ip6 daddr}. */
    IP6_DADDR(HeaderProtocol.IP6, "daddr", 192, 128, DataType.IPV6_ADDR),
    /** {@code icmpv6 type}. */
    ICMPV6_TYPE(HeaderProtocol.ICMPV6, "type", 0, 8, DataType.ICMPV6_TYPE),
    /** {@code icmpv6 code}. */
    ICMPV6_CODE(HeaderProtocol.ICMPV6, "code", 8, 8, DataType.ICMPV6_CODE),
    /** {@code icmpv6 checksum}. */
    ICMPV6_CHECKSUM(HeaderProtocol.ICMPV6, "checksum", 16, 16, DataType.INTEGER),
    /** {@code icmpv6 parameter-problem}. */
    ICMPV6_PARAMETER_PROBLEM(HeaderProtocol.ICMPV6, "parameter-problem", 32, 32, DataType.INTEGER),
    /** {@code icmpv6 mtu}. */
    ICMPV6_MTU(HeaderProtocol.ICMPV6, "mtu", 32, 32, DataType.INTEGER),
    /** {@code icmpv6 id}. */
    ICMPV6_ID(HeaderProtocol.ICMPV6, "id", 32, 16, DataType.INTEGER),
    /** {@code icmpv6 sequence}. */
    ICMPV6_SEQUENCE(HeaderProtocol.ICMPV6, "sequence", 48, 16, DataType.INTEGER),
    /** {@code icmpv6 max-delay}. */
    ICMPV6_MAX_DELAY(HeaderProtocol.ICMPV6, "max-delay", 32, 16, DataType.INTEGER),
    /** {@code icmpv6 taddr}. */
    ICMPV6_TADDR(HeaderProtocol.ICMPV6, "taddr", 64, 128, DataType.IPV6_ADDR),
    /** {@code icmpv6 daddr}. */
    ICMPV6_DADDR(HeaderProtocol.ICMPV6, "daddr", 192, 128, DataType.IPV6_ADDR),
    /** {@code ah nexthdr}. */
    AH_NEXTHDR(HeaderProtocol.AH, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code ah hdrlength}. */
    AH_HDRLENGTH(HeaderProtocol.AH, "hdrlength", 8, 8, DataType.INTEGER),
    /** {@code ah reserved}. */
    AH_RESERVED(HeaderProtocol.AH, "reserved", 16, 16, DataType.INTEGER),
    /** {@code ah spi}. */
    AH_SPI(HeaderProtocol.AH, "spi", 32, 32, DataType.INTEGER),
    /** {@code ah sequence}. */
    AH_SEQUENCE(HeaderProtocol.AH, "sequence", 64, 32, DataType.INTEGER),
    /** {@code esp spi}. */
    ESP_SPI(HeaderProtocol.ESP, "spi", 0, 32, DataType.INTEGER),
    /** {@code esp sequence}. */
    ESP_SEQUENCE(HeaderProtocol.ESP, "sequence", 32, 32, DataType.INTEGER),
    /** {@code comp nexthdr}. */
    COMP_NEXTHDR(HeaderProtocol.COMP, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code comp flags}. */
    COMP_FLAGS(HeaderProtocol.COMP, "flags", 8, 8, DataType.BITMASK),
    /** {@code comp cpi}. */
    COMP_CPI(HeaderProtocol.COMP, "cpi", 16, 16, DataType.INTEGER),
    /** {@code udp sport}. */
    UDP_SPORT(HeaderProtocol.UDP, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code udp dport}. */
    UDP_DPORT(HeaderProtocol.UDP, "dport", 16, 16, DataType.INET_SERVICE),
    /** {@code udp length}. */
    UDP_LENGTH(HeaderProtocol.UDP, "length", 32, 16, DataType.INTEGER),
    /** {@code udp checksum}. */
    UDP_CHECKSUM(HeaderProtocol.UDP, "checksum", 48, 16, DataType.INTEGER),
    /** {@code udplite sport}. */
    UDPLITE_SPORT(HeaderProtocol.UDPLITE, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code udplite dport}. */
    UDPLITE_DPORT(HeaderProtocol.UDPLITE, "dport", 16, 16, DataType.INET_SERVICE),
    /** {@code udplite csumcov}. */
    UDPLITE_CSUMCOV(HeaderProtocol.UDPLITE, "csumcov", 32, 16, DataType.INTEGER),
    /** {@code udplite checksum}. */
    UDPLITE_CHECKSUM(HeaderProtocol.UDPLITE, "checksum", 48, 16, DataType.INTEGER),
    /** {@code tcp sport}. */
    TCP_SPORT(HeaderProtocol.TCP, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code tcp dport}. */
    TCP_DPORT(HeaderProtocol.TCP, "dport", 16, 16, DataType.INET_SERVICE),
    /** {@code tcp sequence}. */
    TCP_SEQUENCE(HeaderProtocol.TCP, "sequence", 32, 32, DataType.INTEGER),
    /** {@code tcp ackseq}. */
    TCP_ACKSEQ(HeaderProtocol.TCP, "ackseq", 64, 32, DataType.INTEGER),
    /** {@code tcp doff}. */
    TCP_DOFF(HeaderProtocol.TCP, "doff", 96, 4, DataType.INTEGER),
    /** {@code tcp reserved}. */
    TCP_RESERVED(HeaderProtocol.TCP, "reserved", 100, 4, DataType.INTEGER),
    /** {@code tcp flags}. */
    TCP_FLAGS(HeaderProtocol.TCP, "flags", 104, 8, DataType.TCP_FLAG),
    /** {@code tcp window}. */
    TCP_WINDOW(HeaderProtocol.TCP, "window", 112, 16, DataType.INTEGER),
    /** {@code tcp checksum}. */
    TCP_CHECKSUM(HeaderProtocol.TCP, "checksum", 128, 16, DataType.INTEGER),
    /** {@code tcp urgptr}. */
    TCP_URGPTR(HeaderProtocol.TCP, "urgptr", 144, 16, DataType.INTEGER),
    /** {@code dccp sport}. */
    DCCP_SPORT(HeaderProtocol.DCCP, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code dccp dport}. */
    DCCP_DPORT(HeaderProtocol.DCCP, "dport", 16, 16, DataType.INET_SERVICE),
    /** {@code dccp type}. */
    DCCP_TYPE(HeaderProtocol.DCCP, "type", 67, 4, DataType.DCCP_PKTTYPE),
    /** {@code sctp sport}. */
    SCTP_SPORT(HeaderProtocol.SCTP, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code sctp dport}. */
    SCTP_DPORT(HeaderProtocol.SCTP, "dport", 16, 16, DataType.INET_SERVICE),
    /** {@code sctp vtag}. */
    SCTP_VTAG(HeaderProtocol.SCTP, "vtag", 32, 32, DataType.INTEGER),
    /** {@code sctp checksum}. */
    SCTP_CHECKSUM(HeaderProtocol.SCTP, "checksum", 64, 32, DataType.INTEGER),
    /** {@code th sport}. */
    TH_SPORT(HeaderProtocol.TH, "sport", 0, 16, DataType.INET_SERVICE),
    /** {@code th dport}. */
    TH_DPORT(HeaderProtocol.TH, "dport", 16, 16, DataType.INET_SERVICE);

    private final HeaderProtocol protocol;
    private final String text;
    private final int offset;
    private final int bits;
    private final DataType type;

    HeaderField(HeaderProtocol protocol, String text, int offset, int bits, DataType type) {
        this.protocol = protocol;
        this.text = text;
        this.offset = offset;
        this.bits = bits;
        this.type = type;
    }

    /**
     * The fields of a header.
     *
     * @param protocol the header's protocol
     * @return the fields, in the order of this enum
     */
    public static List<HeaderField> of(HeaderProtocol protocol) {
        return Arrays.stream(values())
                .filter(field -> field.protocol == protocol)
                .toList();
    }

    /**
     * The protocol whose header has the field.
     *
     * @return the protocol
     */
    public HeaderProtocol protocol() {
        return protocol;
    }

    /**
     * nft's name of the field.
     *
     * @return a name such as {@code dport} or {@code saddr ip}, without the protocol's
     */
    public String text() {
        return text;
    }

    /**
     * The place of the field.
     *
     * @return bits from the start of the protocol's layer ({@link HeaderProtocol#base()})
     */
    public int offset() {
        return offset;
    }

    @Override
    public int bits() {
        return bits;
    }

    @Override
    public DataType type() {
        return type;
    }
}
