// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo;

import dev.nfkit.NetlinkException;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.capture.Capture;
import dev.nfkit.samples.cli.capture.CaptureCommand;
import dev.nfkit.samples.cli.capture.CaptureFiles;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The part of the demo that runs within the namespace. */
@Command(name = "demo-inside", hidden = true)
public final class DemoInsideCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE")
    private String file = "";

    @Option(names = "--rules")
    private String rules = "iptables";

    @Option(names = "--way")
    private String way = "";

    @Override
    public Integer call() throws Failure {
        DemoScreen.namespace(way);
        DemoScreen.rules(rules);
        NflogOptions options = NflogOptions.builder()
                .group(DemoNamespace.GROUP, group -> group.timeout(Duration.ofMillis(10)))
                .build();
        NetlinkTransport transport = LinuxTransport.current();
        NflogSession session = CaptureCommand.open(transport, options);
        return Ending.during(session::stop, () -> capture(transport, session, options));
    }

    /** Makes traffic, and captures it. */
    private int capture(NetlinkTransport transport, NflogSession session, NflogOptions options) throws Failure {
        DemoScreen.traffic();
        DemoTraffic traffic = new DemoTraffic(session::stop);
        Thread sender = new Thread(traffic, "nfkit-demo-traffic");
        sender.setDaemon(true);
        sender.start();
        int code = capture(transport, session, options, file);
        if (traffic.failure() != null) {
            Messages.print("nfkit: traffic: " + traffic.failure().getMessage());
            return Failure.RUNNING;
        }
        return code;
    }

    /** Prints and writes the packets that the session delivers until it ends. Then prints the summary. */
    public static int capture(NetlinkTransport transport, NflogSession session, NflogOptions options, String file)
            throws Failure {
        CaptureFiles.Format format =
                new CaptureFiles.Format(file, false, LinkType.NFLOG, Criteria.NEVER, options.groups());
        try {
            CaptureFiles files = CaptureFiles.open(format, transport.kernel(), session::statistics);
            Capture capture = new Capture(
                    session,
                    files,
                    CaptureCommand.printer(false, transport.kernel()),
                    TextOutput.standard(),
                    Criteria.NEVER,
                    new CounterLine(false));
            capture.run();
            DemoScreen.summary(capture.packets(), session.statistics(), file);
            return 0;
        } catch (WriteFailure e) {
            session.close();
            if (e.readerGone()) {
                return 0;
            }
            throw Failure.running(e);
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }
}
