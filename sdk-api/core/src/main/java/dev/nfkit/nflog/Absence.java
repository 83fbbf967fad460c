package dev.nfkit.nflog;

/** Explains why the kernel omits an attribute, and what would make it send the attribute. */
final class Absence {
    private Absence() {}

    static String reason(NflogAttribute attribute) {
        return switch (attribute) {
            case PACKET_HDR -> "the kernel sends it with every packet; this message is not from the kernel";
            case MARK -> "the packet's mark is 0";
            case TIMESTAMP -> "only packets that passed a receiving hook have one; use capturedAtNanos()";
            case IFINDEX_INDEV, HWTYPE, HWHEADER, HWLEN -> "the packet did not come in by an interface";
            case IFINDEX_OUTDEV -> "the output interface is not known at this hook";
            case IFINDEX_PHYSINDEV, IFINDEX_PHYSOUTDEV -> "the packet does not cross a bridge";
            case HWADDR -> "the packet did not come in by an interface with link-layer addresses";
            case PAYLOAD -> "the group's copy mode is not PACKET";
            case PREFIX -> "the rule has no prefix";
            case UID, GID -> "no local socket sent the packet";
            case SEQ -> "switch it on with sequence(true) in the group's options";
            case SEQ_GLOBAL -> "switch it on with sequenceGlobal(true) in the group's options";
            case CT, CT_INFO ->
                "switch it on with conntrack(true) in the group's options; " + "packets that are not tracked have none";
            case VLAN -> "the device removed no VLAN tag from the packet";
            case L2HDR -> "only packets of the bridge and netdev families have one";
        };
    }
}
