// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeFacts.nest;
import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of an expectation ({@code enum ctattr_expect} in {@code linux/netfilter/nfnetlink_conntrack.h}).
 */
public enum ExpectationAttribute implements AttributeType {
    /** The original direction of the connection that expects. */
    MASTER(nest(Cta.EXPECT_MASTER, ConntrackAttribute.Tuple.SCHEMA, "2.6.14")),
    /** The connection that is expected. */
    TUPLE(nest(Cta.EXPECT_TUPLE, ConntrackAttribute.Tuple.SCHEMA, "2.6.14")),
    /** The bits of it that must match. */
    MASK(nest(Cta.EXPECT_MASK, ConntrackAttribute.Tuple.SCHEMA, "2.6.14")),
    /** Seconds until the expectation expires. */
    TIMEOUT(value(Cta.EXPECT_TIMEOUT, BE32, "2.6.14")),
    /** The expectation's id, opaque. */
    ID(value(Cta.EXPECT_ID, BE32, "2.6.14")),
    /** The helper's name. */
    HELP_NAME(value(Cta.EXPECT_HELP_NAME, STRING, "2.6.14")),
    /** The zone; absent if it is 0. */
    ZONE(value(Cta.EXPECT_ZONE, BE16, "2.6.34")),
    /** {@code NF_CT_EXPECT_*}. */
    FLAGS(value(Cta.EXPECT_FLAGS, BE32, "3.3")),
    /** The helper's class of expectation. */
    CLASS(value(Cta.EXPECT_CLASS, BE32, "3.5")),
    /** The translation of the expected connection: {@link Nat}. */
    NAT(nest(Cta.EXPECT_NAT, Nat.SCHEMA, "3.5")),
    /** The function to call when the connection arrives. */
    FN(value(Cta.EXPECT_FN, STRING, "3.7"));

    /** A translation ({@code enum ctattr_expect_nat}). */
    public enum Nat implements AttributeType {
        /** 0 for the original direction, 1 for the reply. */
        DIR(value(Cta.EXPECT_NAT_DIR, BE32, "3.5")),
        /** The address and port of the translation. */
        TUPLE(nest(Cta.EXPECT_NAT_TUPLE, ConntrackAttribute.Tuple.SCHEMA, "3.5"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("CTA_EXPECT_NAT", List.of(values()));

        private final AttributeFacts facts;

        Nat(AttributeFacts facts) {
            this.facts = facts.named("CTA_EXPECT_NAT_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_EXP", List.of(values()));

    private final AttributeFacts facts;

    ExpectationAttribute(AttributeFacts facts) {
        this.facts = facts.named("CTA_EXPECT_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
