package dev.nfkit.anonymize;

import dev.nfkit.Bytes;
import java.nio.ByteBuffer;

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

    /** A view over it, for who reads. */
    Bytes view() {
        return new Bytes().wrap(buffer, start, length);
    }

    /** Replaces the address of 4 or 16 bytes at a place, if it is there as a whole; else what is there of it. */
    void address(Scrub scrub, int at, int size) {
        if (at + size <= length) {
            scrub.addresses.replace(buffer, start + at, size);
        } else {
            noise(scrub, at);
        }
    }

    void hardware(Scrub scrub, int at, int size) {
        scrub.addresses.hardware(bytes, start + at, size);
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
