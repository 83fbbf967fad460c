// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

/** The format of an attribute's value. */
public enum AttributeShape {
    /** One byte. */
    U8(1),
    /** Two bytes, big-endian. */
    BE16(2),
    /** Four bytes, big-endian. */
    BE32(4),
    /** Eight bytes, big-endian; may be aligned to four bytes only. */
    BE64(8),
    /** Four bytes in the byte order of the host that wrote them. Few attributes use it. */
    HOST32(4),
    /** Bytes of any length, or a structure. */
    BYTES(0),
    /** Text terminated by a NUL byte. */
    STRING(1),
    /** Attributes. */
    NESTED(0);

    private final int minimumLength;

    AttributeShape(int minimumLength) {
        this.minimumLength = minimumLength;
    }

    /**
     * The minimum length of such a value.
     *
     * @return a length in bytes, without the attribute's header
     */
    public int minimumLength() {
        return minimumLength;
    }
}
