// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recording that can be read repeatedly: each replayed socket iterates over it separately, so that memory stays
 * constant. Reads the recording completely on creation, to find its sockets and verify that it is complete.
 */
public final class Recording {
    @FunctionalInterface
    private interface Source {
        EntryCursor open(@Nullable SocketOfRecording only) throws IOException;
    }

    private final String name;
    private final Source source;
    private final List<SocketOfRecording> sockets = new ArrayList<>();
    private final RecordedAnswers answers = new RecordedAnswers();
    private final ByteOrder order;
    private long entries;

    private Recording(String name, Source source) {
        this.name = name;
        this.source = source;
        try (EntryCursor cursor = open(null)) {
            while (cursor.next()) {
                socketOf(cursor).see(cursor);
                answers.see(cursor);
            }
            entries = cursor.number();
            order = cursor.order();
        }
    }

    public static Recording of(Path file) {
        return new Recording(file.toString(), only -> EntryCursor.of(TraceReader.open(file), only));
    }

    public static Recording of(URL resource, String name) {
        return new Recording(name, only -> EntryCursor.of(TraceReader.of(stream(resource), name), only));
    }

    private static InputStream stream(URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        connection.setUseCaches(false); // closing a stream of a cached jar file would close it for all users
        return connection.getInputStream();
    }

    public static Recording of(Trace trace) {
        return new Recording("the recording", only -> EntryCursor.of(trace, only));
    }

    private SocketOfRecording socketOf(EntryCursor cursor) {
        for (SocketOfRecording known : sockets) {
            if (known.is(cursor.socket(), cursor.protocol())) {
                return known;
            }
        }
        SocketOfRecording found = new SocketOfRecording(cursor.socket(), cursor.protocol(), cursor.socketName());
        sockets.add(found);
        return found;
    }

    /** A cursor before the first entry, for all sockets or for one. */
    EntryCursor open(@Nullable SocketOfRecording only) {
        try {
            return source.open(only);
        } catch (NoSuchFileException e) {
            throw new UncheckedIOException(
                    "there is no recording " + Path.of(name).toAbsolutePath(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    String.valueOf(e.getMessage()).contains(name) ? e.getMessage() : name + ": " + e.getMessage(), e);
        }
    }

    String name() {
        return name;
    }

    /** The number of entries, including notes. */
    long entries() {
        return entries;
    }

    ByteOrder order() {
        return order;
    }

    RecordedAnswers answers() {
        return answers;
    }

    List<SocketOfRecording> sockets() {
        return sockets;
    }

    /** The sockets of a protocol, in the order of their first entries. */
    List<SocketOfRecording> sockets(int protocol) {
        return sockets.stream().filter(each -> each.protocol() == protocol).toList();
    }

    /** Whether a socket shares its interface with others, as in a file from an nlmon device. */
    boolean shared(SocketOfRecording socket) {
        return sockets.stream().filter(each -> each.socket() == socket.socket()).count() > 1;
    }
}
