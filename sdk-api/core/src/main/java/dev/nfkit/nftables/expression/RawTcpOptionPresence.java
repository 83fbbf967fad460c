// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * Whether a packet has a TCP option, by the option's number: {@code tcp option 42 exists}. It is compared with a {@link
 * DataType#BOOLEAN}. Options with a name have {@link ExtensionPresence}.
 *
 * @param kind the option's number, 0 to 255
 */
public record RawTcpOptionPresence(int kind) implements Selector {
    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public RawTcpOptionPresence {
        if (kind < 0 || kind > 255) {
            throw new IllegalArgumentException("kind " + kind + " is out of 0 to 255");
        }
    }

    @Override
    public DataType type() {
        return DataType.BOOLEAN;
    }

    @Override
    public int bits() {
        return Byte.SIZE;
    }
}
