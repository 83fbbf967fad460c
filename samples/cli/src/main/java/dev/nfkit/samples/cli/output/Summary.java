// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.Statistics;
import java.util.ArrayList;
import java.util.List;

/** The summary of a capture, in a line. */
public final class Summary {
    private Summary() {}

    /** The number of lost packets: as counted by gaps, or at least the number of lost datagrams. */
    public static long dropped(Statistics statistics) {
        return Math.max(statistics.sequenceGaps(), statistics.socketDrops() + statistics.truncatedDatagrams());
    }

    /** The counts to show while running. */
    public static String counts(long packets, long bytes, Statistics statistics) {
        return "Packets: " + packets + "  Bytes: " + bytes + "  Drops: " + dropped(statistics);
    }

    public static String of(long packets, long skipped, long leftOut, Statistics statistics) {
        StringBuilder text = new StringBuilder();
        text.append(packets(packets)).append(" captured, ");
        text.append(dropped(statistics)).append(" dropped");
        List<String> details = details(skipped, leftOut, statistics);
        return details.isEmpty() ? text.toString() : text + " (" + String.join(", ", details) + ")";
    }

    private static List<String> details(long skipped, long leftOut, Statistics statistics) {
        List<String> details = new ArrayList<>();
        add(details, statistics.socketDrops(), "datagrams lost at the socket");
        add(details, statistics.truncatedDatagrams(), "datagrams that did not fit");
        add(details, statistics.malformed(), "malformed messages");
        add(details, statistics.truncatedPackets(), "cut at the copy range");
        add(details, skipped, "not IP and omitted");
        add(details, leftOut, "did not match the filter");
        return details;
    }

    public static String packets(long count) {
        return count + (count == 1 ? " packet" : " packets");
    }

    public static void add(List<String> details, long count, String what) {
        if (count > 0) {
            details.add(count + " " + what);
        }
    }

    /** Appends how often events were lost, and what could not be read. */
    public static StringBuilder losses(StringBuilder text, EventStatistics events) {
        if (events.overruns() > 0) {
            text.append(" in ").append(events.overruns());
            text.append(events.overruns() == 1 ? " overrun" : " overruns");
        }
        if (events.malformed() + events.truncatedDatagrams() > 0) {
            text.append(", ").append(events.malformed() + events.truncatedDatagrams());
            text.append(" that could not be read");
        }
        return text;
    }
}
