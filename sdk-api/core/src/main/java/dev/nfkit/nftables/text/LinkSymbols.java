// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/** Names of the link layer: Ethernet's protocols, ARP's operations, kinds of devices, kinds of destinations. */
final class LinkSymbols {
    static final SymbolTable ETHER_TYPE =
            SymbolTable.of("ip=0x0800 arp=0x0806 ip6=0x86dd 8021q=0x8100 8021ad=0x88a8 vlan=0x8100");
    static final SymbolTable ARP_OPERATION =
            SymbolTable.of("request=1 reply=2 rrequest=3 rreply=4 inrequest=8 inreply=9 nak=10");
    static final SymbolTable DEVICE_TYPE =
            SymbolTable.of("ether=1 ppp=512 ipip=768 ipip6=769 loopback=772 sit=776 ipgre=778");
    static final SymbolTable PACKET_TYPE = SymbolTable.of("host=0 unicast=0 broadcast=1 multicast=2 other=3");
    static final SymbolTable DEVICE_GROUP = SymbolTable.of("default=0");

    private LinkSymbols() {}
}
