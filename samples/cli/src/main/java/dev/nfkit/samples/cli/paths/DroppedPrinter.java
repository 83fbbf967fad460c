// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WallClock;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;
import java.time.Clock;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Prints a line for each packet that was dropped, with the rule that dropped it; or its path as a JSON object. */
public final class DroppedPrinter implements PathOutput {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);

    private final TextOutput output;
    private final boolean json;
    private final Clock clock;
    private final PathLines lines;
    private final PathJson objects;
    private final StringBuilder line = new StringBuilder(1024);

    /**
     * Creates a printer.
     *
     * @param session reads the text of rules
     * @param kernel knows the names of interfaces
     * @param json whether to print JSON
     * @param output gets the lines
     * @param clock the time and zone of lines
     */
    public DroppedPrinter(PacketPaths session, KernelView kernel, boolean json, TextOutput output, Clock clock) {
        this.json = json;
        this.output = output;
        this.clock = clock;
        lines = new PathLines(session, kernel, output);
        objects = new PathJson(session, kernel);
    }

    /** What decided about a packet: the rule as text, or the policy of a chain. */
    public String decision(PacketPath path) throws NetlinkException {
        return lines.decision(path);
    }

    @Override
    public boolean path(PacketPath path) throws NetlinkException, WriteFailure {
        if (path.outcome() != PacketPath.Outcome.DROPPED) {
            return false;
        }
        line.setLength(0);
        if (json) {
            objects.path(path, WallClock.nanos(clock), line);
        } else {
            TIME.formatTo(clock.instant().atZone(clock.getZone()), line);
            lines.describe(path, line.append("  "));
            line.append("  dropped by ").append(decision(path));
        }
        output.line(line);
        return true;
    }

    @Override
    public boolean dirty() {
        return output.pending();
    }

    @Override
    public void flush() throws WriteFailure {
        output.flush();
    }

    @Override
    public void close() throws WriteFailure {
        output.flush();
    }
}
