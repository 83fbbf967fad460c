// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

/** The members of a tuple that the kernel compares ({@code CTA_FILTER_F_*} in {@code nf_internals.h}). */
final class FilterFlags {
    static final int IP_SRC = 1;
    static final int IP_DST = 1 << 1;
    static final int TUPLE_ZONE = 1 << 2;
    static final int PROTO_NUM = 1 << 3;
    static final int PROTO_SRC_PORT = 1 << 4;
    static final int PROTO_DST_PORT = 1 << 5;
    static final int ICMP_TYPE = 1 << 6;
    static final int ICMP_CODE = 1 << 7;
    static final int ICMP_ID = 1 << 8;
    static final int ICMPV6_TYPE = 1 << 9;
    static final int ICMPV6_CODE = 1 << 10;
    static final int ICMPV6_ID = 1 << 11;

    private FilterFlags() {}
}
