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

/** What becomes of an attribute's value. An attribute that is in none of the families' tables becomes zeros. */
enum Treatment {
    /** It stays: numbers of the kernel, of the rules, of time and of flow, which name nobody. */
    KEEP,
    /** An address of 4 or 16 bytes: another, always the same. */
    ADDRESS,
    /** A packet from its network header on. */
    PACKET,
    /** A link-layer header. */
    LINK_HEADER,
    /** A link-layer address with its length. */
    HARDWARE_ADDRESS,
    /** Words of an administrator: letters of the same number, the same words always by the same. */
    TEXT,
    /** A user or a group: root stays, another number becomes another. */
    USER,
    /** Anything: noise of the same length. */
    NOISE,
    /** Attributes, each of which is treated by itself. */
    NEST,
    /** Attributes that stay as a whole: the masks of addresses. */
    KEEP_NEST;

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
        treat(KEEP_NEST, ExpectationAttribute.MASK);
    }

    private static void treat(Treatment treatment, AttributeType... types) {
        for (AttributeType type : types) {
            OTHERS.put(type, treatment);
        }
    }

    /** What becomes of a known attribute: empty where nobody has decided, so that it must not stay. */
    static Optional<Treatment> of(AttributeType type) {
        Treatment other = OTHERS.get(type);
        if (other != null) {
            return Optional.of(other);
        }
        return switch (type.shape()) {
            case NESTED -> Optional.of(NEST);
            case U8, BE16, BE32, BE64, HOST32 -> Optional.of(KEEP);
            case BYTES, STRING -> Plain.known(type) ? Optional.of(KEEP) : Optional.empty();
        };
    }
}
