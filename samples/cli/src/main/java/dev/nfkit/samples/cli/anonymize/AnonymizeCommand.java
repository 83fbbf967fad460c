// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.anonymize;

import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.pcap.PrivateFile;
import dev.nfkit.samples.cli.arguments.AnonymizationKey;
import dev.nfkit.samples.cli.arguments.TraceSource;
import dev.nfkit.samples.cli.output.BinaryOutput;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Program;
import dev.nfkit.trace.TraceReader;
import dev.nfkit.trace.TraceWriter;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
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
            "Copies a recorded netlink trace, or a capture of NFLOG, with addresses, payload, prefixes and users"
                    + " replaced, so that it can be shared.",
            "Addresses that share a prefix still share one of the same length. Ports, times, lengths, TTLs, marks and"
                    + " interface indexes stay: look at the copy before you share it."
        },
        mixinStandardHelpOptions = true)
public final class AnonymizeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = TraceSource.DESCRIPTION)
    private @Nullable Path from;

    @Parameters(
            index = "1",
            paramLabel = "COPY",
            description = "The pcapng file to write, of the same link type; - is standard output.")
    private @Nullable Path to;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description =
                    "Derive the key of the replacements from a text that cannot be guessed. The same SEED gives the same"
                            + " replacements in every copy. Other users of this machine may see it while the command runs. Without"
                            + " SEED and --key-file, the key is random and is not kept.")
    private @Nullable String seed;

    @Option(
            names = "--key-file",
            paramLabel = "KEYFILE",
            description = "Use the contents of a file as the key: 16 to 65536 bytes from a random source.")
    private @Nullable Path keyFile;

    @Override
    public Integer call() throws Failure {
        TraceSource source = TraceSource.of(from == null ? Path.of("") : from);
        Path target = to == null ? Path.of("") : to;
        boolean piped = "-".equals(target.toString());
        String name = piped ? "standard output" : target.toString();
        try (TraceReader reader = source.open()) { // first, so that its errors are reported first
            TraceAnonymizer anonymizer = AnonymizationKey.anonymizer(seed, keyFile, reader.order());
            long entries = piped ? print(reader, anonymizer) : write(reader, anonymizer, source, target);
            Messages.print("Made " + entries + " entries anonymous: " + name);
            return 0;
        } catch (IOException e) {
            throw source.caused(e) ? source.failure(e) : Failure.usage(name + ": " + WriteFailure.reason(e), e);
        }
    }

    private static long write(TraceReader reader, TraceAnonymizer anonymizer, TraceSource source, Path target)
            throws Failure, IOException {
        Path file = source.file();
        if (file != null && Files.exists(target) && Files.isSameFile(file, target)) {
            throw Failure.usage(target + ": the copy must be a different file");
        }
        try (PrivateFile copy = PrivateFile.aside(target)) {
            long entries = copy(reader, anonymizer, copy.channel());
            copy.publish();
            return entries;
        }
    }

    @SuppressWarnings("resource") // standard output stays open
    private static long print(TraceReader reader, TraceAnonymizer anonymizer) throws IOException {
        return copy(reader, anonymizer, BinaryOutput.standard());
    }

    @SuppressWarnings("resource") // the caller closes the channel
    private static long copy(TraceReader reader, TraceAnonymizer anonymizer, WritableByteChannel target)
            throws IOException {
        TraceWriter writer = new TraceWriter(target, reader.order(), Program.VERSION);
        writer.editing(anonymizer::anonymize);
        long entries = writer.copy(reader);
        writer.flush();
        return entries;
    }
}
