package dev.nfkit.samples.cli.anonymize;

import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.pcap.PrivateFile;
import dev.nfkit.samples.cli.arguments.AnonymizationKey;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Program;
import dev.nfkit.trace.TraceReader;
import dev.nfkit.trace.TraceWriter;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit anonymize}. */
@Command(
        name = "anonymize",
        description = {
            "Copies a recorded netlink trace with addresses, payload, prefixes and users replaced, so that it can be",
            "shared. Addresses that share a prefix still share one of the same length. Ports, times, lengths, TTLs, marks",
            "and interface indexes stay: look at the copy before you share it."
        },
        mixinStandardHelpOptions = true)
public final class AnonymizeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "A pcapng or pcap file of link type 253 (NETLINK).")
    private @Nullable Path from;

    @Parameters(index = "1", paramLabel = "COPY", description = "The pcapng file to write.")
    private @Nullable Path to;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description = {
                "Derive the key of the replacements from a text that cannot be guessed. The same SEED gives the same",
                "replacements in every copy. Other users of this machine may see it while the command runs. Without",
                "SEED and --key-file, the key is random and is not kept."
            })
    private @Nullable String seed;

    @Option(
            names = "--key-file",
            paramLabel = "KEYFILE",
            description = "Use the contents of a file as the key: 16 to 65536 bytes from a random source.")
    private @Nullable Path keyFile;

    @Override
    public Integer call() throws Failure {
        Path source = from == null ? Path.of("") : from;
        Path target = to == null ? Path.of("") : to;
        ByteOrder order = order(source); // reads the source first, so that its errors are reported first
        TraceAnonymizer anonymizer = AnonymizationKey.anonymizer(seed, keyFile, order);
        try {
            if (Files.exists(target) && Files.isSameFile(source, target)) {
                throw Failure.usage(target + ": the copy must be a different file");
            }
            long entries = 0;
            try (TraceReader reader = TraceReader.open(source);
                    PrivateFile copy = PrivateFile.aside(target)) {
                TraceWriter writer = new TraceWriter(copy.channel(), order, Program.VERSION);
                writer.editing(anonymizer::anonymize);
                entries = writer.copy(reader);
                writer.flush();
                copy.publish();
            }
            Messages.print("Made " + entries + " entries anonymous: " + target);
            return 0;
        } catch (IOException e) {
            String reason = WriteFailure.reason(e);
            throw Failure.usage(reason.startsWith(source.toString()) ? reason : target + ": " + reason);
        }
    }

    /** The byte order of the recorded host, read from the first message. */
    private static ByteOrder order(Path file) throws Failure {
        try (TraceReader reader = TraceReader.open(file)) {
            boolean more = reader.next();
            while (more && reader.datagram().length() == 0) {
                more = reader.next();
            }
            return reader.order();
        } catch (IOException e) {
            String reason = WriteFailure.reason(e);
            throw Failure.usage(reason.startsWith(file.toString()) ? reason : file + ": " + reason);
        }
    }
}
