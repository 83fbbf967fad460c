// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An input of the fuzzer: control bytes, followed by the bytes to read. Bytes missing at the end are 0.
 */
public final class Input {
    private final byte[] data;
    private int at;

    /** Creates an input. */
    public Input(byte[] data) {
        this.data = data;
    }

    /** The next control byte, 0 to 255. */
    public int u8() {
        return at < data.length ? data[at++] & 0xff : 0;
    }

    /** The next two control bytes, 0 to 65535. */
    public int u16() {
        return u8() << 8 | u8();
    }

    /** The next four control bytes. */
    public int u32() {
        return u16() << 16 | u16();
    }

    public boolean flag() {
        return (u8() & 1) != 0;
    }

    /** The byte order of the following bytes: 0 for little-endian, so that a recording only needs a leading 0. */
    public ByteOrder order() {
        return flag() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    /** The next bytes; fewer at the end of the input. */
    public byte[] take(int count) {
        int from = Math.min(at, data.length);
        at = Math.min(from + count, data.length);
        return Arrays.copyOfRange(data, from, at);
    }

    /** The remaining bytes. */
    public byte[] rest() {
        return take(data.length);
    }

    /** The remaining bytes as text. */
    public String text() {
        return new String(rest(), StandardCharsets.UTF_8);
    }

    public boolean ended() {
        return at >= data.length;
    }
}
