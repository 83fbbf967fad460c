// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Arrays;
import java.util.List;

/** A field of an {@link ExtensionHeader}, such as {@code tcp option maxseg size} or {@code frag more-fragments}. */
public enum ExtensionField implements Selector {
    /** {@code hbh nexthdr}. */
    HBH_NEXTHDR(ExtensionHeader.HBH, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code hbh hdrlength}. */
    HBH_HDRLENGTH(ExtensionHeader.HBH, "hdrlength", 8, 8, DataType.INTEGER),
    /** {@code rt nexthdr}. */
    RT_NEXTHDR(ExtensionHeader.RT, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code rt hdrlength}. */
    RT_HDRLENGTH(ExtensionHeader.RT, "hdrlength", 8, 8, DataType.INTEGER),
    /** {@code rt type}. */
    RT_TYPE(ExtensionHeader.RT, "type", 16, 8, DataType.INTEGER),
    /** {@code rt seg-left}. */
    RT_SEG_LEFT(ExtensionHeader.RT, "seg-left", 24, 8, DataType.INTEGER),
    /** {@code rt0 addr[1]}. */
    RT0_ADDR1(ExtensionHeader.RT0, "addr[1]", 64, 128, DataType.IPV6_ADDR),
    /** {@code rt2 addr}. */
    RT2_ADDR(ExtensionHeader.RT2, "addr", 64, 128, DataType.IPV6_ADDR),
    /** {@code srh last-entry}. */
    SRH_LAST_ENTRY(ExtensionHeader.SRH, "last-entry", 32, 8, DataType.INTEGER),
    /** {@code srh flags}. */
    SRH_FLAGS(ExtensionHeader.SRH, "flags", 40, 8, DataType.INTEGER),
    /** {@code srh tag}. */
    SRH_TAG(ExtensionHeader.SRH, "tag", 48, 16, DataType.INTEGER),
    /** {@code srh sid[1]}. */
    SRH_SID1(ExtensionHeader.SRH, "sid[1]", 64, 128, DataType.IPV6_ADDR),
    /** {@code srh sid[2]}. */
    SRH_SID2(ExtensionHeader.SRH, "sid[2]", 192, 128, DataType.IPV6_ADDR),
    /** {@code frag nexthdr}. */
    FRAG_NEXTHDR(ExtensionHeader.FRAG, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code frag reserved}. */
    FRAG_RESERVED(ExtensionHeader.FRAG, "reserved", 8, 8, DataType.INTEGER),
    /** {@code frag frag-off}. */
    FRAG_FRAG_OFF(ExtensionHeader.FRAG, "frag-off", 16, 13, DataType.INTEGER),
    /** {@code frag reserved2}. */
    FRAG_RESERVED2(ExtensionHeader.FRAG, "reserved2", 29, 2, DataType.INTEGER),
    /** {@code frag more-fragments}. */
    FRAG_MORE_FRAGMENTS(ExtensionHeader.FRAG, "more-fragments", 31, 1, DataType.INTEGER),
    /** {@code frag id}. */
    FRAG_ID(ExtensionHeader.FRAG, "id", 32, 32, DataType.INTEGER),
    /** {@code dst nexthdr}. */
    DST_NEXTHDR(ExtensionHeader.DST, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code dst hdrlength}. */
    DST_HDRLENGTH(ExtensionHeader.DST, "hdrlength", 8, 8, DataType.INTEGER),
    /** {@code mh nexthdr}. */
    MH_NEXTHDR(ExtensionHeader.MH, "nexthdr", 0, 8, DataType.INET_PROTO),
    /** {@code mh hdrlength}. */
    MH_HDRLENGTH(ExtensionHeader.MH, "hdrlength", 8, 8, DataType.INTEGER),
    /** {@code mh type}. */
    MH_TYPE(ExtensionHeader.MH, "type", 16, 8, DataType.MH_TYPE),
    /** {@code mh reserved}. */
    MH_RESERVED(ExtensionHeader.MH, "reserved", 24, 8, DataType.INTEGER),
    /** {@code mh checksum}. */
    MH_CHECKSUM(ExtensionHeader.MH, "checksum", 32, 16, DataType.INTEGER),
    /** {@code tcp option eol kind}. */
    TCP_EOL_KIND(ExtensionHeader.TCP_EOL, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option nop kind}. */
    TCP_NOP_KIND(ExtensionHeader.TCP_NOP, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option maxseg kind}. */
    TCP_MAXSEG_KIND(ExtensionHeader.TCP_MAXSEG, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option maxseg length}. */
    TCP_MAXSEG_LENGTH(ExtensionHeader.TCP_MAXSEG, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option maxseg size}. */
    TCP_MAXSEG_SIZE(ExtensionHeader.TCP_MAXSEG, "size", 16, 16, DataType.INTEGER),
    /** {@code tcp option window kind}. */
    TCP_WINDOW_KIND(ExtensionHeader.TCP_WINDOW, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option window length}. */
    TCP_WINDOW_LENGTH(ExtensionHeader.TCP_WINDOW, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option window count}. */
    TCP_WINDOW_COUNT(ExtensionHeader.TCP_WINDOW, "count", 16, 8, DataType.INTEGER),
    /** {@code tcp option sack-perm kind}. */
    TCP_SACK_PERM_KIND(ExtensionHeader.TCP_SACK_PERM, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option sack-perm length}. */
    TCP_SACK_PERM_LENGTH(ExtensionHeader.TCP_SACK_PERM, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option sack kind}. */
    TCP_SACK_KIND(ExtensionHeader.TCP_SACK, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option sack length}. */
    TCP_SACK_LENGTH(ExtensionHeader.TCP_SACK, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option sack left}. */
    TCP_SACK_LEFT(ExtensionHeader.TCP_SACK, "left", 16, 32, DataType.INTEGER),
    /** {@code tcp option sack right}. */
    TCP_SACK_RIGHT(ExtensionHeader.TCP_SACK, "right", 48, 32, DataType.INTEGER),
    /** {@code tcp option sack1 left}. */
    TCP_SACK1_LEFT(ExtensionHeader.TCP_SACK1, "left", 80, 32, DataType.INTEGER),
    /** {@code tcp option sack1 right}. */
    TCP_SACK1_RIGHT(ExtensionHeader.TCP_SACK1, "right", 112, 32, DataType.INTEGER),
    /** {@code tcp option sack2 left}. */
    TCP_SACK2_LEFT(ExtensionHeader.TCP_SACK2, "left", 144, 32, DataType.INTEGER),
    /** {@code tcp option sack2 right}. */
    TCP_SACK2_RIGHT(ExtensionHeader.TCP_SACK2, "right", 176, 32, DataType.INTEGER),
    /** {@code tcp option sack3 left}. */
    TCP_SACK3_LEFT(ExtensionHeader.TCP_SACK3, "left", 208, 32, DataType.INTEGER),
    /** {@code tcp option sack3 right}. */
    TCP_SACK3_RIGHT(ExtensionHeader.TCP_SACK3, "right", 240, 32, DataType.INTEGER),
    /** {@code tcp option timestamp kind}. */
    TCP_TIMESTAMP_KIND(ExtensionHeader.TCP_TIMESTAMP, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option timestamp length}. */
    TCP_TIMESTAMP_LENGTH(ExtensionHeader.TCP_TIMESTAMP, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option timestamp tsval}. */
    TCP_TIMESTAMP_TSVAL(ExtensionHeader.TCP_TIMESTAMP, "tsval", 16, 32, DataType.INTEGER),
    /** {@code tcp option timestamp tsecr}. */
    TCP_TIMESTAMP_TSECR(ExtensionHeader.TCP_TIMESTAMP, "tsecr", 48, 32, DataType.INTEGER),
    /** {@code tcp option md5sig kind}. */
    TCP_MD5SIG_KIND(ExtensionHeader.TCP_MD5SIG, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option md5sig length}. */
    TCP_MD5SIG_LENGTH(ExtensionHeader.TCP_MD5SIG, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option mptcp kind}. */
    TCP_MPTCP_KIND(ExtensionHeader.TCP_MPTCP, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option mptcp length}. */
    TCP_MPTCP_LENGTH(ExtensionHeader.TCP_MPTCP, "length", 8, 8, DataType.INTEGER),
    /** {@code tcp option mptcp subtype}. */
    TCP_MPTCP_SUBTYPE(ExtensionHeader.TCP_MPTCP, "subtype", 16, 4, DataType.INTEGER),
    /** {@code tcp option fastopen kind}. */
    TCP_FASTOPEN_KIND(ExtensionHeader.TCP_FASTOPEN, "kind", 0, 8, DataType.INTEGER),
    /** {@code tcp option fastopen length}. */
    TCP_FASTOPEN_LENGTH(ExtensionHeader.TCP_FASTOPEN, "length", 8, 8, DataType.INTEGER),
    /** {@code ip option lsrr type}. */
    IP_LSRR_TYPE(ExtensionHeader.IP_LSRR, "type", 0, 8, DataType.INTEGER),
    /** {@code ip option lsrr length}. */
    IP_LSRR_LENGTH(ExtensionHeader.IP_LSRR, "length", 8, 8, DataType.INTEGER),
    /** {@code ip option lsrr ptr}. */
    IP_LSRR_PTR(ExtensionHeader.IP_LSRR, "ptr", 16, 8, DataType.INTEGER),
    /** {@code ip option lsrr addr}. */
    IP_LSRR_ADDR(ExtensionHeader.IP_LSRR, "addr", 24, 32, DataType.INTEGER),
    /** {@code ip option rr type}. */
    IP_RR_TYPE(ExtensionHeader.IP_RR, "type", 0, 8, DataType.INTEGER),
    /** {@code ip option rr length}. */
    IP_RR_LENGTH(ExtensionHeader.IP_RR, "length", 8, 8, DataType.INTEGER),
    /** {@code ip option rr ptr}. */
    IP_RR_PTR(ExtensionHeader.IP_RR, "ptr", 16, 8, DataType.INTEGER),
    /** {@code ip option rr addr}. */
    IP_RR_ADDR(ExtensionHeader.IP_RR, "addr", 24, 32, DataType.INTEGER),
    /** {@code ip option ssrr type}. */
    IP_SSRR_TYPE(ExtensionHeader.IP_SSRR, "type", 0, 8, DataType.INTEGER),
    /** {@code ip option ssrr length}. */
    IP_SSRR_LENGTH(ExtensionHeader.IP_SSRR, "length", 8, 8, DataType.INTEGER),
    /** {@code ip option ssrr ptr}. */
    IP_SSRR_PTR(ExtensionHeader.IP_SSRR, "ptr", 16, 8, DataType.INTEGER),
    /** {@code ip option ssrr addr}. */
    IP_SSRR_ADDR(ExtensionHeader.IP_SSRR, "addr", 24, 32, DataType.INTEGER),
    /** {@code ip option ra type}. */
    IP_RA_TYPE(ExtensionHeader.IP_RA, "type", 0, 8, DataType.INTEGER),
    /** {@code ip option ra length}. */
    IP_RA_LENGTH(ExtensionHeader.IP_RA, "length", 8, 8, DataType.INTEGER),
    /** {@code ip option ra value}. */
    IP_RA_VALUE(ExtensionHeader.IP_RA, "value", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk data type}. */
    SCTP_DATA_TYPE(ExtensionHeader.SCTP_DATA, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk data flags}. */
    SCTP_DATA_FLAGS(ExtensionHeader.SCTP_DATA, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk data length}. */
    SCTP_DATA_LENGTH(ExtensionHeader.SCTP_DATA, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk data tsn}. */
    SCTP_DATA_TSN(ExtensionHeader.SCTP_DATA, "tsn", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk data stream}. */
    SCTP_DATA_STREAM(ExtensionHeader.SCTP_DATA, "stream", 64, 16, DataType.INTEGER),
    /** {@code sctp chunk data ssn}. */
    SCTP_DATA_SSN(ExtensionHeader.SCTP_DATA, "ssn", 80, 16, DataType.INTEGER),
    /** {@code sctp chunk data ppid}. */
    SCTP_DATA_PPID(ExtensionHeader.SCTP_DATA, "ppid", 96, 32, DataType.INTEGER),
    /** {@code sctp chunk init type}. */
    SCTP_INIT_TYPE(ExtensionHeader.SCTP_INIT, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk init flags}. */
    SCTP_INIT_FLAGS(ExtensionHeader.SCTP_INIT, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk init length}. */
    SCTP_INIT_LENGTH(ExtensionHeader.SCTP_INIT, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk init init-tag}. */
    SCTP_INIT_INIT_TAG(ExtensionHeader.SCTP_INIT, "init-tag", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk init a-rwnd}. */
    SCTP_INIT_A_RWND(ExtensionHeader.SCTP_INIT, "a-rwnd", 64, 32, DataType.INTEGER),
    /** {@code sctp chunk init num-outbound-streams}. */
    SCTP_INIT_NUM_OUTBOUND_STREAMS(ExtensionHeader.SCTP_INIT, "num-outbound-streams", 96, 16, DataType.INTEGER),
    /** {@code sctp chunk init num-inbound-streams}. */
    SCTP_INIT_NUM_INBOUND_STREAMS(ExtensionHeader.SCTP_INIT, "num-inbound-streams", 112, 16, DataType.INTEGER),
    /** {@code sctp chunk init initial-tsn}. */
    SCTP_INIT_INITIAL_TSN(ExtensionHeader.SCTP_INIT, "initial-tsn", 128, 32, DataType.INTEGER),
    /** {@code sctp chunk init-ack type}. */
    SCTP_INIT_ACK_TYPE(ExtensionHeader.SCTP_INIT_ACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk init-ack flags}. */
    SCTP_INIT_ACK_FLAGS(ExtensionHeader.SCTP_INIT_ACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk init-ack length}. */
    SCTP_INIT_ACK_LENGTH(ExtensionHeader.SCTP_INIT_ACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk init-ack init-tag}. */
    SCTP_INIT_ACK_INIT_TAG(ExtensionHeader.SCTP_INIT_ACK, "init-tag", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk init-ack a-rwnd}. */
    SCTP_INIT_ACK_A_RWND(ExtensionHeader.SCTP_INIT_ACK, "a-rwnd", 64, 32, DataType.INTEGER),
    /** {@code sctp chunk init-ack num-outbound-streams}. */
    SCTP_INIT_ACK_NUM_OUTBOUND_STREAMS(ExtensionHeader.SCTP_INIT_ACK, "num-outbound-streams", 96, 16, DataType.INTEGER),
    /** {@code sctp chunk init-ack num-inbound-streams}. */
    SCTP_INIT_ACK_NUM_INBOUND_STREAMS(ExtensionHeader.SCTP_INIT_ACK, "num-inbound-streams", 112, 16, DataType.INTEGER),
    /** {@code sctp chunk init-ack initial-tsn}. */
    SCTP_INIT_ACK_INITIAL_TSN(ExtensionHeader.SCTP_INIT_ACK, "initial-tsn", 128, 32, DataType.INTEGER),
    /** {@code sctp chunk sack type}. */
    SCTP_SACK_TYPE(ExtensionHeader.SCTP_SACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk sack flags}. */
    SCTP_SACK_FLAGS(ExtensionHeader.SCTP_SACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk sack length}. */
    SCTP_SACK_LENGTH(ExtensionHeader.SCTP_SACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk sack cum-tsn-ack}. */
    SCTP_SACK_CUM_TSN_ACK(ExtensionHeader.SCTP_SACK, "cum-tsn-ack", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk sack a-rwnd}. */
    SCTP_SACK_A_RWND(ExtensionHeader.SCTP_SACK, "a-rwnd", 64, 32, DataType.INTEGER),
    /** {@code sctp chunk sack num-gap-ack-blocks}. */
    SCTP_SACK_NUM_GAP_ACK_BLOCKS(ExtensionHeader.SCTP_SACK, "num-gap-ack-blocks", 96, 16, DataType.INTEGER),
    /** {@code sctp chunk sack num-dup-tsns}. */
    SCTP_SACK_NUM_DUP_TSNS(ExtensionHeader.SCTP_SACK, "num-dup-tsns", 112, 16, DataType.INTEGER),
    /** {@code sctp chunk heartbeat type}. */
    SCTP_HEARTBEAT_TYPE(ExtensionHeader.SCTP_HEARTBEAT, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk heartbeat flags}. */
    SCTP_HEARTBEAT_FLAGS(ExtensionHeader.SCTP_HEARTBEAT, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk heartbeat length}. */
    SCTP_HEARTBEAT_LENGTH(ExtensionHeader.SCTP_HEARTBEAT, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk heartbeat-ack type}. */
    SCTP_HEARTBEAT_ACK_TYPE(ExtensionHeader.SCTP_HEARTBEAT_ACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk heartbeat-ack flags}. */
    SCTP_HEARTBEAT_ACK_FLAGS(ExtensionHeader.SCTP_HEARTBEAT_ACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk heartbeat-ack length}. */
    SCTP_HEARTBEAT_ACK_LENGTH(ExtensionHeader.SCTP_HEARTBEAT_ACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk abort type}. */
    SCTP_ABORT_TYPE(ExtensionHeader.SCTP_ABORT, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk abort flags}. */
    SCTP_ABORT_FLAGS(ExtensionHeader.SCTP_ABORT, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk abort length}. */
    SCTP_ABORT_LENGTH(ExtensionHeader.SCTP_ABORT, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk shutdown type}. */
    SCTP_SHUTDOWN_TYPE(ExtensionHeader.SCTP_SHUTDOWN, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown flags}. */
    SCTP_SHUTDOWN_FLAGS(ExtensionHeader.SCTP_SHUTDOWN, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown length}. */
    SCTP_SHUTDOWN_LENGTH(ExtensionHeader.SCTP_SHUTDOWN, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk shutdown cum-tsn-ack}. */
    SCTP_SHUTDOWN_CUM_TSN_ACK(ExtensionHeader.SCTP_SHUTDOWN, "cum-tsn-ack", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk shutdown-ack type}. */
    SCTP_SHUTDOWN_ACK_TYPE(ExtensionHeader.SCTP_SHUTDOWN_ACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown-ack flags}. */
    SCTP_SHUTDOWN_ACK_FLAGS(ExtensionHeader.SCTP_SHUTDOWN_ACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown-ack length}. */
    SCTP_SHUTDOWN_ACK_LENGTH(ExtensionHeader.SCTP_SHUTDOWN_ACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk error type}. */
    SCTP_ERROR_TYPE(ExtensionHeader.SCTP_ERROR, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk error flags}. */
    SCTP_ERROR_FLAGS(ExtensionHeader.SCTP_ERROR, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk error length}. */
    SCTP_ERROR_LENGTH(ExtensionHeader.SCTP_ERROR, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk cookie-echo type}. */
    SCTP_COOKIE_ECHO_TYPE(ExtensionHeader.SCTP_COOKIE_ECHO, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk cookie-echo flags}. */
    SCTP_COOKIE_ECHO_FLAGS(ExtensionHeader.SCTP_COOKIE_ECHO, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk cookie-echo length}. */
    SCTP_COOKIE_ECHO_LENGTH(ExtensionHeader.SCTP_COOKIE_ECHO, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk cookie-ack type}. */
    SCTP_COOKIE_ACK_TYPE(ExtensionHeader.SCTP_COOKIE_ACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk cookie-ack flags}. */
    SCTP_COOKIE_ACK_FLAGS(ExtensionHeader.SCTP_COOKIE_ACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk cookie-ack length}. */
    SCTP_COOKIE_ACK_LENGTH(ExtensionHeader.SCTP_COOKIE_ACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk ecne type}. */
    SCTP_ECNE_TYPE(ExtensionHeader.SCTP_ECNE, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk ecne flags}. */
    SCTP_ECNE_FLAGS(ExtensionHeader.SCTP_ECNE, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk ecne length}. */
    SCTP_ECNE_LENGTH(ExtensionHeader.SCTP_ECNE, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk ecne lowest-tsn}. */
    SCTP_ECNE_LOWEST_TSN(ExtensionHeader.SCTP_ECNE, "lowest-tsn", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk cwr type}. */
    SCTP_CWR_TYPE(ExtensionHeader.SCTP_CWR, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk cwr flags}. */
    SCTP_CWR_FLAGS(ExtensionHeader.SCTP_CWR, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk cwr length}. */
    SCTP_CWR_LENGTH(ExtensionHeader.SCTP_CWR, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk cwr lowest-tsn}. */
    SCTP_CWR_LOWEST_TSN(ExtensionHeader.SCTP_CWR, "lowest-tsn", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk shutdown-complete type}. */
    SCTP_SHUTDOWN_COMPLETE_TYPE(ExtensionHeader.SCTP_SHUTDOWN_COMPLETE, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown-complete flags}. */
    SCTP_SHUTDOWN_COMPLETE_FLAGS(ExtensionHeader.SCTP_SHUTDOWN_COMPLETE, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk shutdown-complete length}. */
    SCTP_SHUTDOWN_COMPLETE_LENGTH(ExtensionHeader.SCTP_SHUTDOWN_COMPLETE, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk asconf-ack type}. */
    SCTP_ASCONF_ACK_TYPE(ExtensionHeader.SCTP_ASCONF_ACK, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk asconf-ack flags}. */
    SCTP_ASCONF_ACK_FLAGS(ExtensionHeader.SCTP_ASCONF_ACK, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk asconf-ack length}. */
    SCTP_ASCONF_ACK_LENGTH(ExtensionHeader.SCTP_ASCONF_ACK, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk asconf-ack seqno}. */
    SCTP_ASCONF_ACK_SEQNO(ExtensionHeader.SCTP_ASCONF_ACK, "seqno", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk forward-tsn type}. */
    SCTP_FORWARD_TSN_TYPE(ExtensionHeader.SCTP_FORWARD_TSN, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk forward-tsn flags}. */
    SCTP_FORWARD_TSN_FLAGS(ExtensionHeader.SCTP_FORWARD_TSN, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk forward-tsn length}. */
    SCTP_FORWARD_TSN_LENGTH(ExtensionHeader.SCTP_FORWARD_TSN, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk forward-tsn new-cum-tsn}. */
    SCTP_FORWARD_TSN_NEW_CUM_TSN(ExtensionHeader.SCTP_FORWARD_TSN, "new-cum-tsn", 32, 32, DataType.INTEGER),
    /** {@code sctp chunk asconf type}. */
    SCTP_ASCONF_TYPE(ExtensionHeader.SCTP_ASCONF, "type", 0, 8, DataType.INTEGER),
    /** {@code sctp chunk asconf flags}. */
    SCTP_ASCONF_FLAGS(ExtensionHeader.SCTP_ASCONF, "flags", 8, 8, DataType.INTEGER),
    /** {@code sctp chunk asconf length}. */
    SCTP_ASCONF_LENGTH(ExtensionHeader.SCTP_ASCONF, "length", 16, 16, DataType.INTEGER),
    /** {@code sctp chunk asconf seqno}. */
    SCTP_ASCONF_SEQNO(ExtensionHeader.SCTP_ASCONF, "seqno", 32, 32, DataType.INTEGER);

    private final ExtensionHeader header;
    private final String text;
    private final int offset;
    private final int bits;
    private final DataType type;

    ExtensionField(ExtensionHeader header, String text, int offset, int bits, DataType type) {
        this.header = header;
        this.text = text;
        this.offset = offset;
        this.bits = bits;
        this.type = type;
    }

    /**
     * The fields of a header.
     *
     * @param header the header
     * @return the fields, in the order of this enum
     */
    public static List<ExtensionField> of(ExtensionHeader header) {
        return Arrays.stream(values()).filter(field -> field.header == header).toList();
    }

    /**
     * The header that has the field.
     *
     * @return the header
     */
    public ExtensionHeader header() {
        return header;
    }

    /**
     * nft's name of the field.
     *
     * @return a name such as {@code size}, without the header's
     */
    public String text() {
        return text;
    }

    /**
     * The place of the field.
     *
     * @return bits from the start of the header
     */
    public int offset() {
        return offset;
    }

    @Override
    public DataType type() {
        return type;
    }

    @Override
    public int bits() {
        return bits;
    }
}
