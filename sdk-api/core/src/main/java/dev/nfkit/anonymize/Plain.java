package dev.nfkit.anonymize;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.wire.AttributeType;
import java.util.Set;

/** Bytes and strings that name nobody, one by one: what is not here and has no treatment of its own is not let through. */
final class Plain {
    private static final Set<AttributeType> KNOWN = Set.of(
            NflogAttribute.PACKET_HDR,
            NflogAttribute.TIMESTAMP,
            NfqueueAttribute.PACKET_HDR,
            NfqueueAttribute.VERDICT_HDR,
            NfqueueAttribute.TIMESTAMP,
            ConntrackAttribute.LABELS,
            ConntrackAttribute.LABELS_MASK,
            ConntrackAttribute.Tcp.FLAGS_ORIGINAL,
            ConntrackAttribute.Tcp.FLAGS_REPLY,
            // Names of the kernel's own: "ftp", "nat-follow-master".
            ConntrackAttribute.Help.NAME,
            ExpectationAttribute.HELP_NAME,
            ExpectationAttribute.FN);

    private Plain() {}

    static boolean known(AttributeType type) {
        return KNOWN.contains(type);
    }
}
