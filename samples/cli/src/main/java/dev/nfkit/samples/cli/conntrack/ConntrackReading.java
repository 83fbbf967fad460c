// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.ConntrackStatistics;
import dev.nfkit.conntrack.table.DumpResult;
import dev.nfkit.conntrack.table.EntrySink;
import dev.nfkit.samples.cli.conntrack.arguments.ConntrackTable;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.util.Optional;

/** Shows the connection table: {@code -L}, {@code -G}, {@code -S} and {@code -C}. */
final class ConntrackReading {
    private final Conntrack table;
    private final ConntrackOutput output;

    ConntrackReading(Conntrack table, ConntrackOutput output) {
        this.table = table;
        this.output = output;
    }

    /** Lists the selected entries and returns the exit code. */
    int list(ConntrackTable which, EntrySelection selection, boolean zero) throws NetlinkException, WriteFailure {
        long[] shown = new long[1];
        EntrySink<WriteFailure> sink = entry -> {
            if (selection.matches(entry)) {
                output.entry(entry);
                shown[0]++;
            }
        };
        ConntrackOutput.warn(dump(which, selection, zero, sink));
        output.end(false);
        output.summary(shown[0], "flow entries have been shown");
        return 0;
    }

    private DumpResult dump(ConntrackTable which, EntrySelection selection, boolean zero, EntrySink<WriteFailure> sink)
            throws NetlinkException, WriteFailure {
        EntrySink<WriteFailure> filtered = entry -> {
            if (selection.filter().matches(entry)) {
                sink.entry(entry);
            }
        };
        return switch (which) {
            case DYING -> table.dumpDying(filtered);
            case UNCONFIRMED -> table.dumpUnconfirmed(filtered);
            default ->
                zero ? table.dumpAndResetCounters(selection.filter(), sink) : table.dump(selection.filter(), sink);
        };
    }

    /** Prints the entry of a tuple and returns the exit code. */
    int get(ConntrackTuple tuple, int zone) throws NetlinkException, WriteFailure, Failure {
        Optional<ConntrackEntry> found = table.get(tuple, zone);
        if (found.isEmpty()) {
            throw Failure.running("there is no such connection: " + tuple);
        }
        output.entry(found.get());
        output.end(false);
        output.summary(1, "flow entries have been shown");
        return 0;
    }

    /** Prints the counters of each processor and returns the exit code. */
    int statistics() throws NetlinkException, WriteFailure {
        output.counters(table.cpuStatistics(), "");
        output.flush();
        return 0;
    }

    /** Prints the number of entries and returns the exit code. */
    int count() throws NetlinkException, WriteFailure {
        ConntrackStatistics statistics = table.statistics();
        output.count(statistics.entries(), statistics.maxEntries());
        output.flush();
        return 0;
    }
}
