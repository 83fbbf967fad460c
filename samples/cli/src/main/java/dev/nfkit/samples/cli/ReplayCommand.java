package dev.nfkit.samples.cli;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.trace.Trace;
import java.io.IOException;
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
        description = "Prints the NFLOG packets of a recorded netlink trace, by way of the same session.",
        mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A pcapng or pcap file of link type 253 (NETLINK).")
    private @Nullable Path file;

    @Option(names = "--json", description = "Print each packet as a JSON object, one a line.")
    private boolean json;

    @Override
    public Integer call() throws Failure {
        return replay(read(file == null ? Path.of("") : file), String.valueOf(file), json, TextOutput.standard());
    }

    private static Trace read(Path file) throws Failure {
        try {
            return Trace.read(file);
        } catch (IOException e) {
            String reason = WriteFailure.reason(e);
            throw Failure.usage(reason.startsWith(file.toString()) ? reason : file + ": " + reason);
        }
    }

    static int replay(Trace trace, String name, boolean json, TextOutput text) throws Failure {
        Set<Integer> groups = TraceGroups.of(trace);
        if (groups.isEmpty()) {
            System.err.println(name + ": no NFLOG packets in this trace");
            return 0;
        }
        NflogOptions.Builder options = NflogOptions.builder();
        groups.forEach(options::group);
        MalformedReport malformed = new MalformedReport();
        options.onMalformed(malformed);
        ReplayTransport transport = ReplayTransport.lenient(trace);
        NflogSession session = CaptureCommand.open(transport, options.build());
        PacketPrinter<NflogPacket> printer = CaptureCommand.printer(json, transport.kernel());
        Capture capture = new Capture(session, null, printer, text, Criteria.NEVER, new CounterLine(false));
        try {
            capture.run();
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0;
            }
            throw Failure.running(e.getMessage());
        } catch (NetlinkException e) {
            throw Failure.running(name + ": " + e.getMessage());
        }
        MalformedMessageException first = malformed.first();
        if (first != null) {
            throw Failure.running(
                    name + ": " + session.statistics().malformed() + " malformed, the first: " + first.getMessage());
        }
        if (session.statistics().truncatedDatagrams() > 0) {
            throw Failure.running(
                    name + ": " + session.statistics().truncatedDatagrams() + " datagrams are cut in this recording");
        }
        return 0;
    }
}
