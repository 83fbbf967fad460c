// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WallClock;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;

/** Prints each path: as lines, or as a JSON object in a line. */
public final class PathPrinter implements PathOutput {
    private final TextOutput output;
    private final boolean json;
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
     */
    public PathPrinter(PacketPaths session, KernelView kernel, boolean json, TextOutput output) {
        this.json = json;
        this.output = output;
        lines = new PathLines(session, kernel, output);
        objects = new PathJson(session, kernel);
    }

    @Override
    public boolean path(PacketPath path) throws NetlinkException, WriteFailure {
        if (json) {
            line.setLength(0);
            objects.path(path, WallClock.nanos(), line);
            output.line(line);
        } else {
            lines.path(path);
        }
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
