// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.DestroyResult;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.Sockets;
import dev.nfkit.socket.NetlinkTransport;
import java.io.PrintStream;
import java.util.OptionalLong;

/** The code of the guide to processes. */
public final class Processes {
    private Processes() {}

    /** Prints new connections with their processes, until another thread stops the session. */
    public static void follow(NetlinkTransport transport, ConntrackEvents events, PrintStream out)
            throws NetlinkException {
        try (ProcessResolver processes = LinuxProcesses.open(transport)) {
            events.run(event -> follow(event, processes, out));
        }
    }

    /** Prints a new connection with its process. */
    public static void follow(ConntrackEvent event, ProcessResolver processes, PrintStream out) {
        if (event instanceof ConntrackEvent.New begun) {
            Attribution by =
                    processes.resolve(begun.entry().original(), begun.entry().reply());
            out.println(begun.entry().original() + ": " + by);
        }
    }

    /** Describes a process, or the reason why it is unknown. */
    public static String describe(Attribution by) {
        if (by instanceof Attribution.Known known) {
            return known.process().systemdUnit().orElse(known.process().name());
        } else if (by instanceof Attribution.Unknown unknown) {
            return unknown.reason() + " of user " + unknown.uid();
        }
        throw new AssertionError(by);
    }

    /** Finds the process of a logged packet. */
    public static Attribution of(NflogPacket packet, IpSummary ip, ProcessResolver processes) {
        OptionalLong uid = packet.has(NflogAttribute.UID) ? OptionalLong.of(packet.uid()) : OptionalLong.empty();
        return processes.resolve(ConntrackTuple.of(ip), uid);
    }

    /** Ends the connections to a port, and returns their number. */
    public static long end(Conntrack table, Sockets sockets, int port) throws NetlinkException {
        long[] ended = new long[1];
        table.<NetlinkException>dump(entry -> {
            ConntrackTuple tuple = entry.original();
            if (tuple.hasPorts()
                    && tuple.destinationPort() == port
                    && sockets.destroy(tuple, entry.reply()) == DestroyResult.DESTROYED) {
                ended[0]++;
            }
        });
        return ended[0];
    }
}
