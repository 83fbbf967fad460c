// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads and sets what belongs to a connection ({@code nft_ct.c}). */
public sealed interface Ct extends Instruction {
    /** {@code NFTA_CT_DREG}. */
    Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_CT_KEY}. */
    Attribute KEY = Attribute.be32(2);
    /** {@code NFTA_CT_DIRECTION}. */
    Attribute DIRECTION = Attribute.u8(3);
    /** {@code NFTA_CT_SREG}. */
    Attribute SREG = Attribute.be32(4);

    /** The directions of a connection ({@code IP_CT_DIR_*}), in the order of their numbers from 0. */
    enum Direction {
        /** As the first packet. */
        ORIGINAL,
        /** The other one. */
        REPLY
    }

    /** The format of both. */
    static Format format() {
        return new Format("ct", Ct::read, DREG, KEY, DIRECTION, SREG);
    }

    private static Ct read(AttributeValues in) {
        CtKey key = in.choice(KEY, CtKey.values());
        Direction direction = in.has(DIRECTION) ? in.choice(DIRECTION, Direction.values()) : null;
        return in.has(DREG) ? new Load(key, direction, in.small(DREG)) : new Set(key, direction, in.small(SREG));
    }

    private static void printDirection(TextLine line, @Nullable Direction direction) {
        if (direction != null) {
            line.text(", dir " + direction.name().toLowerCase(Locale.ROOT));
        }
    }

    @Override
    default String name() {
        return "ct";
    }

    /**
     * Loads it.
     *
     * @param key what
     * @param direction the direction, or null
     * @param dreg the target
     */
    record Load(CtKey key, @Nullable Direction direction, int dreg) implements Ct {
        /** Checks the register. */
        public Load {
            Registers.check("dreg", dreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg).put(KEY, key).put(DIRECTION, direction);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + key.word()).number("=> reg", dreg);
            printDirection(line, direction);
        }
    }

    /**
     * Sets it.
     *
     * @param key what
     * @param direction the direction, of a zone only, or null
     * @param sreg the source
     */
    record Set(CtKey key, @Nullable Direction direction, int sreg) implements Ct {
        /** Checks the register. */
        public Set {
            Registers.check("sreg", sreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg).put(KEY, key).put(DIRECTION, direction);
        }

        @Override
        public void print(TextLine line) {
            line.text("set " + key.word()).number("with reg", sreg);
            printDirection(line, direction);
        }
    }
}
