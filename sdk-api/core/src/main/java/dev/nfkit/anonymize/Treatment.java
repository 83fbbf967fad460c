// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.wire.AttributeType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What becomes of an attribute's value. An attribute without a treatment becomes zeros. */
enum Treatment {
    /** A number of the kernel, of the rules, of time or of flow: it stays. */
    KEEP,
    /** A structure of such numbers: it stays. */
    STRUCTURE,
    /** Bits of such a meaning, up to a length: they stay. */
    BITMAP,
    /** An address of 4 or 16 bytes: replaced one to one. */
    ADDRESS,
    /** A packet from its network header on. */
    PACKET,
    /** A link-layer header. */
    LINK_HEADER,
    /** A link-layer address with its length. */
    HARDWARE_ADDRESS,
    /** The name of a helper or function: it stays if it is one of the kernel's own, any other is treated as text. */
    NAME,
    /** Text of an administrator: replaced by as many letters, the same text by the same. */
    TEXT,
    /** A user or a group: replaced one to one; root stays. */
    USER,
    /** Opaque data: noise of the same length. */
    NOISE,
    /** Attributes, each of which is treated by itself. */
    NEST,
    /** Attributes whose addresses are masks: these stay, and any other address becomes zeros. */
    MASK;

    private static final Map<AttributeType, Treatment> OTHERS = new HashMap<>();

    static {
        treat(PACKET, NflogAttribute.PAYLOAD, NfqueueAttribute.PAYLOAD);
        treat(LINK_HEADER, NflogAttribute.HWHEADER, NflogAttribute.L2HDR, NfqueueAttribute.L2HDR);
        treat(HARDWARE_ADDRESS, NflogAttribute.HWADDR, NfqueueAttribute.HWADDR);
        treat(TEXT, NflogAttribute.PREFIX, NfqueueAttribute.SECCTX, ConntrackAttribute.SecCtx.NAME);
        treat(USER, NflogAttribute.UID, NflogAttribute.GID, NfqueueAttribute.UID, NfqueueAttribute.GID);
        EnumSet.allOf(ConntrackAttribute.Ip.class).forEach(each -> treat(ADDRESS, each));
        treat(
                ADDRESS,
                ConntrackAttribute.Nat.V4_MINIP,
                ConntrackAttribute.Nat.V4_MAXIP,
                ConntrackAttribute.Nat.V6_MINIP,
                ConntrackAttribute.Nat.V6_MAXIP);
        treat(NOISE, ConntrackAttribute.Help.INFO);
        treat(MASK, ExpectationAttribute.MASK);
        treat(NAME, ConntrackAttribute.Help.NAME, ExpectationAttribute.HELP_NAME, ExpectationAttribute.FN);
        treat(BITMAP, ConntrackAttribute.LABELS, ConntrackAttribute.LABELS_MASK);
    }

    private static void treat(Treatment treatment, AttributeType... types) {
        for (AttributeType type : types) {
            OTHERS.put(type, treatment);
        }
    }

    /** The treatment of a known attribute: empty if none was chosen, so that its value must not stay. */
    static Optional<Treatment> of(AttributeType type) {
        Treatment other = OTHERS.get(type);
        if (other != null) {
            return Optional.of(other);
        }
        return switch (type.shape()) {
            case NESTED -> Optional.of(NEST);
            case U8, BE16, BE32, BE64, HOST32 -> Optional.of(KEEP);
            case BYTES, STRING -> Structures.known(type) ? Optional.of(STRUCTURE) : Optional.empty();
        };
    }
}
