package dev.nfkit.samples.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Lines on standard output, in UTF-8, in large writes. Unlike System.out it tells when its reader went away. */
final class TextOutput {
    static final Charset CHARSET = StandardCharsets.UTF_8;

    private static final int ROOM = 64 * 1024;

    private static volatile @Nullable OutputStream elsewhere;

    private final OutputStream stream;
    private byte[] buffer = new byte[ROOM];
    private int used;

    TextOutput(OutputStream stream) {
        this.stream = stream;
    }

    static TextOutput standard() {
        OutputStream stream = elsewhere;
        return new TextOutput(stream == null ? new FileOutputStream(FileDescriptor.out) : stream);
    }

    /** Has what follows go elsewhere, for who runs a command in its own process and reads what it prints; null ends it. */
    static void redirect(@Nullable OutputStream stream) {
        elsewhere = stream;
    }

    void line(CharSequence text) throws WriteFailure {
        int length = text.length();
        if (buffer.length - used <= length) {
            flush();
            if (buffer.length <= length) {
                buffer = Arrays.copyOf(buffer, length + ROOM);
            }
        }
        int start = used;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                used = start;
                wide(text);
                return;
            }
            buffer[used++] = (byte) c;
        }
        buffer[used++] = '\n';
    }

    /** Writes text as it is, such as what a terminal obeys. */
    void raw(CharSequence text) throws WriteFailure {
        byte[] bytes = text.toString().getBytes(CHARSET);
        flush();
        write(bytes, bytes.length);
    }

    private void wide(CharSequence text) throws WriteFailure {
        byte[] bytes = (text + "\n").getBytes(CHARSET);
        flush();
        write(bytes, bytes.length);
    }

    boolean pending() {
        return used > 0;
    }

    void flush() throws WriteFailure {
        int length = used;
        used = 0;
        write(buffer, length);
    }

    private void write(byte[] bytes, int length) throws WriteFailure {
        try {
            stream.write(bytes, 0, length);
            stream.flush();
        } catch (IOException e) {
            throw new WriteFailure("standard output", e);
        }
    }
}
