// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The recording or capture that a command reads: a file, or standard input, which is named {@code -}. It is read once,
 * from its start, so that it may be a pipe.
 */
public final class TraceSource {
    /** What the parameter of a command may be. */
    public static final String DESCRIPTION =
            "A pcapng or pcap file of link type 253 (NETLINK) or 239 (NFLOG); - is standard input.";

    private final @Nullable Path file;

    private TraceSource(@Nullable Path file) {
        this.file = file;
    }

    /** The source that a parameter names. */
    public static TraceSource of(Path parameter) {
        return new TraceSource("-".equals(parameter.toString()) ? null : parameter);
    }

    /** The file, or null for standard input. */
    public @Nullable Path file() {
        return file;
    }

    /** Its name in messages. */
    public String name() {
        return file == null ? "standard input" : file.toString();
    }

    /** Reads all of it. */
    public Trace read() throws Failure {
        try {
            return file == null ? Trace.read(System.in, name()) : Trace.read(file);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Opens it at its first entry, if it has one, so that the reader knows the byte order. The caller closes it. */
    public TraceReader open() throws Failure {
        try {
            TraceReader reader = file == null ? TraceReader.of(System.in, name()) : TraceReader.open(file);
            try {
                reader.next();
                return reader;
            } catch (IOException e) {
                reader.close();
                throw e;
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Whether an error of a command that also writes is one of this source. */
    public boolean caused(IOException e) {
        return WriteFailure.reason(e).startsWith(name());
    }

    /** The failure of a command because of an error of this source. */
    public Failure failure(IOException e) {
        String reason = WriteFailure.reason(e);
        return Failure.usage(caused(e) ? reason : name() + ": " + reason, e);
    }
}
