package dev.nfkit.samples.cli;

import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.trace.FlightRecorder;
import dev.nfkit.trace.RecordingTransport;
import dev.nfkit.trace.TraceSink;
import dev.nfkit.trace.TraceWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded while a command runs: everything into a file, or the last of it into a ring, which is written at the
 * end and whenever it is asked for.
 */
final class NetlinkRecording {
    private static final ThreadLocal<@Nullable NetlinkRecording> CURRENT = new ThreadLocal<>();

    private final Path file;
    private final @Nullable TraceAnonymizer anonymizer;
    private final @Nullable FlightRecorder ring;
    private final @Nullable TraceWriter writer;
    private @Nullable RecordingTransport transport;
    private boolean finished;
    private boolean failed;

    private NetlinkRecording(
            Path file,
            @Nullable TraceAnonymizer anonymizer,
            @Nullable FlightRecorder ring,
            @Nullable TraceWriter writer) {
        this.file = file;
        this.anonymizer = anonymizer;
        this.ring = ring;
        this.writer = writer;
    }

    /** Records everything; what is written so far can be read whenever a socket was closed. */
    static NetlinkRecording toFile(Path file, @Nullable TraceAnonymizer anonymizer) throws IOException {
        return new NetlinkRecording(file, anonymizer, null, writer(Files.newOutputStream(file), anonymizer));
    }

    /** Records the last bytes; the file is there from the start on, so that it is known to be writable. */
    static NetlinkRecording toRing(Path file, @Nullable TraceAnonymizer anonymizer, int bytes) throws IOException {
        FlightRecorder ring = new FlightRecorder(bytes, ByteOrder.nativeOrder(), Main.VERSION);
        NetlinkRecording recording = new NetlinkRecording(file, anonymizer, ring, null);
        recording.dump(ring);
        return recording;
    }

    private static TraceWriter writer(OutputStream stream, @Nullable TraceAnonymizer anonymizer) throws IOException {
        TraceWriter writer = new TraceWriter(stream, ByteOrder.nativeOrder(), Main.VERSION);
        return anonymizer == null ? writer : writer.editing(anonymizer::anonymize);
    }

    /** Runs a command whose transport is recorded, on this thread. */
    int during(Run command) {
        CURRENT.set(this);
        try {
            return command.run();
        } finally {
            CURRENT.remove();
        }
    }

    /** A command. */
    interface Run {
        int run();
    }

    /** A transport as this thread's command shall see it. */
    static NetlinkTransport recorded(NetlinkTransport transport) {
        NetlinkRecording current = CURRENT.get();
        return current == null ? transport : current.record(transport);
    }

    /** This thread's command is done, and its process may end any moment. */
    static void commandEnds() {
        NetlinkRecording current = CURRENT.get();
        if (current != null) {
            current.finish();
        }
    }

    private synchronized NetlinkTransport record(NetlinkTransport delegate) {
        TraceSink sink = ring == null ? writer : ring;
        RecordingTransport recording = new RecordingTransport(delegate, Objects.requireNonNull(sink));
        transport = recording;
        return recording;
    }

    /** Writes what the ring holds now, in place of what it held before. */
    synchronized void dump() {
        if (ring != null && !finished) {
            try {
                dump(ring);
                System.err.println("nfkit: the last " + kept(ring) + " were written to " + file);
            } catch (IOException e) {
                System.err.println("nfkit: " + file + ": " + WriteFailure.reason(e));
            }
        }
    }

    private static String kept(FlightRecorder ring) {
        return ring.entries() - ring.evictedEntries() + " of " + ring.entries() + " entries";
    }

    private void dump(FlightRecorder from) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            dump(from, file);
            return;
        }
        // Whoever looks at the file finds the dump before or this one, whole.
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            dump(from, part);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private void dump(FlightRecorder from, Path to) throws IOException {
        try (TraceWriter dump = writer(Files.newOutputStream(to), anonymizer)) {
            from.dump(dump);
        }
    }

    /** Writes what is left, and says what it came to; once. */
    synchronized void finish() {
        if (finished) {
            return;
        }
        finished = true;
        try {
            if (ring != null) {
                dump(ring);
            } else if (writer != null) {
                writer.close();
            }
        } catch (IOException e) {
            failed = true;
            System.err.println("nfkit: " + file + ": " + WriteFailure.reason(e));
        }
        if (transport == null) {
            System.err.println("nfkit: nothing was recorded: the command opened no netlink socket");
        } else {
            say(transport);
        }
    }

    private void say(RecordingTransport open) {
        if (open.unrecorded() > 0) {
            failed = true;
            String why = open.failure().map(WriteFailure::reason).orElse("");
            System.err.println("nfkit: " + file + ": " + open.unrecorded() + " entries are missing: " + why);
        }
        long entries = writer == null ? 0 : writer.validEntries();
        String what = ring == null ? entries + " entries" : "the last " + kept(ring);
        System.err.println("Recorded " + what + (anonymizer == null ? "" : ", made anonymous") + ": " + file);
    }

    /** Whether something could not be written. */
    synchronized boolean failed() {
        return failed;
    }
}
