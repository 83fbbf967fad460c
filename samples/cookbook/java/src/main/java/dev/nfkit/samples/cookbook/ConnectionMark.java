// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueueFeature;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;

/** Decides the first packet of each connection, and marks the connection, so that a rule lets the others pass. */
public final class ConnectionMark {
    private static final long DECIDED = 1;

    private final boolean glue;
    private final IpSummary ip = new IpSummary();

    private ConnectionMark(boolean glue) {
        this.glue = glue;
    }

    public static void main(String[] args) throws Exception {
        run(LinuxTransport.current());
    }

    /** Decides until the thread is interrupted. */
    public static void run(NetlinkTransport transport) throws Exception {
        ConnectionMark firewall = new ConnectionMark(QueueFeature.CONNTRACK.supportedBy(transport));
        NfqueueOptions options = NfqueueOptions.builder().queue(0).build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            session.run(firewall::decide);
        }
    }

    private Verdict decide(QueuedPacket packet) {
        if (!ip.wrap(packet.payload()) || !ip.hasPorts()) {
            return Verdict.DROP;
        }
        System.out.println("decided " + ip.source() + " to port " + ip.destinationPort());
        return glue
                ? packet.accept().conntrack(ConntrackUpdate.none().mark(DECIDED))
                : packet.accept().mark(DECIDED); // the rule in postrouting copies it to the connection
    }
}
