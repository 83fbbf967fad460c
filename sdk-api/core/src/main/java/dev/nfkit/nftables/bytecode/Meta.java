// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** Reads and sets what belongs to a packet and is not in its bytes ({@code nft_meta.c}). */
public sealed interface Meta extends Instruction {
    /** {@code NFTA_META_DREG}. */
    Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_META_KEY}. */
    Attribute KEY = Attribute.be32(2);
    /** {@code NFTA_META_SREG}. */
    Attribute SREG = Attribute.be32(3);

    /** The format of both. */
    static Format format() {
        return new Format("meta", Meta::read, DREG, KEY, SREG);
    }

    private static Meta read(AttributeValues in) {
        MetaKey key = in.choice(KEY, MetaKey.values());
        return in.has(DREG) ? new Load(key, in.small(DREG)) : new Set(key, in.small(SREG));
    }

    @Override
    default String name() {
        return "meta";
    }

    /**
     * Loads it.
     *
     * @param key what
     * @param dreg the target
     */
    record Load(MetaKey key, int dreg) implements Meta {
        /** Checks the register. */
        public Load {
            Registers.check("dreg", dreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(KEY, key).put(DREG, dreg);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + key.word()).number("=> reg", dreg);
        }
    }

    /**
     * Sets it.
     *
     * @param key what
     * @param sreg the source
     */
    record Set(MetaKey key, int sreg) implements Meta {
        /** Checks the register. */
        public Set {
            Registers.check("sreg", sreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(KEY, key).put(SREG, sreg);
        }

        @Override
        public void print(TextLine line) {
            line.text("set " + key.word()).number("with reg", sreg);
        }
    }
}
