package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BE64;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.HOST32;
import static dev.nfkit.wire.AttributeShape.STRING;
import static dev.nfkit.wire.AttributeShape.U8;

import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a connection ({@code enum ctattr_type} in {@code linux/netfilter/nfnetlink_conntrack.h}), in
 * messages of the table and, nested, in packets of NFLOG and NFQUEUE.
 */
public enum ConntrackAttribute implements AttributeType {
    /** The original direction: {@link Tuple}. */
    TUPLE_ORIG(1, Tuple.SCHEMA, "2.6.14"),
    /** The reply direction: {@link Tuple}. */
    TUPLE_REPLY(2, Tuple.SCHEMA, "2.6.14"),
    /** Status bits ({@code IPS_*}). */
    STATUS(3, BE32, 4, "2.6.14"),
    /** The tracked state of the protocol: {@link ProtoInfo}. */
    PROTOINFO(4, ProtoInfo.SCHEMA, "2.6.14"),
    /** The helper: {@link Help}. */
    HELP(5, Help.SCHEMA, "2.6.14"),
    /** Source translation to set up: {@link Nat}; only to the kernel. */
    NAT_SRC(6, Nat.SCHEMA, "2.6.14"),
    /** Seconds until the connection is forgotten. */
    TIMEOUT(7, BE32, 4, "2.6.14"),
    /** The mark. */
    MARK(8, BE32, 4, "2.6.14"),
    /** Counters of the original direction: {@link Counters}; needs {@code net.netfilter.nf_conntrack_acct}. */
    COUNTERS_ORIG(9, Counters.SCHEMA, "2.6.14"),
    /** Counters of the reply direction: {@link Counters}; needs {@code net.netfilter.nf_conntrack_acct}. */
    COUNTERS_REPLY(10, Counters.SCHEMA, "2.6.14"),
    /** References to the entry. */
    USE(11, BE32, 4, "2.6.14"),
    /** The entry's id, opaque. */
    ID(12, BE32, 4, "2.6.14"),
    /** Destination translation to set up: {@link Nat}; only to the kernel. */
    NAT_DST(13, Nat.SCHEMA, "2.6.14"),
    /** The original direction of the connection that expected this one: {@link Tuple}. */
    TUPLE_MASTER(14, Tuple.SCHEMA, "2.6.23"),
    /** Sequence adjustment of the original direction: {@link SeqAdj}. */
    SEQ_ADJ_ORIG(15, SeqAdj.SCHEMA, "2.6.24"),
    /** Sequence adjustment of the reply direction: {@link SeqAdj}. */
    SEQ_ADJ_REPLY(16, SeqAdj.SCHEMA, "2.6.24"),
    /** The zone; absent if it is 0. */
    ZONE(18, BE16, 2, "2.6.34"),
    /** The security context: {@link SecCtx}. */
    SECCTX(19, SecCtx.SCHEMA, "2.6.37"),
    /** The times of its beginning and end: {@link Timestamp}; needs {@code net.netfilter.nf_conntrack_timestamp}. */
    TIMESTAMP(20, Timestamp.SCHEMA, "2.6.38"),
    /** The mask of the mark; only to the kernel. */
    MARK_MASK(21, BE32, 4, "3.3"),
    /** Labels, a bitmap in host order. */
    LABELS(22, BYTES, 0, "3.10"),
    /** The mask of the labels; only to the kernel. */
    LABELS_MASK(23, BYTES, 0, "3.10"),
    /** The SYN proxy: {@link SynProxy}. */
    SYNPROXY(24, SynProxy.SCHEMA, "4.17"),
    /** The parts that a dump compares: {@link Filter}; only to the kernel. */
    FILTER(25, Filter.SCHEMA, "5.8"),
    /** The status bits that a dump compares; only to the kernel. */
    STATUS_MASK(26, BE32, 4, "5.15"),
    /** The time of the event, in nanoseconds since 1970; needs {@code net.netfilter.nf_conntrack_timestamp}. */
    TIMESTAMP_EVENT(27, BE64, 8, "6.14");

    /** One direction of a connection ({@code enum ctattr_tuple}). */
    public enum Tuple implements AttributeType {
        /** Addresses. */
        IP(1, Ip.SCHEMA, "2.6.14"),
        /** The protocol above IP, and its ports or identifiers. */
        PROTO(2, Proto.SCHEMA, "2.6.14"),
        /** The zone, if it applies to this direction only. */
        ZONE(3, BE16, 2, "4.3");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE", List.of(values()));

        private final AttributeFacts facts;

        Tuple(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_TUPLE_", name(), shape, minimumLength, since);
        }

        Tuple(int code, AttributeSchema nested, String since) {
            facts = AttributeFacts.nest(code, "CTA_TUPLE_", name(), nested, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Addresses of one direction ({@code enum ctattr_ip}). */
    public enum Ip implements AttributeType {
        /** IPv4 source. */
        V4_SRC(1, BYTES, 4, "2.6.14"),
        /** IPv4 destination. */
        V4_DST(2, BYTES, 4, "2.6.14"),
        /** IPv6 source. */
        V6_SRC(3, BYTES, 16, "2.6.14"),
        /** IPv6 destination. */
        V6_DST(4, BYTES, 16, "2.6.14");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE_IP", List.of(values()));

        private final AttributeFacts facts;

        Ip(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_IP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The protocol above IP of one direction ({@code enum ctattr_l4proto}). */
    public enum Proto implements AttributeType {
        /** The protocol ({@code IPPROTO_*}). */
        NUM(1, U8, 1, "2.6.14"),
        /** The source port, or the key of GRE. */
        SRC_PORT(2, BE16, 2, "2.6.14"),
        /** The destination port, or the key of GRE. */
        DST_PORT(3, BE16, 2, "2.6.14"),
        /** The ICMP identifier. */
        ICMP_ID(4, BE16, 2, "2.6.14"),
        /** The ICMP type. */
        ICMP_TYPE(5, U8, 1, "2.6.14"),
        /** The ICMP code. */
        ICMP_CODE(6, U8, 1, "2.6.14"),
        /** The ICMPv6 identifier. */
        ICMPV6_ID(7, BE16, 2, "2.6.14"),
        /** The ICMPv6 type. */
        ICMPV6_TYPE(8, U8, 1, "2.6.14"),
        /** The ICMPv6 code. */
        ICMPV6_CODE(9, U8, 1, "2.6.14");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE_PROTO", List.of(values()));

        private final AttributeFacts facts;

        Proto(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_PROTO_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The tracked state of the protocol ({@code enum ctattr_protoinfo}). */
    public enum ProtoInfo implements AttributeType {
        /** TCP. */
        TCP(1, Tcp.SCHEMA, "2.6.14"),
        /** DCCP; removed in 6.15. */
        DCCP(2, Dccp.SCHEMA, "2.6.31"),
        /** SCTP. */
        SCTP(3, Sctp.SCHEMA, "2.6.28");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO", List.of(values()));

        private final AttributeFacts facts;

        ProtoInfo(int code, AttributeSchema nested, String since) {
            facts = AttributeFacts.nest(code, "CTA_PROTOINFO_", name(), nested, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** TCP ({@code enum ctattr_protoinfo_tcp}). */
    public enum Tcp implements AttributeType {
        /** {@code enum tcp_conntrack}. */
        STATE(1, U8, 1, "2.6.14"),
        /** Window scale of the original direction. */
        WSCALE_ORIGINAL(2, U8, 1, "2.6.23"),
        /** Window scale of the reply direction. */
        WSCALE_REPLY(3, U8, 1, "2.6.23"),
        /** {@code struct nf_ct_tcp_flags}: u8 flags, u8 mask. */
        FLAGS_ORIGINAL(4, BYTES, 2, "2.6.23"),
        /** {@code struct nf_ct_tcp_flags}: u8 flags, u8 mask. */
        FLAGS_REPLY(5, BYTES, 2, "2.6.23");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_TCP", List.of(values()));

        private final AttributeFacts facts;

        Tcp(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_PROTOINFO_TCP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** DCCP ({@code enum ctattr_protoinfo_dccp}). */
    public enum Dccp implements AttributeType {
        /** {@code enum ct_dccp_states}. */
        STATE(1, U8, 1, "2.6.31"),
        /** {@code enum ct_dccp_roles}. */
        ROLE(2, U8, 1, "2.6.31"),
        /** Sequence number of the handshake. */
        HANDSHAKE_SEQ(3, BE64, 8, "2.6.31");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_DCCP", List.of(values()));

        private final AttributeFacts facts;

        Dccp(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_PROTOINFO_DCCP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** SCTP ({@code enum ctattr_protoinfo_sctp}). */
    public enum Sctp implements AttributeType {
        /** {@code enum sctp_conntrack}. */
        STATE(1, U8, 1, "2.6.28"),
        /** Verification tag of the original direction. */
        VTAG_ORIGINAL(2, BE32, 4, "2.6.28"),
        /** Verification tag of the reply direction. */
        VTAG_REPLY(3, BE32, 4, "2.6.28");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_SCTP", List.of(values()));

        private final AttributeFacts facts;

        Sctp(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_PROTOINFO_SCTP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The helper ({@code enum ctattr_help}). */
    public enum Help implements AttributeType {
        /** Its name. */
        NAME(1, STRING, 1, "2.6.14"),
        /** The data of a helper in user space. */
        INFO(2, BYTES, 0, "3.3");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_HELP", List.of(values()));

        private final AttributeFacts facts;

        Help(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_HELP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** A translation to be set up ({@code enum ctattr_nat}); only to the kernel. */
    public enum Nat implements AttributeType {
        /** The first IPv4 address. */
        V4_MINIP(1, BYTES, 4, "2.6.14"),
        /** The last IPv4 address. */
        V4_MAXIP(2, BYTES, 4, "2.6.14"),
        /** Ports. */
        PROTO(3, ProtoNat.SCHEMA, "2.6.14"),
        /** The first IPv6 address. */
        V6_MINIP(4, BYTES, 16, "3.7"),
        /** The last IPv6 address. */
        V6_MAXIP(5, BYTES, 16, "3.7");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_NAT", List.of(values()));

        private final AttributeFacts facts;

        Nat(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_NAT_", name(), shape, minimumLength, since);
        }

        Nat(int code, AttributeSchema nested, String since) {
            facts = AttributeFacts.nest(code, "CTA_NAT_", name(), nested, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Ports of a translation ({@code enum ctattr_protonat}). */
    public enum ProtoNat implements AttributeType {
        /** The first. */
        PORT_MIN(1, BE16, 2, "2.6.14"),
        /** The last. */
        PORT_MAX(2, BE16, 2, "2.6.14");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_NAT_PROTO", List.of(values()));

        private final AttributeFacts facts;

        ProtoNat(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_PROTONAT_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Counters of one direction ({@code enum ctattr_counters}). */
    public enum Counters implements AttributeType {
        /** Packets. */
        PACKETS(1, BE64, 8, "2.6.14"),
        /** Bytes, from the network header on. */
        BYTES(2, BE64, 8, "2.6.14");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_COUNTERS", List.of(values()));

        private final AttributeFacts facts;

        Counters(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_COUNTERS_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Adjustment of TCP sequence numbers ({@code enum ctattr_seqadj}). */
    public enum SeqAdj implements AttributeType {
        /** The position of the last change of size. */
        CORRECTION_POS(1, BE32, 4, "2.6.14"),
        /** The offset before that position; signed. */
        OFFSET_BEFORE(2, BE32, 4, "2.6.14"),
        /** The offset after that position; signed. */
        OFFSET_AFTER(3, BE32, 4, "2.6.14");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SEQ_ADJ", List.of(values()));

        private final AttributeFacts facts;

        SeqAdj(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_SEQADJ_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The security context ({@code enum ctattr_secctx}). */
    public enum SecCtx implements AttributeType {
        /** Its name. */
        NAME(1, STRING, 1, "2.6.37");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SECCTX", List.of(values()));

        private final AttributeFacts facts;

        SecCtx(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_SECCTX_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The times of the connection's beginning and end ({@code enum ctattr_tstamp}). */
    public enum Timestamp implements AttributeType {
        /** Nanoseconds since 1970. */
        START(1, BE64, 8, "2.6.38"),
        /** Nanoseconds since 1970; only of a connection that has ended. */
        STOP(2, BE64, 8, "2.6.38");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TIMESTAMP", List.of(values()));

        private final AttributeFacts facts;

        Timestamp(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_TIMESTAMP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The SYN proxy ({@code enum ctattr_synproxy}). */
    public enum SynProxy implements AttributeType {
        /** The initial sequence number. */
        ISN(1, BE32, 4, "4.17"),
        /** The initial timestamp. */
        ITS(2, BE32, 4, "4.17"),
        /** The offset of timestamps. */
        TSOFF(3, BE32, 4, "4.17");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SYNPROXY", List.of(values()));

        private final AttributeFacts facts;

        SynProxy(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_SYNPROXY_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The members of a tuple that a dump compares ({@code enum ctattr_filter}); only to the kernel. */
    public enum Filter implements AttributeType {
        /** {@code CTA_FILTER_F_*} of the original direction. */
        ORIG_FLAGS(1, HOST32, 4, "5.8"),
        /** {@code CTA_FILTER_F_*} of the reply direction. */
        REPLY_FLAGS(2, HOST32, 4, "5.8");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_FILTER", List.of(values()));

        private final AttributeFacts facts;

        Filter(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_FILTER_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT", List.of(values()));

    private final AttributeFacts facts;

    ConntrackAttribute(int code, AttributeShape shape, int minimumLength, String since) {
        facts = AttributeFacts.of(code, "CTA_", name(), shape, minimumLength, since);
    }

    ConntrackAttribute(int code, AttributeSchema nested, String since) {
        facts = AttributeFacts.nest(code, "CTA_", name(), nested, since);
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
