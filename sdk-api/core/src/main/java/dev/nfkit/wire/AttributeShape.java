package dev.nfkit.wire;

/** What an attribute's value looks like. */
public enum AttributeShape {
    /** One byte. */
    U8(1),
    /** Two bytes, big-endian. */
    BE16(2),
    /** Four bytes, big-endian. */
    BE32(4),
    /** Eight bytes, big-endian; they may lie on a boundary of four. */
    BE64(8),
    /** Four bytes in the order of the host that wrote them, which few attributes use. */
    HOST32(4),
    /** Bytes of any length, or a structure. */
    BYTES(0),
    /** Text that a NUL byte ends. */
    STRING(1),
    /** Attributes. */
    NESTED(0);

    private final int minimumLength;

    AttributeShape(int minimumLength) {
        this.minimumLength = minimumLength;
    }

    /**
     * The fewest bytes that such a value has.
     *
     * @return a length in bytes, without the attribute's header
     */
    public int minimumLength() {
        return minimumLength;
    }
}
