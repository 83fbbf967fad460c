// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.Bytes;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;

/** The bitmap of labels: longs of a 64-bit kernel in the order of the host ({@code struct nf_conn_labels}). */
public final class LabelBits {
    /** The number of labels ({@code XT_CONNLABEL_MAXBIT} plus one). */
    public static final int COUNT = 128;

    private LabelBits() {}

    /**
     * Reads a bitmap.
     *
     * @param bitmap the bitmap
     * @param order the byte order of the host that wrote it
     * @return a new set of labels
     */
    public static BitSet read(Bytes bitmap, ByteOrder order) {
        BitSet bits = new BitSet();
        for (int at = 0; at < bitmap.length(); at++) {
            int place = order == ByteOrder.LITTLE_ENDIAN ? at : (at & -Long.BYTES) + Long.BYTES - 1 - (at & 7);
            int octet = bitmap.u8(at);
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                if ((octet & (1 << bit)) != 0) {
                    bits.set(place * Byte.SIZE + bit);
                }
            }
        }
        return bits;
    }

    /**
     * The bitmap of labels.
     *
     * @param bits the labels that are set
     * @return words of 64 bits, to be written in the order of the host
     */
    public static long[] words(BitSet bits) {
        return Arrays.copyOf(bits.toLongArray(), COUNT / Long.SIZE);
    }
}
