// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.wire.AttributeType;
import java.util.Map;

/** The values of several bytes that stay, with their lengths without padding at the end. Bytes after that are lost. */
final class Structures {
    /** Bytes of 128 labels ({@code NF_CT_LABELS_MAX_SIZE}). */
    private static final int LABELS = 16;

    private static final Map<AttributeType, Integer> LENGTHS = Map.of(
            NflogAttribute.PACKET_HDR,
            3,
            NflogAttribute.TIMESTAMP,
            16,
            NfqueueAttribute.PACKET_HDR,
            7,
            NfqueueAttribute.VERDICT_HDR,
            8,
            NfqueueAttribute.TIMESTAMP,
            16,
            ConntrackAttribute.LABELS,
            LABELS,
            ConntrackAttribute.LABELS_MASK,
            LABELS,
            // struct nf_ct_tcp_flags: flags and mask.
            ConntrackAttribute.Tcp.FLAGS_ORIGINAL,
            2,
            ConntrackAttribute.Tcp.FLAGS_REPLY,
            2);

    private Structures() {}

    static boolean known(AttributeType type) {
        return LENGTHS.containsKey(type);
    }

    static int length(AttributeType type) {
        return LENGTHS.getOrDefault(type, 0);
    }

    /**
     * The ethertype in the header of a logged or queued packet; in any other structure the one that was known before.
     */
    static int protocol(AttributeType type, Region value, int before) {
        if (value.length < length(type)) {
            return before;
        }
        if (type == NflogAttribute.PACKET_HDR) {
            return value.u16(0);
        }
        return type == NfqueueAttribute.PACKET_HDR ? value.u16(4) : before;
    }
}
