// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * Bits of a TCP option by its number, such as {@code tcp option @254,16,32}.
 *
 * @param kind the option's number, 0 to 255
 * @param offset bits from the start of the option, 0 to 2047
 * @param bits the size, 1 to 2040
 */
public record RawTcpOption(int kind, int offset, int bits) implements Selector {
    private static final int LAST_OFFSET = 2047;
    private static final int LONGEST = 2040;

    /**
     * Checks the place.
     *
     * @throws IllegalArgumentException if kind, offset or size is out of range
     */
    public RawTcpOption {
        if (kind < 0 || kind > 255) {
            throw new IllegalArgumentException("kind " + kind + " is out of 0 to 255");
        }
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
