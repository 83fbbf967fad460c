// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * Whether a packet has an extension header, an option or a chunk: {@code exthdr frag exists}, {@code tcp option sack
 * missing}. It is compared with a {@link DataType#BOOLEAN}.
 *
 * @param header the header
 */
public record ExtensionPresence(ExtensionHeader header) implements Selector {
    @Override
    public DataType type() {
        return DataType.BOOLEAN;
    }

    @Override
    public int bits() {
        return Byte.SIZE;
    }
}
