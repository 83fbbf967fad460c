// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

/**
 * The numbers of ctnetlink's attributes ({@code CTA_*} in {@code linux/netfilter/nfnetlink_conntrack.h}). Each stands
 * only here, as a constant for the compiler: the attributes' enums and the readers' switches use it.
 */
public final class Cta {
    // enum ctattr_type
    public static final int TUPLE_ORIG = 1;
    public static final int TUPLE_REPLY = 2;
    public static final int STATUS = 3;
    public static final int PROTOINFO = 4;
    public static final int HELP = 5;
    public static final int NAT_SRC = 6;
    public static final int TIMEOUT = 7;
    public static final int MARK = 8;
    public static final int COUNTERS_ORIG = 9;
    public static final int COUNTERS_REPLY = 10;
    public static final int USE = 11;
    public static final int ID = 12;
    public static final int NAT_DST = 13;
    public static final int TUPLE_MASTER = 14;
    public static final int SEQ_ADJ_ORIG = 15;
    public static final int SEQ_ADJ_REPLY = 16;
    public static final int ZONE = 18;
    public static final int SECCTX = 19;
    public static final int TIMESTAMP = 20;
    public static final int MARK_MASK = 21;
    public static final int LABELS = 22;
    public static final int LABELS_MASK = 23;
    public static final int SYNPROXY = 24;
    public static final int FILTER = 25;
    public static final int STATUS_MASK = 26;
    public static final int TIMESTAMP_EVENT = 27;

    // enum ctattr_tuple
    public static final int TUPLE_IP = 1;
    public static final int TUPLE_PROTO = 2;
    public static final int TUPLE_ZONE = 3;

    // enum ctattr_ip
    public static final int IP_V4_SRC = 1;
    public static final int IP_V4_DST = 2;
    public static final int IP_V6_SRC = 3;
    public static final int IP_V6_DST = 4;

    // enum ctattr_l4proto
    public static final int PROTO_NUM = 1;
    public static final int PROTO_SRC_PORT = 2;
    public static final int PROTO_DST_PORT = 3;
    public static final int PROTO_ICMP_ID = 4;
    public static final int PROTO_ICMP_TYPE = 5;
    public static final int PROTO_ICMP_CODE = 6;
    public static final int PROTO_ICMPV6_ID = 7;
    public static final int PROTO_ICMPV6_TYPE = 8;
    public static final int PROTO_ICMPV6_CODE = 9;

    // enum ctattr_protoinfo
    public static final int PROTOINFO_TCP = 1;
    public static final int PROTOINFO_DCCP = 2;
    public static final int PROTOINFO_SCTP = 3;

    // enum ctattr_protoinfo_tcp
    public static final int PROTOINFO_TCP_STATE = 1;
    public static final int PROTOINFO_TCP_WSCALE_ORIGINAL = 2;
    public static final int PROTOINFO_TCP_WSCALE_REPLY = 3;
    public static final int PROTOINFO_TCP_FLAGS_ORIGINAL = 4;
    public static final int PROTOINFO_TCP_FLAGS_REPLY = 5;

    // enum ctattr_protoinfo_dccp
    public static final int PROTOINFO_DCCP_STATE = 1;
    public static final int PROTOINFO_DCCP_ROLE = 2;
    public static final int PROTOINFO_DCCP_HANDSHAKE_SEQ = 3;

    // enum ctattr_protoinfo_sctp
    public static final int PROTOINFO_SCTP_STATE = 1;
    public static final int PROTOINFO_SCTP_VTAG_ORIGINAL = 2;
    public static final int PROTOINFO_SCTP_VTAG_REPLY = 3;

    // enum ctattr_help
    public static final int HELP_NAME = 1;
    public static final int HELP_INFO = 2;

    // enum ctattr_nat
    public static final int NAT_V4_MINIP = 1;
    public static final int NAT_V4_MAXIP = 2;
    public static final int NAT_PROTO = 3;
    public static final int NAT_V6_MINIP = 4;
    public static final int NAT_V6_MAXIP = 5;

    // enum ctattr_protonat
    public static final int PROTONAT_PORT_MIN = 1;
    public static final int PROTONAT_PORT_MAX = 2;

    // enum ctattr_counters
    public static final int COUNTERS_PACKETS = 1;
    public static final int COUNTERS_BYTES = 2;

    // enum ctattr_seqadj
    public static final int SEQADJ_CORRECTION_POS = 1;
    public static final int SEQADJ_OFFSET_BEFORE = 2;
    public static final int SEQADJ_OFFSET_AFTER = 3;

    // enum ctattr_secctx
    public static final int SECCTX_NAME = 1;

    // enum ctattr_tstamp
    public static final int TIMESTAMP_START = 1;
    public static final int TIMESTAMP_STOP = 2;

    // enum ctattr_synproxy
    public static final int SYNPROXY_ISN = 1;
    public static final int SYNPROXY_ITS = 2;
    public static final int SYNPROXY_TSOFF = 3;

    // enum ctattr_filter
    public static final int FILTER_ORIG_FLAGS = 1;
    public static final int FILTER_REPLY_FLAGS = 2;

    // enum ctattr_expect
    public static final int EXPECT_MASTER = 1;
    public static final int EXPECT_TUPLE = 2;
    public static final int EXPECT_MASK = 3;
    public static final int EXPECT_TIMEOUT = 4;
    public static final int EXPECT_ID = 5;
    public static final int EXPECT_HELP_NAME = 6;
    public static final int EXPECT_ZONE = 7;
    public static final int EXPECT_FLAGS = 8;
    public static final int EXPECT_CLASS = 9;
    public static final int EXPECT_NAT = 10;
    public static final int EXPECT_FN = 11;

    // enum ctattr_expect_nat
    public static final int EXPECT_NAT_DIR = 1;
    public static final int EXPECT_NAT_TUPLE = 2;

    // enum ctattr_stats_cpu
    public static final int STATS_SEARCHED = 1;
    public static final int STATS_FOUND = 2;
    public static final int STATS_NEW = 3;
    public static final int STATS_INVALID = 4;
    public static final int STATS_IGNORE = 5;
    public static final int STATS_DELETE = 6;
    public static final int STATS_DELETE_LIST = 7;
    public static final int STATS_INSERT = 8;
    public static final int STATS_INSERT_FAILED = 9;
    public static final int STATS_DROP = 10;
    public static final int STATS_EARLY_DROP = 11;
    public static final int STATS_ERROR = 12;
    public static final int STATS_SEARCH_RESTART = 13;
    public static final int STATS_CLASH_RESOLVE = 14;
    public static final int STATS_CHAIN_TOOLONG = 15;

    // enum ctattr_stats_global
    public static final int STATS_GLOBAL_ENTRIES = 1;
    public static final int STATS_GLOBAL_MAX_ENTRIES = 2;

    // enum ctattr_expect_stats
    public static final int STATS_EXP_NEW = 1;
    public static final int STATS_EXP_CREATE = 2;
    public static final int STATS_EXP_DELETE = 3;

    private Cta() {}
}
