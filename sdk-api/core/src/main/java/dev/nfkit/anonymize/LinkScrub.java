// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

/** Makes link-layer headers and ARP anonymous. */
final class LinkScrub {
    private static final int ETHERNET = 14;
    private static final int VLAN = 4;
    private static final int ARP = 28;
    /** The most bytes of a link-layer address in the attribute. */
    private static final int LONGEST = 8;

    private final Scrub scrub;

    LinkScrub(Scrub scrub) {
        this.scrub = scrub;
    }

    /** Replaces the addresses of an Ethernet header, with or without VLAN tags. Any other header becomes noise. */
    void header(Region header) {
        int end = ETHERNET;
        while (end <= header.length && isVlan(header.u16(end - 2))) {
            end += VLAN;
        }
        if (header.length != end) {
            header.noise(scrub, 0);
            return;
        }
        header.hardware(scrub, 0, 6);
        header.hardware(scrub, 6, 6);
    }

    private static boolean isVlan(int etherType) {
        return etherType == 0x8100 || etherType == 0x88a8;
    }

    /** {@code struct nfulnl_msg_packet_hw}, which NFQUEUE has too: be16 length, padding, 8 bytes. */
    void address(Region value) {
        int length = value.length < 12 ? -1 : value.u16(0);
        if (length < 0 || length > LONGEST) {
            value.zero(0);
            return;
        }
        value.zero(2, 2);
        value.hardware(scrub, 4, length);
        value.zero(4 + length);
    }

    /** Whether a payload is ARP for IPv4 over Ethernet (RFC 826). */
    static boolean isArp(Region payload) {
        return payload.length >= ARP
                && payload.u16(0) == 1
                && payload.u16(2) == 0x0800
                && payload.u8(4) == 6
                && payload.u8(5) == 4;
    }

    void arp(Region payload) {
        payload.hardware(scrub, 8, 6);
        payload.address(scrub, 14, 4);
        payload.hardware(scrub, 18, 6);
        payload.address(scrub, 24, 4);
        payload.noise(scrub, ARP);
    }
}
