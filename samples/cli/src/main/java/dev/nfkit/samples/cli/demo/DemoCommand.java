// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.samples.cli.capture.CaptureCommand;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.replay.TraceGroups;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Program;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.trace.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code nfkit demo}. */
@Command(
        name = "demo",
        description = "Shows a capture from rule to file in a separate network namespace; needs no privileges.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final String RECORDING = "demo.pcap";

    @Option(names = "--replay", description = "Show the recorded trace even if a namespace can be made.")
    private boolean replay;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Program program;

    @Override
    public Integer call() throws Failure {
        DemoScreen.title();
        String file = file();
        if (replay) {
            return recorded("requested by --replay", file);
        }
        try {
            DemoNamespace namespace = DemoNamespace.find();
            System.out.flush();
            return inside(namespace, file);
        } catch (DemoNamespace.Forbidden e) {
            return recorded(String.valueOf(e.getMessage()), file);
        }
    }

    private static String file() throws Failure {
        try {
            return Files.createTempDirectory("nfkit-")
                    .resolve("nfkit-demo.pcapng")
                    .toString();
        } catch (IOException e) {
            throw Failure.usage("no temporary directory: " + WriteFailure.reason(e));
        }
    }

    /** Continues in a process within the namespace, where its sockets and rules belong. */
    private int inside(DemoNamespace namespace, String file) throws Failure {
        List<String> java = new ArrayList<>(ownCommand());
        java.addAll(List.of("demo-inside", file, "--way", namespace.way()));
        try {
            Process process =
                    new ProcessBuilder(namespace.command(java)).inheritIO().start();
            return process.waitFor();
        } catch (IOException e) {
            throw Failure.running(WriteFailure.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Failure.RUNNING;
        }
    }

    /** The command that starts this program again. */
    private List<String> ownCommand() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        String main = program.getClass().getName();
        String module = DemoCommand.class.getModule().getName();
        if (module == null) {
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
            return command;
        }
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=com.sun.jna");
        }
        command.addAll(List.of("--module-path", System.getProperty("jdk.module.path"), "-m"));
        command.add(module + "/" + main);
        return command;
    }

    private static int recorded(String reason, String file) throws Failure {
        DemoScreen.recorded(reason);
        Trace trace = recording();
        NflogOptions.Builder builder = NflogOptions.builder();
        TraceGroups.of(trace).forEach(builder::group);
        NflogOptions options = builder.build();
        ReplayTransport transport = ReplayTransport.lenient(trace);
        NflogSession session = CaptureCommand.open(transport, options);
        return DemoInsideCommand.capture(transport, session, options, file);
    }

    private static Trace recording() throws Failure {
        try (InputStream stream = Objects.requireNonNull(DemoCommand.class.getResourceAsStream(RECORDING))) {
            return Trace.read(stream, RECORDING);
        } catch (IOException e) {
            throw Failure.running(RECORDING + ": " + WriteFailure.reason(e));
        }
    }
}
