package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of an expectation ({@code enum ctattr_expect} in {@code linux/netfilter/nfnetlink_conntrack.h}).
 */
public enum ExpectationAttribute implements AttributeType {
    /** The original direction of the connection that expects. */
    MASTER(1, ConntrackAttribute.Tuple.SCHEMA, "2.6.14"),
    /** The connection that is expected. */
    TUPLE(2, ConntrackAttribute.Tuple.SCHEMA, "2.6.14"),
    /** The bits of it that must match. */
    MASK(3, ConntrackAttribute.Tuple.SCHEMA, "2.6.14"),
    /** Seconds until the expectation expires. */
    TIMEOUT(4, BE32, 4, "2.6.14"),
    /** The expectation's id, opaque. */
    ID(5, BE32, 4, "2.6.14"),
    /** The helper's name. */
    HELP_NAME(6, STRING, 1, "2.6.14"),
    /** The zone; absent if it is 0. */
    ZONE(7, BE16, 2, "2.6.34"),
    /** {@code NF_CT_EXPECT_*}. */
    FLAGS(8, BE32, 4, "3.3"),
    /** The helper's class of expectation. */
    CLASS(9, BE32, 4, "3.5"),
    /** The translation of the expected connection: {@link Nat}. */
    NAT(10, Nat.SCHEMA, "3.5"),
    /** The function to call when the connection arrives. */
    FN(11, STRING, 1, "3.7");

    /** A translation ({@code enum ctattr_expect_nat}). */
    public enum Nat implements AttributeType {
        /** 0 for the original direction, 1 for the reply. */
        DIR(1, BE32, 4, "3.5"),
        /** The address and port of the translation. */
        TUPLE(2, ConntrackAttribute.Tuple.SCHEMA, "3.5");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_EXPECT_NAT", List.of(values()));

        private final AttributeFacts facts;

        Nat(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_EXPECT_NAT_", name(), shape, minimumLength, since);
        }

        Nat(int code, AttributeSchema nested, String since) {
            facts = AttributeFacts.nest(code, "CTA_EXPECT_NAT_", name(), nested, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_EXP", List.of(values()));

    private final AttributeFacts facts;

    ExpectationAttribute(int code, AttributeShape shape, int minimumLength, String since) {
        facts = AttributeFacts.of(code, "CTA_EXPECT_", name(), shape, minimumLength, since);
    }

    ExpectationAttribute(int code, AttributeSchema nested, String since) {
        facts = AttributeFacts.nest(code, "CTA_EXPECT_", name(), nested, since);
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
