// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.table.CpuCounters;
import dev.nfkit.conntrack.table.DumpResult;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.wire.AttributeType;
import java.util.List;
import java.util.Map;

/** The output of a conntrack command: entries on standard output, and a summary at the end. One thread at a time. */
final class ConntrackOutput {
    private final ConntrackPrinter printer;
    private final TextOutput text;
    private final boolean json;
    private final StringBuilder line = new StringBuilder(1024);
    private boolean begun;
    private boolean summarised = true;

    ConntrackOutput(ConntrackPrinter printer, TextOutput text, boolean json) {
        this.printer = printer;
        this.text = text;
        this.json = json;
    }

    /** Prints the lines before the first entry, unless they were printed. */
    void begin(boolean expectations) throws WriteFailure {
        if (!begun) {
            begun = true;
            line.setLength(0);
            printer.head(expectations, line);
            for (String each : line.toString().lines().toList()) {
                text.line(each); // one line at a time: text from outside has no line breaks of its own
            }
        }
    }

    /** Prints the lines after the last entry. */
    void end(boolean expectations) throws WriteFailure {
        begin(expectations);
        line.setLength(0);
        printer.tail(expectations, line);
        printed();
    }

    private void printed() throws WriteFailure {
        if (!line.isEmpty()) {
            text.line(line);
        }
    }

    /** Prints an entry that was deleted. */
    void deleted(ConntrackEntry entry) throws WriteFailure {
        begin(false);
        line.setLength(0);
        printer.deleted(entry, line);
        text.line(line);
    }

    void entry(ConntrackEntry entry) throws WriteFailure {
        formatted(format(entry));
    }

    /** Formats an entry, to be printed later. */
    String format(ConntrackEntry entry) {
        line.setLength(0);
        printer.entry(entry, ConntrackPrinter.NO_TIME, line);
        return line.toString();
    }

    /** Prints an entry that was formatted before. */
    void formatted(String entry) throws WriteFailure {
        begin(false);
        text.line(entry);
    }

    void expectation(ConntrackExpectation expectation) throws WriteFailure {
        begin(true);
        line.setLength(0);
        printer.expectation(expectation, ConntrackPrinter.NO_TIME, line);
        text.line(line);
    }

    void event(ConntrackEvent event, long nanos) throws WriteFailure {
        line.setLength(0);
        printer.event(event, nanos, line);
        text.line(line);
    }

    /** Prints the counters of each processor; those of expectations with a prefix, as conntrack(8) does. */
    <A extends Enum<A> & AttributeType> void counters(List<CpuCounters<A>> processors, String prefix)
            throws WriteFailure {
        for (CpuCounters<A> processor : processors) {
            line.setLength(0);
            if (json) {
                JsonObject object = new JsonObject();
                object.beginNow(line, prefix.isEmpty() ? "conntrack_counters" : "expectation_counters");
                object.number("cpu", processor.cpu());
                processor.values().forEach((counter, value) -> object.number(counter.key(), value));
                object.end();
            } else {
                String cpu = Integer.toString(processor.cpu());
                line.append("cpu=").append(cpu).append(" ".repeat(Math.max(0, 4 - cpu.length())));
                line.append('\t');
                for (Map.Entry<A, Long> counter : processor.values().entrySet()) {
                    line.append(prefix).append(name(counter.getKey())).append('=');
                    line.append(counter.getValue()).append(' ');
                }
            }
            text.line(line);
        }
    }

    private static String name(AttributeType counter) {
        return counter.key().equals("chain_toolong") ? "chaintoolong" : counter.key();
    }

    /** Prints the number of entries. */
    void count(long entries, long most) throws WriteFailure {
        line.setLength(0);
        if (json) {
            JsonObject object = new JsonObject();
            object.beginNow(line, "conntrack_count");
            object.number("entries", entries);
            if (most >= 0) {
                object.number("max_entries", most);
            }
            object.end();
        } else {
            line.append(entries);
        }
        text.line(line);
    }

    boolean pending() {
        return text.pending();
    }

    void flush() throws WriteFailure {
        text.flush();
    }

    /** Suppresses the summary, for a command in a file. */
    ConntrackOutput withoutSummary() {
        summarised = false;
        return this;
    }

    /** Prints the summary, after all other output. */
    void summary(long count, String what) throws WriteFailure {
        if (!summarised) {
            return;
        }
        text.flush();
        Messages.print("nfkit conntrack: " + count + " " + what + ".");
    }

    /** Prints a warning if a dump may be incomplete. */
    static void warn(DumpResult result) {
        if (result.interrupted()) {
            Messages.print("nfkit: the table changed while it was read: entries may be missing or duplicated");
        }
    }
}
