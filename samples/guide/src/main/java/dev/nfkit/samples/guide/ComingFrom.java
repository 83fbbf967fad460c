// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.TuplePattern;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.nflog.NflogCaptureFiles;
import dev.nfkit.nflog.NflogCaptureOptions;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** The code of the guides for users of other libraries and programs. */
public final class ComingFrom {
    private ComingFrom() {}

    /** The loop of a program with libnetfilter_queue. */
    public static void queue(NetlinkTransport transport, PrintStream out) throws IOException {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(0, queue -> queue.copyRange(65531).maximumLength(4096).failOpen(true))
                .build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            session.run(packet -> {
                out.println(
                        "packet " + packet.id() + ", " + packet.payload().length() + " bytes, mark " + packet.mark());
                return Verdict.ACCEPT;
            });
        }
    }

    /** The hook of a program with go-nflog. */
    public static void log(NetlinkTransport transport, PrintStream out) throws IOException {
        NflogOptions options =
                NflogOptions.builder().group(100, group -> group.copyRange(128)).build();
        try (NflogSession session = NflogSession.open(transport, options)) {
            session.run(packet -> out.println(packet.payload().length() + " bytes, " + packet.prefix()));
        }
    }

    /** What dumpcap -i nflog:30 -w FILE does. */
    public static void capture(NetlinkTransport transport, Path file) throws IOException {
        NflogOptions options = NflogOptions.builder().group(30).build();
        NflogCaptureOptions pcapng = NflogCaptureOptions.builder().build();
        try (NflogSession session = NflogSession.open(transport, options);
                NflogCaptureFiles files =
                        NflogCaptureFiles.open(file, pcapng, transport.kernel(), session::statistics)) {
            session.run(files::write);
        }
    }

    /** What conntrack -L -p tcp --dport 443 does. */
    public static void list(NetlinkTransport transport, PrintStream out) throws IOException {
        ConntrackFilter https = ConntrackFilter.all()
                .original(TuplePattern.any().protocol(IpProtocol.TCP).destinationPort(443));
        try (Conntrack table = Conntrack.open(transport)) {
            table.dump(https, out::println);
        }
    }

    /** What conntrack -U, -D and -F do. */
    public static void change(Conntrack table, ConntrackTuple tuple) throws IOException {
        table.update(tuple, ConntrackUpdate.none().mark(7)); // conntrack -U ... -m 7
        table.delete(tuple); // conntrack -D ...
        table.flush(); // conntrack -F
    }
}
