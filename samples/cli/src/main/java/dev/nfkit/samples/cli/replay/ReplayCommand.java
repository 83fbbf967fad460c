// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.arguments.TraceSource;
import dev.nfkit.samples.cli.capture.Capture;
import dev.nfkit.samples.cli.capture.CaptureCommand;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.PacketPrinter;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.queue.QueueCommand;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.trace.Trace;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit replay}. */
@Command(
        name = "replay",
        description = {
            "Prints the contents of a recorded netlink trace, or of a capture of NFLOG.",
            "Of a trace: NFLOG packets, read by a session; NFQUEUE packets with the verdicts that were sent for them;"
                    + " conntrack events, requests and answers in their order. Of a capture, as nfkit capture and dumpcap write it:"
                    + " the packets."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Malformed messages are reported on standard error with the number of their entry, and omitted; the rest",
            "is printed.",
            "Exit code: 0; 1 if anything is malformed or was cut when it was recorded; 2 for wrong usage, or if the",
            "file cannot be read."
        })
public final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = TraceSource.DESCRIPTION)
    private @Nullable Path file;

    @Option(names = "--json", description = "Print each packet or message as a JSON object, one in each line.")
    private boolean json;

    @Override
    public Integer call() throws Failure {
        TraceSource source = TraceSource.of(file == null ? Path.of("") : file);
        return replay(source.read(), source.name(), json, TextOutput.standard());
    }

    public static int replay(Trace trace, String name, boolean json, TextOutput text) throws Failure {
        MalformedReport malformed = new MalformedReport(name);
        Set<Integer> groups = TraceGroups.of(trace);
        long cut = RecordingCheck.of(trace, malformed);
        try {
            QueueTrace queues = QueueTrace.of(trace, malformed);
            ReplayTransport transport = ReplayTransport.lenient(trace);
            CapturedNames.show(trace, transport.kernel());
            queued(queues, QueueCommand.printer(json, transport.kernel()), text);
            if (!groups.isEmpty()) {
                logged(groups, transport, malformed, json, text);
            }
            ConntrackTrace conntrack = ConntrackTrace.print(trace, malformed, json, text);
            boolean empty = groups.isEmpty() && queues.packets().isEmpty() && conntrack.printed() == 0;
            if (empty && malformed.first() == null && cut == 0) {
                Messages.print("nfkit replay: 0 packets and 0 messages of conntrack in " + name);
            }
        } catch (WriteFailure e) {
            if (!e.readerGone()) {
                throw Failure.running(e);
            }
        } catch (NetlinkException e) {
            throw Failure.running(name + ": " + e.getMessage(), e);
        }
        MalformedMessageException first = malformed.first();
        if (first != null) {
            throw Failure.running(
                    name + ": " + malformed.count() + " malformed, the first: " + first.getMessage()
                            + (cut == 0 ? "" : "; " + cut + " datagrams are cut in this recording"),
                    first);
        }
        if (cut > 0) {
            throw Failure.running(name + ": " + cut + " datagrams are cut in this recording");
        }
        return 0;
    }

    /** Prints logged packets. */
    private static void logged(
            Set<Integer> groups, ReplayTransport transport, MalformedReport malformed, boolean json, TextOutput text)
            throws Failure, NetlinkException, WriteFailure {
        NflogOptions.Builder options = NflogOptions.builder().onMalformed(problem -> {
            if (!RecordingCheck.finds(problem)) {
                malformed.malformed(problem);
            }
        });
        groups.forEach(options::group);
        NflogSession session = CaptureCommand.open(transport, options.build());
        PacketPrinter<NflogPacket> printer = CaptureCommand.printer(json, transport.kernel());
        new Capture(session, null, printer, text, Criteria.NEVER, new CounterLine(false)).run();
    }

    private static void queued(QueueTrace queues, PacketPrinter<QueuedPacket> printer, TextOutput text)
            throws WriteFailure {
        StringBuilder line = new StringBuilder();
        for (QueueTrace.Traced traced : queues.packets()) {
            line.setLength(0);
            printer.print(traced.packet(), traced.verdict(), line);
            text.line(line);
        }
        text.flush();
    }
}
