// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;

/** Writes JSON objects (RFC 8259) into a StringBuilder, member by member. */
public final class JsonObject {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private StringBuilder out = new StringBuilder();
    private final UtcTime time = new UtcTime();
    private char[] digits = new char[256];
    private boolean first;

    public void begin(StringBuilder target) {
        out = target;
        out.append('{');
        first = true;
    }

    /**
     * Begins an object of a command, whose first members are its kind and its time.
     *
     * @param target the line to append to
     * @param kind the kind of object, by which programs distinguish them
     * @param nanos the time in nanoseconds since 1970
     * @param source where the time is from
     */
    public void begin(StringBuilder target, String kind, long nanos, TimeSource source) {
        begin(target);
        string("kind", kind);
        time(nanos, source);
    }

    /** Begins an object whose time is the present. */
    public void beginNow(StringBuilder target, String kind) {
        begin(target, kind, WallClock.nanos(), TimeSource.RECEIVED);
    }

    /** Appends the time of the object and its source. */
    public void time(long nanos, TimeSource source) {
        instant("time", nanos);
        string("time_source", source.word());
    }

    /** Appends a time in nanoseconds since 1970. */
    public void instant(String key, long nanos) {
        key(key);
        out.append('"');
        time.append(nanos, out);
        out.append('"');
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

    /** Appends a string to an array. */
    public void item(String value) {
        if (!first) {
            out.append(',');
        }
        first = false;
        quoted(value);
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
        out.append('"').append(key).append("\":"); // keys are names of the schema, which need no escapes
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
        int length = value.length();
        if (digits.length < 2 * length) {
            digits = new char[2 * length];
        }
        for (int i = 0; i < length; i++) {
            int b = value.u8(i);
            digits[2 * i] = HEX[b >>> 4];
            digits[2 * i + 1] = HEX[b & 0xf];
        }
        out.append('"').append(digits, 0, 2 * length).append('"');
    }

    public void string(String key, String value) {
        key(key);
        quoted(value);
    }

    private void quoted(String text) {
        out.append('"');
        if (plain(text)) {
            out.append(text).append('"');
            return;
        }
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

    private static boolean plain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private void escaped(char c) {
        out.append("\\u").append(HEX[c >>> 12]).append(HEX[c >>> 8 & 0xf]);
        out.append(HEX[c >>> 4 & 0xf]).append(HEX[c & 0xf]);
    }
}
