// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.nio.ByteBuffer;

/**
 * Maps the numbers of up to 64 bits one to one onto themselves and keeps prefixes: two results share exactly as many
 * leading bits as the two numbers do. A result depends on the key and the number only, so that nothing is remembered.
 * One thread at a time.
 *
 * <p>As in Crypto-PAn, a bit is flipped or not depending on the key and all bits before it: each prefix is a node of a
 * binary tree that exchanges its two children or does not. Crypto-PAn encrypts a block for each node. Here a block
 * decides about a subtree of {@value #LEVELS} levels, which has 127 nodes: one bit for each.
 */
final class PrefixPermutation {
    /** Decides which nodes never exchange their children, so that the prefixes below stay where they are. */
    interface Fixed {
        /**
         * Whether the bit after a prefix stays.
         *
         * @param prefix the bits before it
         * @param length the number of these bits
         */
        boolean stays(long prefix, int length);
    }

    /** A block of numbers with a common prefix, which becomes itself. */
    record Block(long prefix, int length, boolean inside) implements Fixed {
        /** Numbers with this prefix get it again, and are permuted below it. */
        static Block kept(long prefix, int length) {
            return new Block(prefix, length, false);
        }

        /** Numbers with this prefix stay as they are. */
        static Block unchanged(long prefix, int length) {
            return new Block(prefix, length, true);
        }

        @Override
        public boolean stays(long bits, int count) {
            if (count < length) {
                return bits == prefix >>> (length - count);
            }
            return inside && bits >>> (count - length) == prefix;
        }
    }

    private static final int LEVELS = 7;

    private final Key key;
    private final Key.Use use;
    private final int bits;
    private final Fixed fixed;
    private final ByteBuffer blocks;
    private final byte[] encrypted;

    PrefixPermutation(Key key, Key.Use use, int bits, Fixed fixed) {
        this.key = key;
        this.use = use;
        this.bits = bits;
        this.fixed = fixed;
        int length = (bits + LEVELS - 1) / LEVELS * Key.BLOCK;
        blocks = ByteBuffer.allocate(length);
        encrypted = new byte[length];
    }

    /** A permutation in which blocks keep their prefix. */
    PrefixPermutation(Key key, Key.Use use, int bits, Block... blocks) {
        this(key, use, bits, (prefix, length) -> {
            for (Block block : blocks) {
                if (block.stays(prefix, length)) {
                    return true;
                }
            }
            return false;
        });
    }

    long apply(long value) {
        for (int at = 0, depth = 0; depth < bits; at += Key.BLOCK, depth += LEVELS) {
            blocks.put(at, use.label).put(at + 1, (byte) depth).putLong(at + 8, prefix(value, depth));
        }
        key.encrypt(blocks.array(), encrypted, encrypted.length);
        long flips = 0;
        for (int depth = 0; depth < bits; depth++) {
            int level = depth % LEVELS;
            // The nodes of a subtree are numbered as in a heap: 1, then 2 and 3, then 4 to 7.
            int node = 1 << level | ((int) prefix(value, depth) & ((1 << level) - 1));
            int exchange = encrypted[depth / LEVELS * Key.BLOCK + (node >>> 3)] >>> (node & 7) & 1;
            if (exchange != 0 && !fixed.stays(prefix(value, depth), depth)) {
                flips |= 1L << (bits - 1 - depth);
            }
        }
        return value ^ flips;
    }

    private long prefix(long value, int length) {
        return length == 0 ? 0 : value >>> (bits - length);
    }
}
