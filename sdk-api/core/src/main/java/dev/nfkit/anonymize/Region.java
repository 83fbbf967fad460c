// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A part of a datagram that is changed in place: offsets count from its start. */
final class Region {
    final byte[] bytes;
    final int start;
    final int length;
    private final ByteBuffer buffer;

    Region(byte[] bytes, int start, int length) {
        this.bytes = bytes;
        this.start = start;
        this.length = length;
        this.buffer = ByteBuffer.wrap(bytes);
    }

    Region part(int at, int count) {
        return new Region(bytes, start + at, count);
    }

    int u8(int at) {
        return bytes[start + at] & 0xff;
    }

    int u16(int at) {
        return buffer.getShort(start + at) & 0xffff;
    }

    void u16(int at, int value) {
        buffer.putShort(start + at, (short) value);
    }

    /** A read-only view of it. */
    Bytes view() {
        return new BytesView().wrap(buffer, start, length);
    }

    /** Replaces the IP address of 4 or 16 bytes at a place. If it is cut, its bytes become noise. */
    void address(Scrub scrub, int at, int size) {
        if (at + size <= length) {
            scrub.addresses.replace(buffer, start + at, size);
        } else {
            noise(scrub, at);
        }
    }

    /** Replaces the link-layer address at a place. If its length is not known here, its bytes become noise. */
    void hardware(Scrub scrub, int at, int size) {
        if (at + size <= length && AddressMap.known(size)) {
            scrub.addresses.hardware(buffer, start + at, size);
        } else {
            noise(scrub, at, size);
        }
    }

    /** The first bytes as text, a character for each byte. */
    String text(int count) {
        return new String(bytes, start, count, StandardCharsets.ISO_8859_1);
    }

    void zero(int at) {
        zero(at, length - at);
    }

    void zero(int at, int count) {
        int end = Math.min(length, at + Math.max(0, count));
        if (at < end) {
            Arrays.fill(bytes, start + at, start + end, (byte) 0);
        }
    }

    /** Replaces everything from a place on. */
    void noise(Scrub scrub, int at) {
        noise(scrub, at, length - at);
    }

    void noise(Scrub scrub, int at, int count) {
        int end = Math.min(length, at + Math.max(0, count));
        if (at < end) {
            scrub.key.noise(bytes, start + at, end - at);
        }
    }
}
