// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE32;

import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The counters of connection tracking, by processor ({@code enum ctattr_stats_cpu} in
 * {@code linux/netfilter/nfnetlink_conntrack.h}).
 */
public enum StatisticsAttribute implements AttributeType {
    /** Steps of searches; no longer counted. */
    SEARCHED(value(Cta.STATS_SEARCHED, BE32, "3.3")),
    /** Entries found. */
    FOUND(value(Cta.STATS_FOUND, BE32, "3.3")),
    /** Entries made; no longer counted. */
    NEW(value(Cta.STATS_NEW, BE32, "3.3")),
    /** Packets that cannot be tracked. */
    INVALID(value(Cta.STATS_INVALID, BE32, "3.3")),
    /** Packets that were tracked already; no longer counted. */
    IGNORE(value(Cta.STATS_IGNORE, BE32, "3.3")),
    /** Entries removed; no longer counted. */
    DELETE(value(Cta.STATS_DELETE, BE32, "3.3")),
    /** Entries put on the dying list; no longer counted. */
    DELETE_LIST(value(Cta.STATS_DELETE_LIST, BE32, "3.3")),
    /** Entries inserted. */
    INSERT(value(Cta.STATS_INSERT, BE32, "3.3")),
    /** Entries that could not be inserted, such as duplicates. */
    INSERT_FAILED(value(Cta.STATS_INSERT_FAILED, BE32, "3.3")),
    /** Packets dropped because tracking failed, for lack of memory or space. */
    DROP(value(Cta.STATS_DROP, BE32, "3.3")),
    /** Entries removed to make space. */
    EARLY_DROP(value(Cta.STATS_EARLY_DROP, BE32, "3.3")),
    /** Packets that a protocol's check refused. */
    ERROR(value(Cta.STATS_ERROR, BE32, "3.3")),
    /** Searches restarted because the table was resized. */
    SEARCH_RESTART(value(Cta.STATS_SEARCH_RESTART, BE32, "3.3")),
    /** Duplicates that were merged. */
    CLASH_RESOLVE(value(Cta.STATS_CLASH_RESOLVE, BE32, "5.9")),
    /** Entries refused because their chain was too long. */
    CHAIN_TOOLONG(value(Cta.STATS_CHAIN_TOOLONG, BE32, "5.15"));

    /** Of the whole table ({@code enum ctattr_stats_global}). */
    public enum Global implements AttributeType {
        /** Entries in the table. */
        ENTRIES(value(Cta.STATS_GLOBAL_ENTRIES, BE32, "3.3")),
        /** The maximum number of entries. */
        MAX_ENTRIES(value(Cta.STATS_GLOBAL_MAX_ENTRIES, BE32, "4.18"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT_GET_STATS", List.of(values()));

        private final AttributeFacts facts;

        Global(AttributeFacts facts) {
            this.facts = facts.named("CTA_STATS_GLOBAL_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Of expectations, by processor ({@code enum ctattr_expect_stats}). */
    public enum Expectations implements AttributeType {
        /** Expected connections that arrived. */
        NEW(value(Cta.STATS_EXP_NEW, BE32, "3.3")),
        /** Expectations made. */
        CREATE(value(Cta.STATS_EXP_CREATE, BE32, "3.3")),
        /** Expectations removed. */
        DELETE(value(Cta.STATS_EXP_DELETE, BE32, "3.3"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA =
                new AttributeSchema("IPCTNL_MSG_EXP_GET_STATS_CPU", List.of(values()));

        private final AttributeFacts facts;

        Expectations(AttributeFacts facts) {
            this.facts = facts.named("CTA_STATS_EXP_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT_GET_STATS_CPU", List.of(values()));

    private final AttributeFacts facts;

    StatisticsAttribute(AttributeFacts facts) {
        this.facts = facts.named("CTA_STATS_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
