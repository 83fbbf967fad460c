// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * Bits at a place of the packet, such as {@code @th,16,16}.
 *
 * @param base where the offset counts from
 * @param offset bits from there, 0 to 2047
 * @param bits the size, 1 to 2040
 */
public record RawPayload(PayloadBase base, int offset, int bits) implements Selector {
    private static final int LAST_OFFSET = 2047;
    private static final int LONGEST = 2040;

    /**
     * Checks the place.
     *
     * @throws IllegalArgumentException if offset or size is out of range
     */
    public RawPayload {
        if (offset < 0 || offset > LAST_OFFSET) {
            throw new IllegalArgumentException("offset " + offset + " is out of 0 to " + LAST_OFFSET + " bits");
        }
        if (bits < 1 || bits > LONGEST) {
            throw new IllegalArgumentException("bits " + bits + " is out of 1 to " + LONGEST);
        }
    }

    @Override
    public DataType type() {
        return DataType.INTEGER;
    }
}
