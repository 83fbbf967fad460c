// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.conntrack.codec.Probe;
import dev.nfkit.session.TableRequests;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;

/** Requests connection tracking's counters. */
final class StatisticsRequests {
    private StatisticsRequests() {}

    static ConntrackStatistics global(TableRequests requests) throws NetlinkException {
        long[] values = {0, -1};
        requests.<RuntimeException>ask(Probe.NAME, Probe.TYPE, 0, writer -> writer.nfgenmsg(0, 0), message -> {
            AttributeCursor cursor = new AttributeCursor().wrap(message, StatisticsAttribute.Global.SCHEMA.name());
            while (cursor.next()) {
                if (cursor.type() == Cta.STATS_GLOBAL_ENTRIES) {
                    values[0] = cursor.be32();
                } else if (cursor.type() == Cta.STATS_GLOBAL_MAX_ENTRIES) {
                    values[1] = cursor.be32();
                }
            }
        });
        return new ConntrackStatistics(values[0], values[1]);
    }

    static List<CpuCounters<StatisticsAttribute>> connections(TableRequests requests) throws NetlinkException {
        return byCpu(
                requests,
                "get statistics of connections by processor",
                MessageTypes.CT_GET_STATS_CPU,
                StatisticsAttribute.class);
    }

    static List<CpuCounters<StatisticsAttribute.Expectations>> expectations(TableRequests requests)
            throws NetlinkException {
        return byCpu(
                requests,
                "get statistics of expectations by processor",
                MessageTypes.EXP_GET_STATS_CPU,
                StatisticsAttribute.Expectations.class);
    }

    private static <A extends Enum<A> & AttributeType> List<CpuCounters<A>> byCpu(
            TableRequests requests, String what, int type, Class<A> counters) throws NetlinkException {
        List<CpuCounters<A>> found = new ArrayList<>();
        requests.<RuntimeException>ask(
                what,
                type,
                Netlink.NLM_F_DUMP,
                writer -> writer.nfgenmsg(0, 0),
                message -> found.add(read(message, what, counters)));
        return found;
    }

    /** The processor is in the field that holds a group or queue in other messages. */
    private static <A extends Enum<A> & AttributeType> CpuCounters<A> read(
            MessageCursor message, String path, Class<A> counters) throws MalformedMessageException {
        EnumMap<A, Long> values = new EnumMap<>(counters);
        AttributeCursor cursor = new AttributeCursor().wrap(message, path);
        while (cursor.next()) {
            for (A counter : counters.getEnumConstants()) {
                if (counter.code() == cursor.type()) {
                    values.put(counter, cursor.be32());
                }
            }
        }
        return new CpuCounters<>(message.resId(), values);
    }
}
