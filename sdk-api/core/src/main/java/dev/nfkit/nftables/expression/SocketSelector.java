// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * What a rule reads from the local socket of a packet.
 *
 * <p>Follows {@code nft_socket.c}.
 *
 * @param key what is read
 * @param level the level in the hierarchy of control groups, for {@link Key#CGROUPV2} 0 to 255, otherwise 0
 */
public record SocketSelector(Key key, int level) implements Selector {
    /** What is read ({@code NFT_SOCKET_*}): the constants' order is the kernel's. */
    public enum Key {
        /** 1 if the socket is transparent. */
        TRANSPARENT(DataType.INTEGER, 8),
        /** The socket's mark. */
        MARK(DataType.MARK, 32),
        /** 1 if the socket listens on any address. */
        WILDCARD(DataType.INTEGER, 8),
        /** The control group of the socket, at a level of the hierarchy. */
        CGROUPV2(DataType.CGROUPV2, 64);

        private final DataType type;
        private final int bits;

        Key(DataType type, int bits) {
            this.type = type;
            this.bits = bits;
        }
    }

    /**
     * Checks the level.
     *
     * @throws IllegalArgumentException if the level is out of range, or the key has none
     */
    public SocketSelector {
        if (level < 0 || level > 255 || (level != 0 && key != Key.CGROUPV2)) {
            throw new IllegalArgumentException("level " + level + ": 0 to 255 for cgroupv2, 0 otherwise");
        }
    }

    @Override
    public DataType type() {
        return key.type;
    }

    @Override
    public int bits() {
        return key.bits;
    }

    @Override
    public boolean hostOrder() {
        return true;
    }
}
