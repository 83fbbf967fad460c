// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counters, in one message for each processor ({@code ctnetlink_ct_stat_cpu_dump}, {@code
 * ctnetlink_exp_stat_cpu_dump}).
 */
final class StatisticsRows implements KernelDump.Rows {
    /**
     * The message type that the kernel also uses for the counters of expectations: the number of the table's subsystem,
     * not of theirs.
     */
    private static final int OF_EXPECTATIONS = Netlink.NFNL_SUBSYS_CTNETLINK << 8 | 3;

    private final Iterator<KernelDump.Row> rows;

    private StatisticsRows(Stream<KernelDump.Row> rows) {
        this.rows = rows.toList().iterator();
    }

    static StatisticsRows ofTable(
            ParsedMessage request, KernelSocket socket, ConntrackProperties kernel, Set<StatisticsAttribute> gone) {
        List<StatisticsAttribute> counters = Stream.of(StatisticsAttribute.values())
                .filter(counter -> kernel.knows(counter) && !gone.contains(counter))
                .toList();
        return new StatisticsRows(kernel.statistics().entrySet().stream().map(processor -> {
            Map<StatisticsAttribute, Long> values = processor.getValue();
            return row(
                    request, socket, request.type(), processor.getKey(), counters, it -> values.getOrDefault(it, 0L));
        }));
    }

    static StatisticsRows ofExpectations(ParsedMessage request, KernelSocket socket, ConntrackProperties kernel) {
        List<StatisticsAttribute.Expectations> counters = List.of(StatisticsAttribute.Expectations.values());
        return new StatisticsRows(kernel.statistics().keySet().stream()
                .map(processor -> row(
                        request,
                        socket,
                        OF_EXPECTATIONS,
                        processor,
                        counters,
                        it -> processor == 0 ? kernel.statistic(it) : 0)));
    }

    private static <C extends AttributeType> KernelDump.Row row(
            ParsedMessage request,
            KernelSocket socket,
            int type,
            int processor,
            List<C> counters,
            ToLongFunction<C> value) {
        return (writer, flags) -> {
            MessageWriter row = writer.begin(type, flags, request.sequence(), socket.portId())
                    .nfgenmsg(0, processor);
            counters.forEach(counter -> row.be32(counter.code(), value.applyAsLong(counter)));
            row.end();
        };
    }

    @Override
    public KernelDump.@Nullable Row next() {
        return rows.hasNext() ? rows.next() : null;
    }

    @Override
    public boolean interrupted() {
        return false;
    }
}
