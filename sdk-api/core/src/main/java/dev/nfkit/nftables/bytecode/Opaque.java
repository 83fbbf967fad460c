// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.Bytes;
import java.util.Arrays;
import java.util.HexFormat;

/** Bytes that are kept and not interpreted. Immutable; equal to others with the same bytes. */
public final class Opaque {
    private static final int MOST = 65531;

    private final byte[] value;

    private Opaque(byte[] value) {
        Checks.range("length of the bytes", value.length, 0, MOST);
        this.value = value;
    }

    /**
     * Some bytes.
     *
     * @param value the bytes, copied; 65531 at most, as an attribute holds
     * @return the value
     * @throws IllegalArgumentException if they are more
     */
    public static Opaque of(byte... value) {
        return new Opaque(value.clone());
    }

    static Opaque of(Bytes value) {
        return new Opaque(value.toArray());
    }

    /**
     * The bytes, to be read.
     *
     * @return a view
     */
    public Bytes bytes() {
        return Bytes.of(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Opaque opaque && Arrays.equals(value, opaque.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
