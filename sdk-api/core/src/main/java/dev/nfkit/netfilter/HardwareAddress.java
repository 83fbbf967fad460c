// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A link-layer address, of 0 to 8 bytes, the kernel's maximum. */
public final class HardwareAddress {
    private static final int LONGEST = 8;

    private final byte[] bytes;

    /**
     * An address.
     *
     * @param bytes its bytes, copied
     * @throws IllegalArgumentException if there are more than 8
     */
    public HardwareAddress(byte... bytes) {
        if (bytes.length > LONGEST) {
            throw new IllegalArgumentException("a hardware address of " + bytes.length + " bytes; 8 at most");
        }
        this.bytes = bytes.clone();
    }

    /**
     * The address's bytes.
     *
     * @return a copy
     */
    public byte[] toArray() {
        return bytes.clone();
    }

    /**
     * The number of bytes.
     *
     * @return 0 to 8; 6 on Ethernet
     */
    public int length() {
        return bytes.length;
    }

    /**
     * Whether another object is the same address.
     *
     * @param other what to compare with
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HardwareAddress address && Arrays.equals(address.bytes, bytes);
    }

    /**
     * A hash of the address.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /**
     * The address in its usual notation.
     *
     * @return text such as {@code 02:00:00:00:00:01}
     */
    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(bytes);
    }
}
