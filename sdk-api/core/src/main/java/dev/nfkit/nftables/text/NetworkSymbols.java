// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/** Names of the network layer: protocols, service classes, routes, mobility headers, IGMP. */
final class NetworkSymbols {
    /** By {@code /etc/protocols}, as nft prints them; the names that only nft has are the last ones. */
    static final SymbolTable PROTOCOL =
            SymbolTable.of("ip=0 icmp=1 igmp=2 ggp=3 ipencap=4 st=5 tcp=6 egp=8 igp=9 pup=12"
                    + " udp=17 hmp=20 xns-idp=22 rdp=27 iso-tp4=29 dccp=33 xtp=36 ddp=37 idpr-cmtp=38 ipv6=41 ipv6-route=43"
                    + " ipv6-frag=44 idrp=45 rsvp=46 gre=47 esp=50 ah=51 skip=57 ipv6-icmp=58 ipv6-nonxt=59 ipv6-opts=60"
                    + " rspf=73 vmtp=81 eigrp=88 ospf=89 ax.25=93 ipip=94 etherip=97 encap=98 pim=103 ipcomp=108 vrrp=112"
                    + " l2tp=115 isis=124 sctp=132 fc=133 mobility-header=135 udplite=136 mpls-in-ip=137 manet=138 hip=139"
                    + " shim6=140 wesp=141 rohc=142 ethernet=143 icmpv6=58 comp=108 hopopt=0");

    static final SymbolTable FAMILY = SymbolTable.of("ipv4=2 ipv6=10");
    static final SymbolTable DSCP = SymbolTable.of("cs0=0 cs1=8 cs2=0x10 cs3=0x18 cs4=0x20 cs5=0x28 cs6=0x30 cs7=0x38"
            + " df=0 be=0 lephb=1 af11=0x0a af12=0x0c af13=0x0e af21=0x12 af22=0x14 af23=0x16 af31=0x1a af32=0x1c"
            + " af33=0x1e af41=0x22 af42=0x24 af43=0x26 va=0x2c ef=0x2e");
    static final SymbolTable ECN = SymbolTable.of("not-ect=0 ect1=1 ect0=2 ce=3");
    static final SymbolTable ADDRESS_TYPE = SymbolTable.of(
            "unspec=0 unicast=1 local=2 broadcast=3 anycast=4 multicast=5" + " blackhole=6 unreachable=7 prohibit=8");
    static final SymbolTable REALM = SymbolTable.of("cosmos=0");
    static final SymbolTable PRIORITY = SymbolTable.of("none=0 root=0xffffffff");
    static final SymbolTable IGMP_TYPE = SymbolTable.of(
            "membership-query=17 membership-report-v1=18 membership-report-v2=22 membership-report-v3=34 leave-group=23");
    static final SymbolTable MOBILITY_TYPE = SymbolTable.of("binding-refresh-request=0 home-test-init=1"
            + " careof-test-init=2 home-test=3 careof-test=4 binding-update=5 binding-acknowledgement=6 binding-error=7"
            + " fast-binding-update=8 fast-binding-acknowledgement=9 fast-binding-advertisement=10"
            + " experimental-mobility-header=11 home-agent-switch-message=12");

    private NetworkSymbols() {}
}
