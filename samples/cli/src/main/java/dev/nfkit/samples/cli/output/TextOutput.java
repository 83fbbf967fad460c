// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.PrintableText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes lines on standard output, in UTF-8, in large writes. Unlike System.out, it reports that its reader closed the
 * pipe.
 */
public final class TextOutput {
    public static final Charset CHARSET = StandardCharsets.UTF_8;

    private static final int SPACE = 64 * 1024;

    private static volatile @Nullable OutputStream elsewhere;

    private final OutputStream stream;
    private byte[] buffer = new byte[SPACE];
    private char[] copied = new char[SPACE];
    private int used;

    public TextOutput(OutputStream stream) {
        this.stream = stream;
    }

    public static TextOutput standard() {
        OutputStream stream = elsewhere;
        return new TextOutput(stream == null ? new FileOutputStream(FileDescriptor.out) : stream);
    }

    /** Redirects the output that follows, for callers in this process that read it; null ends the redirection. */
    public static void redirect(@Nullable OutputStream stream) {
        elsewhere = stream;
    }

    /**
     * Writes a line. It may contain text from outside: characters that are unsafe by {@link PrintableText} become dots,
     * except for tabs, which separate columns.
     */
    public void line(CharSequence text) throws WriteFailure {
        int length = text.length();
        if (buffer.length - used <= length) {
            flush();
            if (buffer.length <= length) {
                buffer = Arrays.copyOf(buffer, length + SPACE);
            }
        }
        int start = used;
        // Reading an array is much faster than asking a StringBuilder for each character.
        char[] characters = characters(text, length);
        for (int i = 0; i < length; i++) {
            char c = characters[i];
            if (c >= 0x7f || (c < 0x20 && c != '\t')) {
                used = start;
                checked(text);
                return;
            }
            buffer[used++] = (byte) c;
        }
        buffer[used++] = '\n';
    }

    private char[] characters(CharSequence text, int length) {
        if (copied.length < length) {
            copied = new char[length + SPACE];
        }
        if (text instanceof StringBuilder builder) {
            builder.getChars(0, length, copied, 0);
        } else {
            text.toString().getChars(0, length, copied, 0);
        }
        return copied;
    }

    /** Writes text unchanged, such as terminal control sequences. */
    public void raw(CharSequence text) throws WriteFailure {
        byte[] bytes = text.toString().getBytes(CHARSET);
        flush();
        write(bytes, bytes.length);
    }

    private void checked(CharSequence text) throws WriteFailure {
        StringBuilder safe = new StringBuilder(text.length() + 1);
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) == '\t') {
                PrintableText.append(safe, text.subSequence(from, at));
                safe.append('\t');
                from = at + 1;
            }
        }
        PrintableText.append(safe, text.subSequence(from, text.length()));
        byte[] bytes = safe.append('\n').toString().getBytes(CHARSET);
        flush();
        write(bytes, bytes.length);
    }

    public boolean pending() {
        return used > 0;
    }

    public void flush() throws WriteFailure {
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
