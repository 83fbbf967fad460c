package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.Registers16;

/** Instructions that compute a number to choose by ({@code nft_numgen.c}, {@code nft_hash.c}). */
final class NumberOperations {
    private static final int GOLDEN = 0xdeadbeef;

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
                int hash = jhash(frame.registers.bytes(), source, jhash.length(), start);
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

    /** Jenkins' hash of the kernel ({@code jhash}, lookup3), on words of the host. */
    static int jhash(byte[] bytes, int offset, int length, int seed) {
        Registers16 words = new Registers16();
        System.arraycopy(bytes, offset, words.bytes(), 0, length);
        int a = GOLDEN + length + seed;
        int b = a;
        int c = a;
        int at = 0;
        int left = length;
        while (left > 12) {
            a += words.word(at);
            b += words.word(at + 4);
            c += words.word(at + 8);
            a -= c;
            a ^= Integer.rotateLeft(c, 4);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 6);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 8);
            b += a;
            a -= c;
            a ^= Integer.rotateLeft(c, 16);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 19);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 4);
            b += a;
            at += 12;
            left -= 12;
        }
        if (left == 0) {
            return c;
        }
        a += tail(words, at, Math.min(4, left));
        b += tail(words, at + 4, Math.max(0, Math.min(4, left - 4)));
        c += tail(words, at + 8, Math.max(0, left - 8));
        return end(a, b, c);
    }

    private static int tail(Registers16 words, int at, int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            value |= (words.bytes()[at + i] & 0xff) << (8 * i);
        }
        return value;
    }

    private static int end(int first, int second, int third) {
        int a = first;
        int b = second;
        int c = third;
        c ^= b;
        c -= Integer.rotateLeft(b, 14);
        a ^= c;
        a -= Integer.rotateLeft(c, 11);
        b ^= a;
        b -= Integer.rotateLeft(a, 25);
        c ^= b;
        c -= Integer.rotateLeft(b, 16);
        a ^= c;
        a -= Integer.rotateLeft(c, 4);
        b ^= a;
        b -= Integer.rotateLeft(a, 14);
        c ^= b;
        c -= Integer.rotateLeft(b, 24);
        return c;
    }
}
