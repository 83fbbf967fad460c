// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Jhash;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.Registers16;

/** Instructions that compute a number to choose by ({@code nft_numgen.c}, {@code nft_hash.c}). */
final class NumberOperations {
    private NumberOperations() {}

    static Operation of(Generator generator) {
        if (generator instanceof Generator.Numgen numgen) {
            return numgen.random() ? random(numgen) : new InTurn(numgen);
        }
        if (generator instanceof Generator.Jhash jhash) {
            int source = Registers16.offset(jhash.sreg());
            int target = Registers16.offset(jhash.dreg());
            Long seed = jhash.seed();
            int start = seed == null ? 0 : seed.intValue();
            return new Plain(jhash, frame -> {
                int hash = Jhash.of(frame.registers.bytes(), source, jhash.length(), start);
                frame.registers.word(target, (int) (scaled(hash, jhash.modulus()) + jhash.offset()));
            });
        }
        return new Plain(generator, frame -> {
            throw new NotModelled("symhash, which depends on a secret of the kernel");
        });
    }

    private static final class InTurn extends Operation {
        private final Generator.Numgen numgen;
        private final int target;
        private long last;

        InTurn(Generator.Numgen numgen) {
            super(numgen);
            this.numgen = numgen;
            this.target = Registers16.offset(numgen.dreg());
            this.last = numgen.modulus() - 1;
        }

        @Override
        public void run(Frame frame) {
            last = last + 1 < numgen.modulus() ? last + 1 : 0;
            frame.registers.word(target, (int) (last + numgen.offset()));
        }
    }

    private static Operation random(Generator.Numgen numgen) {
        int target = Registers16.offset(numgen.dreg());
        return new Plain(
                numgen,
                frame -> frame.registers.word(
                        target, (int) (scaled(frame.around.random(), numgen.modulus()) + numgen.offset())));
    }

    /** A number scaled to a range ({@code reciprocal_scale}). */
    static long scaled(int value, long range) {
        return (Integer.toUnsignedLong(value) * range) >>> Integer.SIZE;
    }
}
