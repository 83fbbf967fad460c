// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import java.util.Arrays;
import kotlin.random.Random;

/**
 * Makes the choices of a generator from the bytes of an input, so that the fuzzer observes the effect of each.
 * Unbounded numbers come from a sequence that depends on the whole input: runs of them are unlike all others.
 */
final class Choices extends Random {
    private static final int BYTE = 256;

    private final Input input;
    private final java.util.Random sequence;

    /** Creates the choices of an input, from its next byte on. */
    Choices(Input input, byte[] whole) {
        this.input = input;
        this.sequence = new java.util.Random(Arrays.hashCode(whole));
    }

    @Override
    public int nextBits(int bitCount) {
        return bitCount == 0 ? 0 : sequence.nextInt() >>> (Integer.SIZE - bitCount);
    }

    @Override
    public int nextInt(int from, int until) {
        int range = until - from;
        return from + (range <= BYTE ? input.u8() : input.u16()) % range;
    }

    @Override
    public boolean nextBoolean() {
        return input.flag();
    }
}
