// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.UnknownReason;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.output.ProcessOutput;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Formats a sample as lines for people, no wider than a terminal. */
final class TopScreen {
    /** The advice if connections are not counted. */
    static final String COUNT_THEM =
            "the kernel does not count them: net.netfilter.nf_conntrack_acct=1 (sysctl -w) makes it"
                    + " count connections that begin from then on";

    private static final int NUMBER = 8;
    private static final int STATE = 13;
    private static final int PROCESS = 20;
    /** The width from which less important columns fit. */
    private static final int WITH_PROCESS = 100;

    private static final int WITH_TOTAL = 92;

    private static final int WITH_STATE = 106;
    private static final String[] UNITS = {"", "k", "M", "G", "T", "P", "E"};
    private static final int THOUSAND = 1000;

    private TopScreen() {}

    /**
     * Returns the lines of a sample.
     *
     * @param sample the look
     * @param width the maximum number of characters in a line
     */
    static List<String> lines(TopTable.Sample sample, int width) {
        List<String> lines = new ArrayList<>();
        lines.add(total(sample));
        if (sample.uncounted() > 0) {
            lines.add(sample.uncounted() + " without counters: " + COUNT_THEM);
        }
        lines.add("");
        StringBuilder line = new StringBuilder();
        boolean processes = sample.busiest().stream().anyMatch(TopScreen::asked);
        // The process is more important than the total and the state, and leaves less space for them.
        int left = processes && width >= WITH_PROCESS ? width - PROCESS : width;
        row(List.of("SENT/S ", "RECV/S ", "PKT/S ", "TOTAL ", "PROTO", "STATE"), left, line);
        process(processes, "PROCESS", width, line);
        lines.add(line.append("CONNECTION").toString());
        for (TopConnection connection : sample.busiest()) {
            line.setLength(0);
            row(columns(connection), left, line);
            process(processes, ProcessOutput.brief(connection.process()), width, line);
            endpoints(connection.original(), line);
            lines.add(line.toString());
        }
        lines.replaceAll(text -> text.length() <= width ? text : text.substring(0, width));
        return lines;
    }

    private static String total(TopTable.Sample sample) {
        return sample.connections() + (sample.connections() == 1 ? " connection, " : " connections, ")
                + sample.created() + " new and " + sample.ended() + " ended in "
                + String.format(Locale.ROOT, "%.1f", sample.seconds()) + " s; "
                + amount(sample.bytesPerSecond()) + "B/s, "
                + amount(sample.packetsPerSecond()).strip() + " packets/s";
    }

    private static List<String> columns(TopConnection connection) {
        return List.of(
                amount(connection.sent().bytesPerSecond()),
                amount(connection.received().bytesPerSecond()),
                amount(connection.packetsPerSecond()),
                amount(connection.bytes()),
                ProtocolNames.name(connection.protocol()),
                connection.state());
    }

    private static void row(List<String> columns, int width, StringBuilder line) {
        right(columns.get(0), line);
        right(columns.get(1), line);
        right(columns.get(2), line);
        if (width >= WITH_TOTAL) {
            right(columns.get(3), line);
        }
        left(columns.get(4), NUMBER, line.append("  "));
        if (width >= WITH_STATE) {
            left(columns.get(5), STATE, line);
        }
    }

    private static void process(boolean shown, String text, int width, StringBuilder line) {
        if (shown && width >= WITH_PROCESS) {
            left(text.length() < PROCESS ? text : text.substring(0, PROCESS - 1), PROCESS, line);
        }
    }

    /** Whether the process of a connection was asked for. */
    static boolean asked(TopConnection connection) {
        return !(connection.process() instanceof Attribution.Unknown unknown
                && unknown.reason() == UnknownReason.NOT_ASKED);
    }

    private static void right(String text, StringBuilder line) {
        line.append(" ".repeat(Math.max(1, NUMBER - text.length()))).append(text);
    }

    private static void left(String text, int width, StringBuilder line) {
        line.append(text).append(" ".repeat(Math.max(1, width - text.length())));
    }

    /** Appends {@code 10.0.0.1:4000 > 10.0.0.2:80}. */
    private static void endpoints(ConntrackTuple tuple, StringBuilder line) {
        boolean brackets = tuple.hasPorts() && tuple.family().number() == 10;
        tuple.appendSource(line.append(brackets ? "[" : ""));
        line.append(brackets ? "]" : "");
        line.append(tuple.hasPorts() ? ":" + tuple.sourcePort() : "").append(" > ");
        tuple.appendDestination(line.append(brackets ? "[" : ""));
        line.append(brackets ? "]" : "");
        line.append(tuple.hasPorts() ? ":" + tuple.destinationPort() : "");
        line.append(tuple.hasIcmp() ? " id " + tuple.icmpId() : "");
    }

    /** Formats a number in about four characters: {@code 999}, {@code 1.2 k}, {@code 340 M}. */
    static String amount(long number) {
        int unit = 0;
        double left = number;
        while (left >= 999.5 && unit < UNITS.length - 1) {
            left /= THOUSAND;
            unit++;
        }
        if (unit == 0) {
            return number + " ";
        }
        return String.format(Locale.ROOT, left < 9.95 ? "%.1f %s" : "%.0f %s", left, UNITS[unit]);
    }
}
