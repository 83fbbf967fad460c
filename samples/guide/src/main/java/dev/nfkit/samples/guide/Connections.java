// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.TuplePattern;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.event.ConntrackMirror;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.DumpResult;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/** The code of the guide to connections. */
public final class Connections {
    private Connections() {}

    /** Deletes connections to port 443 without a reply. */
    public static long deleteUnanswered(NetlinkTransport transport) throws IOException {
        try (Conntrack table = Conntrack.open(transport)) {
            ConntrackFilter web = ConntrackFilter.all()
                    .original(TuplePattern.any().protocol(IpProtocol.TCP).destinationPort(443));
            DumpResult result = table.dump(web, entry -> {
                // The entry is borrowed, so valid in here; entry.copy() lives on.
                if (entry.packets(Direction.REPLY) == 0) {
                    table.delete(entry); // this very one, not a later one of the same ports
                }
            });
            return result.delivered();
        }
    }

    /** Marks a connection and gives it another timeout. */
    public static void mark(Conntrack table, ConntrackTuple tuple) throws IOException {
        table.update(tuple, ConntrackUpdate.none().mark(7).timeout(Duration.ofMinutes(5)));
    }

    /** Prints what happens in the table until another thread stops the session. */
    public static void watch(NetlinkTransport transport, PrintStream out) throws IOException {
        ConntrackEventOptions options = ConntrackEventOptions.builder().build();
        try (ConntrackEvents events = ConntrackEvents.open(transport, options)) {
            events.run(event -> {
                if (event instanceof ConntrackEvent.Overrun overrun) {
                    out.println(overrun.lost() + " events were lost here");
                } else {
                    out.println(event);
                }
            });
        }
    }

    /** Keeps a copy of the table up to date, and prints each change of it. */
    public static void mirror(NetlinkTransport transport, PrintStream out) throws IOException {
        ConntrackEventOptions options = ConntrackEventOptions.builder().build();
        try (Conntrack table = Conntrack.open(transport);
                ConntrackEvents events = ConntrackEvents.open(transport, options)) {
            ConntrackMirror mirror = new ConntrackMirror(table, ConntrackFilter.all());
            mirror.resynchronise(out::println); // what is in the table: the session of events is open already
            events.run(event -> mirror.apply(event, out::println)); // dumps again after a loss
        }
    }
}
