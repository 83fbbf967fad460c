// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** Types of the options in IPv6 hop-by-hop and destination options headers (IANA's numbers; {@code linux/in6.h}). */
public final class Ipv6Option {
    /** One byte of padding ({@code IPV6_TLV_PAD1}). */
    public static final int PAD1 = 0;
    /** Padding of two bytes or more ({@code IPV6_TLV_PADN}). */
    public static final int PADN = 1;
    /** Every router must examine the packet ({@code IPV6_TLV_ROUTERALERT}). */
    public static final int ROUTER_ALERT = 5;
    /** The length of a jumbogram ({@code IPV6_TLV_JUMBO}, RFC 2675). */
    public static final int JUMBO_PAYLOAD = 0xc2;
    /** A mobile node's home address ({@code IPV6_TLV_HAO}, RFC 6275), its true source. */
    public static final int HOME_ADDRESS = 0xc9;

    private Ipv6Option() {}
}
