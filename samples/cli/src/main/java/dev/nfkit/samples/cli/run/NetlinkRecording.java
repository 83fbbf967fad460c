// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.NetlinkException;
import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.pcap.PrivateFile;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.trace.FlightRecorder;
import dev.nfkit.trace.RecordingTransport;
import dev.nfkit.trace.TraceSink;
import dev.nfkit.trace.TraceWriter;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Records the netlink traffic of a command: everything into a file, or the last part into a ring, which is written at
 * the end and on request.
 */
public final class NetlinkRecording {
    private static final ThreadLocal<@Nullable NetlinkRecording> CURRENT = new ThreadLocal<>();

    private final Path file;
    private final @Nullable TraceAnonymizer anonymizer;
    private final @Nullable FlightRecorder ring;
    private final @Nullable TraceWriter writer;
    private final @Nullable PrivateFile opened;
    private @Nullable RecordingTransport transport;
    private boolean begun;
    private boolean finished;
    private boolean failed;

    private NetlinkRecording(
            Path file,
            @Nullable TraceAnonymizer anonymizer,
            @Nullable FlightRecorder ring,
            @Nullable TraceWriter writer,
            @Nullable PrivateFile opened) {
        this.file = file;
        this.anonymizer = anonymizer;
        this.ring = ring;
        this.writer = writer;
        this.opened = opened;
    }

    /** Records everything. The file can be read whenever a socket has been closed. */
    public static NetlinkRecording toFile(Path file, @Nullable TraceAnonymizer anonymizer) throws IOException {
        PrivateFile opened = PrivateFile.aside(file);
        try {
            return new NetlinkRecording(file, anonymizer, null, writer(opened, anonymizer), opened);
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    /** Records the last bytes. Opens the file at once, to fail early if it is not writable. */
    public static NetlinkRecording toRing(Path file, @Nullable TraceAnonymizer anonymizer, int bytes)
            throws IOException {
        PrivateFile.aside(file).close();
        FlightRecorder ring = new FlightRecorder(bytes, ByteOrder.nativeOrder(), Program.VERSION);
        return new NetlinkRecording(file, anonymizer, ring, null, null);
    }

    private static TraceWriter writer(PrivateFile opened, @Nullable TraceAnonymizer anonymizer) throws IOException {
        TraceWriter writer = new TraceWriter(opened.channel(), ByteOrder.nativeOrder(), Program.VERSION);
        return anonymizer == null ? writer : writer.editing(anonymizer::anonymize);
    }

    /** Runs a command on this thread, and records its transport. */
    public int during(Run command) {
        CURRENT.set(this);
        try {
            return command.run();
        } finally {
            CURRENT.remove();
        }
    }

    /** A command. */
    public interface Run {
        int run();
    }

    /** Returns a transport that this thread's command uses. */
    public static NetlinkTransport recorded(NetlinkTransport transport) {
        NetlinkRecording current = CURRENT.get();
        return current == null ? transport : current.record(transport);
    }

    /** Ends the recording of this thread's command. Its process may end at any moment after that. */
    static void commandEnds() {
        NetlinkRecording current = CURRENT.get();
        if (current != null) {
            current.finish();
        }
    }

    private synchronized NetlinkTransport record(NetlinkTransport delegate) {
        TraceSink sink = ring == null ? writer : ring;
        NetlinkTransport beginning = new NetlinkTransport() {
            @Override
            public NetlinkSocket open(int protocol) throws NetlinkException {
                NetlinkSocket socket = delegate.open(protocol);
                begin();
                return socket;
            }

            @Override
            public KernelView kernel() {
                return delegate.kernel();
            }

            @Override
            public long nanoTime() {
                return delegate.nanoTime();
            }
        };
        RecordingTransport recording = new RecordingTransport(beginning, Objects.requireNonNull(sink));
        transport = recording;
        return recording;
    }

    /**
     * Opens the file once the command has opened its first socket. A command that fails before that, for example
     * because of a wrong argument, does not change an existing file.
     */
    private synchronized void begin() {
        if (begun) {
            return;
        }
        begun = true;
        try {
            if (ring != null) {
                dump(ring);
            } else if (opened != null) {
                opened.publish();
            }
        } catch (IOException e) {
            failed = true;
            Messages.print("nfkit: " + file + ": " + WriteFailure.reason(e));
        }
    }

    /** Writes the current contents of the ring, in place of the contents before. */
    public synchronized void dump() {
        if (ring != null && !finished) {
            try {
                dump(ring);
                Messages.print("nfkit: the last " + kept(ring) + " were written to " + file);
            } catch (IOException e) {
                Messages.print("nfkit: " + file + ": " + WriteFailure.reason(e));
            }
        }
    }

    private static String kept(FlightRecorder ring) {
        return ring.entries() - ring.evictedEntries() + " of " + ring.entries() + " entries";
    }

    private void dump(FlightRecorder from) throws IOException {
        // A reader of the file finds either the previous dump or this one, complete.
        try (PrivateFile to = PrivateFile.aside(file)) {
            TraceWriter dump = writer(to, anonymizer);
            from.dump(dump);
            dump.flush();
            to.publish();
        }
    }

    /** Writes the rest and prints the summary; only once. */
    public synchronized void finish() {
        if (finished) {
            return;
        }
        finished = true;
        try {
            if (ring != null && begun) {
                dump(ring);
            } else if (writer != null && opened != null) {
                writer.close();
                opened.close();
            }
        } catch (IOException e) {
            failed = true;
            Messages.print("nfkit: " + file + ": " + WriteFailure.reason(e));
        }
        if (transport == null || !begun) {
            Messages.print("nfkit: nothing was recorded: the command opened no netlink socket");
        } else {
            summarize(transport);
        }
    }

    private void summarize(RecordingTransport open) {
        if (open.unrecorded() > 0) {
            failed = true;
            String why = open.failure().map(WriteFailure::reason).orElse("");
            Messages.print("nfkit: " + file + ": " + open.unrecorded() + " entries are missing: " + why);
        }
        long entries = writer == null ? 0 : writer.validEntries();
        String what = ring == null ? entries + " entries" : "the last " + kept(ring);
        Messages.print("Recorded " + what + (anonymizer == null ? "" : ", made anonymous") + ": " + file);
    }

    /** Whether a write has failed. */
    public synchronized boolean failed() {
        return failed;
    }
}
