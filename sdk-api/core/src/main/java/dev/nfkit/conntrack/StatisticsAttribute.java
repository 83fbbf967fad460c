package dev.nfkit.conntrack;

import static dev.nfkit.wire.AttributeShape.BE32;

import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The counters of connection tracking, by processor ({@code enum ctattr_stats_cpu} in
 * {@code linux/netfilter/nfnetlink_conntrack.h}).
 */
public enum StatisticsAttribute implements AttributeType {
    /** Steps of searches; no longer counted. */
    SEARCHED(1, BE32, 4, "3.3"),
    /** Entries found. */
    FOUND(2, BE32, 4, "3.3"),
    /** Entries made; no longer counted. */
    NEW(3, BE32, 4, "3.3"),
    /** Packets that cannot be tracked. */
    INVALID(4, BE32, 4, "3.3"),
    /** Packets that were tracked already; no longer counted. */
    IGNORE(5, BE32, 4, "3.3"),
    /** Entries removed; no longer counted. */
    DELETE(6, BE32, 4, "3.3"),
    /** Entries put on the dying list; no longer counted. */
    DELETE_LIST(7, BE32, 4, "3.3"),
    /** Entries inserted. */
    INSERT(8, BE32, 4, "3.3"),
    /** Entries that could not be inserted, such as duplicates. */
    INSERT_FAILED(9, BE32, 4, "3.3"),
    /** Packets dropped because tracking failed, for lack of memory or space. */
    DROP(10, BE32, 4, "3.3"),
    /** Entries removed to make space. */
    EARLY_DROP(11, BE32, 4, "3.3"),
    /** Packets that a protocol's check refused. */
    ERROR(12, BE32, 4, "3.3"),
    /** Searches restarted because the table was resized. */
    SEARCH_RESTART(13, BE32, 4, "3.3"),
    /** Duplicates that were merged. */
    CLASH_RESOLVE(14, BE32, 4, "5.9"),
    /** Entries refused because their chain was too long. */
    CHAIN_TOOLONG(15, BE32, 4, "5.15");

    /** Of the whole table ({@code enum ctattr_stats_global}). */
    public enum Global implements AttributeType {
        /** Entries in the table. */
        ENTRIES(1, BE32, 4, "3.3"),
        /** The maximum number of entries. */
        MAX_ENTRIES(2, BE32, 4, "4.18");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT_GET_STATS", List.of(values()));

        private final AttributeFacts facts;

        Global(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_STATS_GLOBAL_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** Of expectations, by processor ({@code enum ctattr_expect_stats}). */
    public enum Expectations implements AttributeType {
        /** Expected connections that arrived. */
        NEW(1, BE32, 4, "3.3"),
        /** Expectations made. */
        CREATE(2, BE32, 4, "3.3"),
        /** Expectations removed. */
        DELETE(3, BE32, 4, "3.3");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA =
                new AttributeSchema("IPCTNL_MSG_EXP_GET_STATS_CPU", List.of(values()));

        private final AttributeFacts facts;

        Expectations(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "CTA_STATS_EXP_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of these attributes. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("IPCTNL_MSG_CT_GET_STATS_CPU", List.of(values()));

    private final AttributeFacts facts;

    StatisticsAttribute(int code, AttributeShape shape, int minimumLength, String since) {
        facts = AttributeFacts.of(code, "CTA_STATS_", name(), shape, minimumLength, since);
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
