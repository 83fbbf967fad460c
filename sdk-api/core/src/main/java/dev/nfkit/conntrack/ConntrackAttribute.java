// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeFacts.nest;
import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BE64;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.HOST32;
import static dev.nfkit.wire.AttributeShape.STRING;
import static dev.nfkit.wire.AttributeShape.U8;

import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a connection ({@code enum ctattr_type} in {@code linux/netfilter/nfnetlink_conntrack.h}), in
 * messages of the table and, nested, in packets of NFLOG and NFQUEUE.
 */
public enum ConntrackAttribute implements AttributeType {
    /** The original direction: {@link Tuple}. */
    TUPLE_ORIG(nest(Cta.TUPLE_ORIG, Tuple.SCHEMA, "2.6.14")),
    /** The reply direction: {@link Tuple}. */
    TUPLE_REPLY(nest(Cta.TUPLE_REPLY, Tuple.SCHEMA, "2.6.14")),
    /** Status bits ({@code IPS_*}). */
    STATUS(value(Cta.STATUS, BE32, "2.6.14")),
    /** The tracked state of the protocol: {@link ProtoInfo}. */
    PROTOINFO(nest(Cta.PROTOINFO, ProtoInfo.SCHEMA, "2.6.14")
            .absent("the protocol has no state, or the connection has ended")),
    /** The helper: {@link Help}. */
    HELP(nest(Cta.HELP, Help.SCHEMA, "2.6.14").absent("no helper follows the connection")),
    /** Source translation to set up: {@link Nat}; only to the kernel. */
    NAT_SRC(nest(Cta.NAT_SRC, Nat.SCHEMA, "2.6.14").absent("only requests carry it")),
    /** Seconds until the connection is forgotten. */
    TIMEOUT(value(Cta.TIMEOUT, BE32, "2.6.14").absent("the connection has ended")),
    /** The mark. */
    MARK(value(Cta.MARK, BE32, "2.6.14")),
    /** Counters of the original direction: {@link Counters}; needs {@code net.netfilter.nf_conntrack_acct}. */
    COUNTERS_ORIG(nest(Cta.COUNTERS_ORIG, Counters.SCHEMA, "2.6.14")
            .absent("the kernel counts connections that begin after sysctl net.netfilter.nf_conntrack_acct=1")),
    /** Counters of the reply direction: {@link Counters}; needs {@code net.netfilter.nf_conntrack_acct}. */
    COUNTERS_REPLY(nest(Cta.COUNTERS_REPLY, Counters.SCHEMA, "2.6.14")
            .absent("the kernel counts connections that begin after sysctl net.netfilter.nf_conntrack_acct=1")),
    /** References to the entry. */
    USE(value(Cta.USE, BE32, "2.6.14").absent("only entries of the table have it, not those of packets")),
    /** The entry's id, opaque. */
    ID(value(Cta.ID, BE32, "2.6.14")),
    /** Destination translation to set up: {@link Nat}; only to the kernel. */
    NAT_DST(nest(Cta.NAT_DST, Nat.SCHEMA, "2.6.14").absent("only requests carry it")),
    /** The original direction of the connection that expected this one: {@link Tuple}. */
    TUPLE_MASTER(nest(Cta.TUPLE_MASTER, Tuple.SCHEMA, "2.6.23").absent("no other connection expected this one")),
    /** Sequence adjustment of the original direction: {@link SeqAdj}. */
    SEQ_ADJ_ORIG(nest(Cta.SEQ_ADJ_ORIG, SeqAdj.SCHEMA, "2.6.24").absent("sequence numbers are not adjusted")),
    /** Sequence adjustment of the reply direction: {@link SeqAdj}. */
    SEQ_ADJ_REPLY(nest(Cta.SEQ_ADJ_REPLY, SeqAdj.SCHEMA, "2.6.24").absent("sequence numbers are not adjusted")),
    /** The zone; absent if it is 0. */
    ZONE(value(Cta.ZONE, BE16, "2.6.34")),
    /** The security context: {@link SecCtx}. */
    SECCTX(nest(Cta.SECCTX, SecCtx.SCHEMA, "2.6.37").absent("the kernel has no security context for it (secmark)")),
    /** The times of its beginning and end: {@link Timestamp}; needs {@code net.netfilter.nf_conntrack_timestamp}. */
    TIMESTAMP(
            nest(Cta.TIMESTAMP, Timestamp.SCHEMA, "2.6.38")
                    .absent(
                            "the kernel keeps times of connections that begin after sysctl net.netfilter.nf_conntrack_timestamp=1")),
    /** The mask of the mark; only to the kernel. */
    MARK_MASK(value(Cta.MARK_MASK, BE32, "3.3").absent("only requests carry it")),
    /** Labels, a bitmap in host order. */
    LABELS(value(Cta.LABELS, BYTES, "3.10")
            .absent("the connection has no space for labels; a rule that matches labels provides it")),
    /** The mask of the labels; only to the kernel. */
    LABELS_MASK(value(Cta.LABELS_MASK, BYTES, "3.10").absent("only requests carry it")),
    /** The SYN proxy: {@link SynProxy}. */
    SYNPROXY(nest(Cta.SYNPROXY, SynProxy.SCHEMA, "4.17").absent("the connection does not go through a SYN proxy")),
    /** The parts that a dump compares: {@link Filter}; only to the kernel. */
    FILTER(nest(Cta.FILTER, Filter.SCHEMA, "5.8").absent("only requests carry it")),
    /** The status bits that a dump compares; only to the kernel. */
    STATUS_MASK(value(Cta.STATUS_MASK, BE32, "5.15").absent("only requests carry it")),
    /** The time of the event, in nanoseconds since 1970; needs {@code net.netfilter.nf_conntrack_timestamp}. */
    TIMESTAMP_EVENT(
            value(Cta.TIMESTAMP_EVENT, BE64, "6.14")
                    .absent(
                            "the kernel keeps times of connections that begin after sysctl net.netfilter.nf_conntrack_timestamp=1"));

    /** One direction of a connection ({@code enum ctattr_tuple}). */
    public enum Tuple implements AttributeType {
        /** Addresses. */
        IP(nest(Cta.TUPLE_IP, Ip.SCHEMA, "2.6.14")),
        /** The protocol above IP, and its ports or identifiers. */
        PROTO(nest(Cta.TUPLE_PROTO, Proto.SCHEMA, "2.6.14")),
        /** The zone, if it applies to this direction only. */
        ZONE(value(Cta.TUPLE_ZONE, BE16, "4.3"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE", List.of(values()));

        private final AttributeFacts facts;

        Tuple(AttributeFacts facts) {
            this.facts = facts.named("CTA_TUPLE_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Addresses of one direction ({@code enum ctattr_ip}). */
    public enum Ip implements AttributeType {
        /** IPv4 source. */
        V4_SRC(value(Cta.IP_V4_SRC, BYTES, 4, "2.6.14")),
        /** IPv4 destination. */
        V4_DST(value(Cta.IP_V4_DST, BYTES, 4, "2.6.14")),
        /** IPv6 source. */
        V6_SRC(value(Cta.IP_V6_SRC, BYTES, 16, "2.6.14")),
        /** IPv6 destination. */
        V6_DST(value(Cta.IP_V6_DST, BYTES, 16, "2.6.14"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE_IP", List.of(values()));

        private final AttributeFacts facts;

        Ip(AttributeFacts facts) {
            this.facts = facts.named("CTA_IP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The protocol above IP of one direction ({@code enum ctattr_l4proto}). */
    public enum Proto implements AttributeType {
        /** The protocol ({@code IPPROTO_*}). */
        NUM(value(Cta.PROTO_NUM, U8, "2.6.14")),
        /** The source port, or the key of GRE. */
        SRC_PORT(value(Cta.PROTO_SRC_PORT, BE16, "2.6.14")),
        /** The destination port, or the key of GRE. */
        DST_PORT(value(Cta.PROTO_DST_PORT, BE16, "2.6.14")),
        /** The ICMP identifier. */
        ICMP_ID(value(Cta.PROTO_ICMP_ID, BE16, "2.6.14")),
        /** The ICMP type. */
        ICMP_TYPE(value(Cta.PROTO_ICMP_TYPE, U8, "2.6.14")),
        /** The ICMP code. */
        ICMP_CODE(value(Cta.PROTO_ICMP_CODE, U8, "2.6.14")),
        /** The ICMPv6 identifier. */
        ICMPV6_ID(value(Cta.PROTO_ICMPV6_ID, BE16, "2.6.14")),
        /** The ICMPv6 type. */
        ICMPV6_TYPE(value(Cta.PROTO_ICMPV6_TYPE, U8, "2.6.14")),
        /** The ICMPv6 code. */
        ICMPV6_CODE(value(Cta.PROTO_ICMPV6_CODE, U8, "2.6.14"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TUPLE_PROTO", List.of(values()));

        private final AttributeFacts facts;

        Proto(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTO_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The tracked state of the protocol ({@code enum ctattr_protoinfo}). */
    public enum ProtoInfo implements AttributeType {
        /** TCP. */
        TCP(nest(Cta.PROTOINFO_TCP, Tcp.SCHEMA, "2.6.14")),
        /** DCCP; removed in 6.15. */
        DCCP(nest(Cta.PROTOINFO_DCCP, Dccp.SCHEMA, "2.6.31")),
        /** SCTP. */
        SCTP(nest(Cta.PROTOINFO_SCTP, Sctp.SCHEMA, "2.6.28"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO", List.of(values()));

        private final AttributeFacts facts;

        ProtoInfo(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTOINFO_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** TCP ({@code enum ctattr_protoinfo_tcp}). */
    public enum Tcp implements AttributeType {
        /** {@code enum tcp_conntrack}. */
        STATE(value(Cta.PROTOINFO_TCP_STATE, U8, "2.6.14")),
        /** Window scale of the original direction. */
        WSCALE_ORIGINAL(value(Cta.PROTOINFO_TCP_WSCALE_ORIGINAL, U8, "2.6.23")),
        /** Window scale of the reply direction. */
        WSCALE_REPLY(value(Cta.PROTOINFO_TCP_WSCALE_REPLY, U8, "2.6.23")),
        /** {@code struct nf_ct_tcp_flags}: u8 flags, u8 mask. */
        FLAGS_ORIGINAL(value(Cta.PROTOINFO_TCP_FLAGS_ORIGINAL, BYTES, 2, "2.6.23")),
        /** {@code struct nf_ct_tcp_flags}: u8 flags, u8 mask. */
        FLAGS_REPLY(value(Cta.PROTOINFO_TCP_FLAGS_REPLY, BYTES, 2, "2.6.23"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_TCP", List.of(values()));

        private final AttributeFacts facts;

        Tcp(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTOINFO_TCP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** DCCP ({@code enum ctattr_protoinfo_dccp}). */
    public enum Dccp implements AttributeType {
        /** {@code enum ct_dccp_states}. */
        STATE(value(Cta.PROTOINFO_DCCP_STATE, U8, "2.6.31")),
        /** {@code enum ct_dccp_roles}. */
        ROLE(value(Cta.PROTOINFO_DCCP_ROLE, U8, "2.6.31")),
        /** Sequence number of the handshake. */
        HANDSHAKE_SEQ(value(Cta.PROTOINFO_DCCP_HANDSHAKE_SEQ, BE64, "2.6.31"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_DCCP", List.of(values()));

        private final AttributeFacts facts;

        Dccp(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTOINFO_DCCP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** SCTP ({@code enum ctattr_protoinfo_sctp}). */
    public enum Sctp implements AttributeType {
        /** {@code enum sctp_conntrack}. */
        STATE(value(Cta.PROTOINFO_SCTP_STATE, U8, "2.6.28")),
        /** Verification tag of the original direction. */
        VTAG_ORIGINAL(value(Cta.PROTOINFO_SCTP_VTAG_ORIGINAL, BE32, "2.6.28")),
        /** Verification tag of the reply direction. */
        VTAG_REPLY(value(Cta.PROTOINFO_SCTP_VTAG_REPLY, BE32, "2.6.28"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_PROTOINFO_SCTP", List.of(values()));

        private final AttributeFacts facts;

        Sctp(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTOINFO_SCTP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The helper ({@code enum ctattr_help}). */
    public enum Help implements AttributeType {
        /** Its name. */
        NAME(value(Cta.HELP_NAME, STRING, "2.6.14")),
        /** The data of a helper in user space. */
        INFO(value(Cta.HELP_INFO, BYTES, "3.3"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_HELP", List.of(values()));

        private final AttributeFacts facts;

        Help(AttributeFacts facts) {
            this.facts = facts.named("CTA_HELP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** A translation to be set up ({@code enum ctattr_nat}); only to the kernel. */
    public enum Nat implements AttributeType {
        /** The first IPv4 address. */
        V4_MINIP(value(Cta.NAT_V4_MINIP, BYTES, 4, "2.6.14")),
        /** The last IPv4 address. */
        V4_MAXIP(value(Cta.NAT_V4_MAXIP, BYTES, 4, "2.6.14")),
        /** Ports. */
        PROTO(nest(Cta.NAT_PROTO, ProtoNat.SCHEMA, "2.6.14")),
        /** The first IPv6 address. */
        V6_MINIP(value(Cta.NAT_V6_MINIP, BYTES, 16, "3.7")),
        /** The last IPv6 address. */
        V6_MAXIP(value(Cta.NAT_V6_MAXIP, BYTES, 16, "3.7"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_NAT", List.of(values()));

        private final AttributeFacts facts;

        Nat(AttributeFacts facts) {
            this.facts = facts.named("CTA_NAT_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Ports of a translation ({@code enum ctattr_protonat}). */
    public enum ProtoNat implements AttributeType {
        /** The first. */
        PORT_MIN(value(Cta.PROTONAT_PORT_MIN, BE16, "2.6.14")),
        /** The last. */
        PORT_MAX(value(Cta.PROTONAT_PORT_MAX, BE16, "2.6.14"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_NAT_PROTO", List.of(values()));

        private final AttributeFacts facts;

        ProtoNat(AttributeFacts facts) {
            this.facts = facts.named("CTA_PROTONAT_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Counters of one direction ({@code enum ctattr_counters}). */
    public enum Counters implements AttributeType {
        /** Packets. */
        PACKETS(value(Cta.COUNTERS_PACKETS, BE64, "2.6.14")),
        /** Bytes, from the network header on. */
        BYTES(value(Cta.COUNTERS_BYTES, BE64, "2.6.14"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_COUNTERS", List.of(values()));

        private final AttributeFacts facts;

        Counters(AttributeFacts facts) {
            this.facts = facts.named("CTA_COUNTERS_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Adjustment of TCP sequence numbers ({@code enum ctattr_seqadj}). */
    public enum SeqAdj implements AttributeType {
        /** The position of the last change of size. */
        CORRECTION_POS(value(Cta.SEQADJ_CORRECTION_POS, BE32, "2.6.14")),
        /** The offset before that position; signed. */
        OFFSET_BEFORE(value(Cta.SEQADJ_OFFSET_BEFORE, BE32, "2.6.14")),
        /** The offset after that position; signed. */
        OFFSET_AFTER(value(Cta.SEQADJ_OFFSET_AFTER, BE32, "2.6.14"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SEQ_ADJ", List.of(values()));

        private final AttributeFacts facts;

        SeqAdj(AttributeFacts facts) {
            this.facts = facts.named("CTA_SEQADJ_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The security context ({@code enum ctattr_secctx}). */
    public enum SecCtx implements AttributeType {
        /** Its name. */
        NAME(value(Cta.SECCTX_NAME, STRING, "2.6.37"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SECCTX", List.of(values()));

        private final AttributeFacts facts;

        SecCtx(AttributeFacts facts) {
            this.facts = facts.named("CTA_SECCTX_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The times of the connection's beginning and end ({@code enum ctattr_tstamp}). */
    public enum Timestamp implements AttributeType {
        /** Nanoseconds since 1970. */
        START(value(Cta.TIMESTAMP_START, BE64, "2.6.38")),
        /** Nanoseconds since 1970; only of a connection that has ended. */
        STOP(value(Cta.TIMESTAMP_STOP, BE64, "2.6.38"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_TIMESTAMP", List.of(values()));

        private final AttributeFacts facts;

        Timestamp(AttributeFacts facts) {
            this.facts = facts.named("CTA_TIMESTAMP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The SYN proxy ({@code enum ctattr_synproxy}). */
    public enum SynProxy implements AttributeType {
        /** The initial sequence number. */
        ISN(value(Cta.SYNPROXY_ISN, BE32, "4.17")),
        /** The initial timestamp. */
        ITS(value(Cta.SYNPROXY_ITS, BE32, "4.17")),
        /** The offset of timestamps. */
        TSOFF(value(Cta.SYNPROXY_TSOFF, BE32, "4.17"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_SYNPROXY", List.of(values()));

        private final AttributeFacts facts;

        SynProxy(AttributeFacts facts) {
            this.facts = facts.named("CTA_SYNPROXY_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The members of a tuple that a dump compares ({@code enum ctattr_filter}); only to the kernel. */
    public enum Filter implements AttributeType {
        /** {@code CTA_FILTER_F_*} of the original direction. */
        ORIG_FLAGS(value(Cta.FILTER_ORIG_FLAGS, HOST32, "5.8")),
        /** {@code CTA_FILTER_F_*} of the reply direction. */
        REPLY_FLAGS(value(Cta.FILTER_REPLY_FLAGS, HOST32, "5.8"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_FILTER", List.of(values()));

        private final AttributeFacts facts;

        Filter(AttributeFacts facts) {
            this.facts = facts.named("CTA_FILTER_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT", List.of(values()));

    private final AttributeFacts facts;

    ConntrackAttribute(AttributeFacts facts) {
        this.facts = facts.named("CTA_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
