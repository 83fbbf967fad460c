// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** Instructions that compute a number to choose by. Each result is in host order, 4 bytes. */
public sealed interface Generator extends Instruction {
    /**
     * Numbers in turn, or random ones ({@code nft_numgen.c}).
     *
     * @param dreg the target
     * @param modulus the number of results, 0 to 2³²−1
     * @param random whether they are random instead of in turn
     * @param offset the least result, 0 to 2³²−1
     */
    record Numgen(int dreg, long modulus, boolean random, long offset) implements Generator {
        /** {@code NFTA_NG_DREG}. */
        static final Attribute DREG = Attribute.be32(1);
        /** {@code NFTA_NG_MODULUS}. */
        static final Attribute MODULUS = Attribute.be32(2);
        /** {@code NFTA_NG_TYPE}: 0 in turn, 1 random. */
        static final Attribute TYPE = Attribute.be32(3);
        /** {@code NFTA_NG_OFFSET}. */
        static final Attribute OFFSET = Attribute.be32(4);

        static final Format FORMAT = new Format("numgen", Numgen::read, DREG, MODULUS, TYPE, OFFSET);

        /** Checks the ranges. */
        public Numgen {
            Registers.check("dreg", dreg);
            Checks.u32("modulus", modulus);
            Checks.u32("offset", offset);
        }

        private static Numgen read(AttributeValues in) {
            long type = Checks.range("type", in.number(TYPE), 0, 1);
            return new Numgen(in.small(DREG), in.number(MODULUS), type == 1, in.number(OFFSET, 0));
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg).put(MODULUS, modulus).put(TYPE, random ? 1 : 0).put(OFFSET, offset);
        }

        @Override
        public void print(TextLine line) {
            line.number("reg", dreg).text(random ? "= random" : "= inc").number("mod", modulus);
            line.number("offset", offset == 0 ? null : Long.valueOf(offset));
        }
    }

    /** A hash ({@code nft_hash.c}). */
    sealed interface Hash extends Generator {
        /** {@code NFTA_HASH_SREG}. */
        Attribute SREG = Attribute.be32(1);
        /** {@code NFTA_HASH_DREG}. */
        Attribute DREG = Attribute.be32(2);
        /** {@code NFTA_HASH_LEN}. */
        Attribute LEN = Attribute.be32(3);
        /** {@code NFTA_HASH_MODULUS}. */
        Attribute MODULUS = Attribute.be32(4);
        /** {@code NFTA_HASH_SEED}; absent if the kernel chooses it. */
        Attribute SEED = Attribute.be32(5);
        /** {@code NFTA_HASH_OFFSET}; the kernel omits 0. */
        Attribute OFFSET = Attribute.be32(6);
        /** {@code NFTA_HASH_TYPE}: 0 Jenkins, 1 symmetric. */
        Attribute TYPE = Attribute.be32(7);

        /** The format of both. */
        static Format format() {
            return new Format("hash", Hash::read, SREG, DREG, LEN, MODULUS, SEED, OFFSET, TYPE);
        }

        private static Hash read(AttributeValues in) {
            int dreg = in.small(DREG);
            long modulus = in.number(MODULUS);
            long offset = in.number(OFFSET, 0);
            if (Checks.range("type", in.number(TYPE, 0), 0, 1) == 1) {
                return new Symhash(dreg, modulus, offset);
            }
            return new Jhash(dreg, in.small(SREG), in.small(LEN), modulus, in.numberOrNull(SEED), offset);
        }

        @Override
        default String name() {
            return "hash";
        }
    }

    /**
     * The hash of a register.
     *
     * @param dreg the target
     * @param sreg the source
     * @param length the number of bytes, 1 to 255
     * @param modulus the number of results, 0 to 2³²−1
     * @param seed the seed, 0 to 2³²−1; null if the kernel chooses it
     * @param offset the least result, 0 to 2³²−1
     */
    record Jhash(
            int dreg,
            int sreg,
            int length,
            long modulus,
            @Nullable Long seed,
            long offset) implements Hash {
        /** Checks the ranges. */
        public Jhash {
            Registers.check("dreg", dreg);
            Registers.check("sreg", sreg);
            Checks.range("length", length, 1, 0xff);
            Checks.u32("modulus", modulus);
            Checks.u32("seed", seed);
            Checks.u32("offset", offset);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg)
                    .put(DREG, dreg)
                    .put(LEN, length)
                    .put(MODULUS, modulus)
                    .put(SEED, seed);
            to.put(OFFSET, offset == 0 ? null : Long.valueOf(offset)).put(TYPE, 0);
        }

        @Override
        public void print(TextLine line) {
            Long start = seed;
            line.number("reg", dreg)
                    .text("= jhash(reg " + sreg + ", " + length + ", 0x" + Long.toHexString(start == null ? 0 : start)
                            + ")");
            line.number("% mod", modulus).number("offset", offset == 0 ? null : Long.valueOf(offset));
        }
    }

    /**
     * The hash of the packet's connection, the same in both directions.
     *
     * @param dreg the target
     * @param modulus the number of results, 0 to 2³²−1
     * @param offset the least result, 0 to 2³²−1
     */
    record Symhash(int dreg, long modulus, long offset) implements Hash {
        /** Checks the ranges. */
        public Symhash {
            Registers.check("dreg", dreg);
            Checks.u32("modulus", modulus);
            Checks.u32("offset", offset);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg).put(MODULUS, modulus);
            to.put(OFFSET, offset == 0 ? null : Long.valueOf(offset)).put(TYPE, 1);
        }

        @Override
        public void print(TextLine line) {
            line.number("reg", dreg).text("= symhash() %").number("mod", modulus);
            line.number("offset", offset == 0 ? null : Long.valueOf(offset));
        }
    }
}
