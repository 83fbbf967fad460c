package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;

/** Writes JSON objects (RFC 8259) into a StringBuilder, member by member. */
public final class JsonObject {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private StringBuilder out = new StringBuilder();
    private boolean first;

    public void begin(StringBuilder target) {
        out = target;
        out.append('{');
        first = true;
    }

    public void beginNested(String key) {
        key(key);
        out.append('{');
        first = true;
    }

    public void beginArray(String key) {
        key(key);
        out.append('[');
        first = true;
    }

    /** Begins an object in an array. */
    public void beginItem() {
        if (!first) {
            out.append(',');
        }
        out.append('{');
        first = true;
    }

    public void endArray() {
        out.append(']');
        first = false;
    }

    public void end() {
        out.append('}');
        first = false;
    }

    private void key(String key) {
        if (!first) {
            out.append(',');
        }
        first = false;
        quoted(key);
        out.append(':');
    }

    public void number(String key, long value) {
        key(key);
        out.append(value);
    }

    /** Appends an unsigned number of 64 bits. */
    public void unsigned(String key, long value) {
        key(key);
        out.append(Long.toUnsignedString(value));
    }

    /** Appends seconds with six decimals. */
    public void seconds(String key, long micros) {
        key(key);
        if (micros < 0) {
            out.append('-');
        }
        long size = Math.abs(micros);
        out.append(size / 1_000_000).append('.');
        long fraction = size % 1_000_000;
        for (long digit = 100_000; digit > 0; digit /= 10) {
            out.append((char) ('0' + fraction / digit % 10));
        }
    }

    public void bool(String key, boolean value) {
        key(key);
        out.append(value);
    }

    public void hex(String key, Bytes value) {
        key(key);
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            int b = value.u8(i);
            out.append(HEX[b >>> 4]).append(HEX[b & 0xf]);
        }
        out.append('"');
    }

    public void string(String key, String value) {
        key(key);
        quoted(value);
    }

    private void quoted(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            int next = i + Character.charCount(codePoint);
            if (codePoint == '"' || codePoint == '\\') {
                out.append('\\').append((char) codePoint);
            } else if (PrintableText.isUnsafe(codePoint)) {
                for (int at = i; at < next; at++) {
                    escaped(text.charAt(at));
                }
            } else {
                out.appendCodePoint(codePoint);
            }
            i = next;
        }
        out.append('"');
    }

    private void escaped(char c) {
        out.append("\\u").append(HEX[c >>> 12]).append(HEX[c >>> 8 & 0xf]);
        out.append(HEX[c >>> 4 & 0xf]).append(HEX[c & 0xf]);
    }
}
