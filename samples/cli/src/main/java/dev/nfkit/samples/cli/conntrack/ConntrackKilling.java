// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.DestroyResult;
import dev.nfkit.process.Sockets;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;

/** Ends the sockets of connections: {@code --kill}. */
final class ConntrackKilling {
    private final Conntrack table;
    private final Sockets sockets;
    private final ConntrackOutput output;
    private long ended;
    private long shared;
    private long absent;

    ConntrackKilling(Conntrack table, Sockets sockets, ConntrackOutput output) {
        this.table = table;
        this.sockets = sockets;
        this.output = output;
    }

    /** Ends the sockets of the selected connections, prints these, and returns the exit code. */
    int kill(EntrySelection selection) throws IOException {
        try {
            table.<IOException>dump(selection.filter(), entry -> {
                if (selection.matches(entry)) {
                    end(entry);
                }
            });
            output.end(false);
        } finally {
            output.summary(ended, "sockets have been ended");
            remark(shared, "were left alone: their sockets serve other connections, too");
            remark(absent, "have no socket here: they are forwarded, or their sockets were closed");
        }
        return ended == 0 ? Failure.RUNNING : 0;
    }

    private static void remark(long count, String what) {
        if (count > 0) {
            Messages.print("nfkit conntrack: " + count + " connections " + what + ".");
        }
    }

    private void end(ConntrackEntry entry) throws IOException {
        ConntrackTuple original = entry.original();
        // Formatted before: afterwards its socket has no process any more.
        String line = output.format(entry);
        switch (hasSocket(original) ? sockets.destroy(original, entry.reply()) : DestroyResult.NO_SOCKET) {
            case DESTROYED -> {
                ended++;
                output.formatted(line);
            }
            case SHARED -> shared++;
            case NO_SOCKET -> absent++;
        }
    }

    private static boolean hasSocket(ConntrackTuple tuple) {
        return tuple.hasProtocol()
                && tuple.hasPorts()
                && (tuple.protocol() == IpProtocol.TCP || tuple.protocol() == IpProtocol.UDP);
    }
}
