package dev.nfkit.conntrack;

/** Explains why the kernel omits an attribute of an entry, and what would make the kernel send it. */
final class Absence {
    private Absence() {}

    static String of(ConntrackAttribute attribute) {
        return switch (attribute) {
            case COUNTERS_ORIG, COUNTERS_REPLY ->
                "the kernel counts connections that begin after sysctl net.netfilter.nf_conntrack_acct=1";
            case TIMESTAMP, TIMESTAMP_EVENT ->
                "the kernel keeps times of connections that begin after sysctl net.netfilter.nf_conntrack_timestamp=1";
            case TIMEOUT -> "the connection has ended";
            case USE -> "only entries of the table have it, not those of packets";
            case LABELS -> "the connection has no space for labels; a rule that matches labels provides it";
            case HELP -> "no helper follows the connection";
            case PROTOINFO -> "the protocol has no state, or the connection has ended";
            case TUPLE_MASTER -> "no other connection expected this one";
            case SECCTX -> "the kernel has no security context for it (secmark)";
            case SEQ_ADJ_ORIG, SEQ_ADJ_REPLY -> "sequence numbers are not adjusted";
            case SYNPROXY -> "the connection does not go through a SYN proxy";
            case NAT_SRC, NAT_DST, MARK_MASK, LABELS_MASK, FILTER, STATUS_MASK -> "only requests carry it";
            default -> "the kernel did not send it";
        };
    }
}
