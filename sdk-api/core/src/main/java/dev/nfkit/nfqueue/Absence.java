package dev.nfkit.nfqueue;

/** Explains why the kernel omits an attribute, and what would make the kernel send it. */
final class Absence {
    private Absence() {}

    static String reason(NfqueueAttribute attribute) {
        return switch (attribute) {
            case PACKET_HDR -> "the kernel sends it with every packet; this message is not from the kernel";
            case VERDICT_HDR, EXP -> "only verdicts contain it";
            case MARK -> "the packet's mark is 0";
            case TIMESTAMP -> "only packets that passed a receiving hook have one; use capturedAtNanos()";
            case IFINDEX_INDEV -> "the packet did not come in by an interface";
            case IFINDEX_OUTDEV -> "the output interface is not known at this hook";
            case IFINDEX_PHYSINDEV, IFINDEX_PHYSOUTDEV -> "the packet does not cross a bridge";
            case HWADDR -> "the packet did not come in by an interface with link-layer addresses";
            case PAYLOAD -> "the queue's copy mode is not PACKET";
            case CT, CT_INFO ->
                "switch it on with conntrack(true) in the queue's options; packets that are not tracked have none";
            case CAP_LEN -> "the payload is whole";
            case SKB_INFO -> "no flag is set";
            case UID, GID ->
                "switch it on with uidGid(true) in the queue's options; packets that no local socket sent have none";
            case SECCTX ->
                "switch it on with securityContext(true) in the queue's options; it needs a security module that labels"
                        + " packets";
            case VLAN, L2HDR -> "only packets of the bridge family have one";
            case PRIORITY -> "the packet's priority is 0, or the kernel is older than 5.18";
            case CGROUP_CLASSID -> "no control group has classified the packet, or the kernel is older than 6.4";
        };
    }
}
