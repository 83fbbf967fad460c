// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import static dev.nfkit.wire.AttributeFacts.nest;
import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BE64;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.HOST32;
import static dev.nfkit.wire.AttributeShape.STRING;
import static dev.nfkit.wire.AttributeShape.U8;

import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/** The attributes of a trace message ({@code enum nft_trace_attributes} in {@code linux/netfilter/nf_tables.h}). */
public enum TraceAttribute implements AttributeType {
    /** The name of the table. */
    TABLE(value(1, STRING, "4.5").absent(Reasons.ALWAYS)),
    /** The name of the chain. */
    CHAIN(value(2, STRING, "4.5").absent(Reasons.ALWAYS)),
    /** The handle of the rule. */
    RULE_HANDLE(value(3, BE64, "4.5").absent("the chain ended without a verdict, or its policy decided")),
    /** Rule, return or policy ({@code enum nft_trace_types}). */
    TYPE(value(4, BE32, "4.5").absent(Reasons.ALWAYS)),
    /** What the rule decided: {@link Verdict}. */
    VERDICT(nest(5, Verdict.SCHEMA, "4.5").absent("the policy of the chain decided")),
    /** A number that all messages of a packet have. Later packets may have it, too. */
    ID(value(6, HOST32, "4.5").absent(Reasons.ALWAYS)),
    /** The link-layer header, at most 20 bytes. */
    LL_HEADER(value(7, BYTES, "4.5").absent(Reasons.PACKET)),
    /** The network header, at most 40 bytes. */
    NETWORK_HEADER(value(8, BYTES, "4.5").absent(Reasons.PACKET)),
    /** The transport header and what follows it, at most 20 bytes. */
    TRANSPORT_HEADER(value(9, BYTES, "4.5").absent(Reasons.PACKET)),
    /** The interface that the packet came in by. */
    IIF(value(10, BE32, "4.5").absent(Reasons.PACKET)),
    /** The type of that interface ({@code ARPHRD_*}). */
    IIFTYPE(value(11, BE16, "4.5").absent(Reasons.PACKET)),
    /** The interface that the packet leaves by. */
    OIF(value(12, BE32, "4.5").absent(Reasons.PACKET)),
    /** The type of that interface ({@code ARPHRD_*}). */
    OIFTYPE(value(13, BE16, "4.5").absent(Reasons.PACKET)),
    /** The packet's mark at that time; absent if it is 0. */
    MARK(value(14, BE32, "4.5").absent("the packet's mark is 0")),
    /** The family of the packet ({@code NFPROTO_*}). */
    NFPROTO(value(15, BE32, "4.5").absent(Reasons.ALWAYS)),
    /** The policy that decided ({@code NF_ACCEPT} or {@code NF_DROP}). */
    POLICY(value(16, BE32, "4.5").absent("a rule decided, not the policy of the chain")),
    /** The id of the connection, as {@code CTA_ID} of conntrack. */
    CT_ID(value(18, BE32, "6.16").absent(Reasons.CONNECTION)),
    /** The direction of the packet in its connection ({@code enum ip_conntrack_dir}). */
    CT_DIRECTION(value(19, U8, "6.16").absent(Reasons.CONNECTION)),
    /** The status of the connection ({@code enum ip_conntrack_status}); absent if it is 0. */
    CT_STATUS(value(20, BE32, "6.16").absent(Reasons.CONNECTION)),
    /** The state of the packet in its connection ({@code NF_CT_STATE_BIT}). */
    CT_STATE(value(21, BE32, "6.16").absent(Reasons.CONNECTION));

    /** The attributes inside {@link #VERDICT} ({@code enum nft_verdict_attributes}). */
    public enum Verdict implements AttributeType {
        /** {@code NF_*} with its parameters, or {@code NFT_*}. */
        CODE(value(1, BE32, "4.5")),
        /** The chain of a jump or goto. */
        CHAIN(value(2, STRING, "4.5").absent("the verdict is no jump and no goto"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("NFTA_TRACE_VERDICT", List.of(values()));

        private final AttributeFacts facts;

        Verdict(AttributeFacts facts) {
            this.facts = facts.named("NFTA_VERDICT_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    private static final class Reasons {
        static final String ALWAYS = "the kernel sends it with every message; this message is not from the kernel";
        static final String PACKET =
                "only the first message of a packet in a base chain describes the packet, as far as "
                        + "it has this there";
        static final String CONNECTION = "only the first message of a packet in a base chain has it, since Linux 6.16, "
                + "and only if the packet is tracked";

        private Reasons() {}
    }

    /** The schema of a trace message. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("NFT_MSG_TRACE", List.of(values()));

    private final AttributeFacts facts;

    TraceAttribute(AttributeFacts facts) {
        this.facts = facts.named("NFTA_TRACE_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
