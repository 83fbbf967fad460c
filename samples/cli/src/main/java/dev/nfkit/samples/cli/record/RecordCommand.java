// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.record;

import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.samples.cli.arguments.AnonymizationKey;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.NetlinkRecording;
import dev.nfkit.samples.cli.run.Program;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code nfkit record}. */
@Command(
        name = "record",
        description = {
            "Runs another command as usual, and records its netlink traffic.",
            "The recording is for Wireshark, for nfkit replay, and for tests, which get the same packets from it."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        customSynopsis =
                "nfkit record -o FILE [--ring SIZE] [--anonymize[=SEED]] [--key-file KEYFILE] [--] COMMAND [ARGUMENT...]",
        footer = {
            "",
            "  nfkit record -o trace.pcapng -- capture -i nflog:30",
            "  nfkit record -o last.pcapng --ring 16MiB --anonymize -- queue -i nfqueue:0 --drop 'udp dport 53'",
            "",
            "Exit code: the command's; 1 if the command succeeded but the recording failed."
        })
public final class RecordCommand implements Callable<Integer> {
    private static final Set<String> COMMANDS = Set.of("capture", "queue", "conntrack", "rules", "explain", "top");
    /** The value of the option without a seed. No argument contains this character. */
    private static final String RANDOM = "\0";

    private static final long LEAST = 1 << 20;
    private static final long MOST = 1 << 30;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The pcapng file to write, of link type 253 (NETLINK).")
    private @Nullable Path file;

    @Option(
            names = "--ring",
            paramLabel = "SIZE",
            description = "Keep only the last 1MiB to 1GiB, in memory; write it at the end and at each SIGUSR1.")
    private @Nullable String ring;

    @Option(
            names = "--anonymize",
            arity = "0..1",
            fallbackValue = RANDOM,
            paramLabel = "SEED",
            description =
                    "Replace addresses, payload, prefixes and users before anything is written. The same SEED, a text that"
                            + " cannot be guessed, gives the same replacements in every recording. Other users of this machine may see"
                            + " it. Without SEED and --key-file, the key is random and is not kept.")
    private @Nullable String seed;

    @Option(
            names = "--key-file",
            paramLabel = "KEYFILE",
            description =
                    "Replace as --anonymize does, with the contents of a file as the key: 16 to 65536 bytes from a random"
                            + " source.")
    private @Nullable Path keyFile;

    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "capture, queue, conntrack, rules, explain or top, with its arguments.")
    private List<String> command = List.of();

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Program program;

    @Override
    public Integer call() throws Failure {
        String name = command.get(0);
        if (!COMMANDS.contains(name)) {
            throw Failure.usage(name + ": only capture, queue, conntrack, rules, explain and top can be recorded");
        }
        Path target = file == null ? Path.of("") : file;
        if (target.toString().equals("-")) {
            throw Failure.usage("-o -: standard output belongs to the command; give a file");
        }
        NetlinkRecording recording = open(target);
        if (ring != null) {
            UserSignal.handle(recording::dump);
        }
        int code = Failure.RUNNING;
        try {
            code = recording.during(() -> program.start(command));
        } finally {
            recording.finish();
        }
        return code == 0 && recording.failed() ? Failure.RUNNING : code;
    }

    private NetlinkRecording open(Path target) throws Failure {
        TraceAnonymizer anonymizer = anonymizer();
        int bytes = ring == null ? 0 : ringBytes(ring);
        try {
            return ring == null
                    ? NetlinkRecording.toFile(target, anonymizer)
                    : NetlinkRecording.toRing(target, anonymizer, bytes);
        } catch (IOException e) {
            throw Failure.usage(target + ": " + WriteFailure.reason(e));
        }
    }

    /** Creates an anonymizer, or returns null if the options do not ask for one. */
    private @Nullable TraceAnonymizer anonymizer() throws Failure {
        if (seed == null && keyFile == null) {
            return null;
        }
        String text = RANDOM.equals(seed) ? null : seed;
        return AnonymizationKey.anonymizer(text, keyFile, ByteOrder.nativeOrder());
    }

    private static int ringBytes(String text) throws Failure {
        long bytes = ByteSize.parse(text);
        if (bytes < LEAST || bytes > MOST) {
            throw Failure.usage("--ring " + text + ": expected a size from 1MiB to 1GiB, such as 16MiB");
        }
        return (int) bytes;
    }
}
