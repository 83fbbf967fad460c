// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** Kinds of IPv4 options as their whole first byte (IANA's "Value"; {@code IPOPT_*} in {@code linux/ip.h}). */
public final class Ipv4Option {
    /** The options end here ({@code IPOPT_END}); a walk ends before it. */
    public static final int END = 0;
    /** One byte of padding ({@code IPOPT_NOOP}). */
    public static final int NO_OPERATION = 1;
    /** Routers write their addresses here ({@code IPOPT_RR}). */
    public static final int RECORD_ROUTE = 7;
    /** Routers write the time here ({@code IPOPT_TIMESTAMP}). */
    public static final int TIMESTAMP = 68;
    /** Security labels, CIPSO ({@code IPOPT_CIPSO}). */
    public static final int CIPSO = 134;
    /** A loose source route ({@code IPOPT_LSRR}): the destination address is only the next stop. */
    public static final int LOOSE_SOURCE_ROUTE = 131;
    /** A strict source route ({@code IPOPT_SSRR}): the destination address is only the next stop. */
    public static final int STRICT_SOURCE_ROUTE = 137;
    /** Every router must examine the packet ({@code IPOPT_RA}). */
    public static final int ROUTER_ALERT = 148;

    private Ipv4Option() {}
}
