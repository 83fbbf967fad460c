// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/**
 * Looks a key up in a set or map; the rule ends if it is not there ({@code nft_lookup.c}).
 *
 * @param set the name of the set; {@code __set%d} of an anonymous one in a transaction
 * @param setId the id that the transaction gave to the set, 0 to 2³²−1, or null
 * @param sreg the key
 * @param dreg the target of a map's value, {@link Registers#VERDICT} of a verdict map, or null for a set
 * @param flags {@code NFT_LOOKUP_F_*}, or null; the kernel always sends them
 */
public record Lookup(
        String set,
        @Nullable Long setId,
        int sreg,
        @Nullable Integer dreg,
        @Nullable Long flags) implements Instruction {
    /** {@code NFT_LOOKUP_F_INV}: the rule ends if the key is there. */
    public static final long INVERT = 1;

    /** {@code NFTA_LOOKUP_SET}. */
    static final Attribute SET = Attribute.text(1);
    /** {@code NFTA_LOOKUP_SREG}. */
    static final Attribute SREG = Attribute.be32(2);
    /** {@code NFTA_LOOKUP_DREG}. */
    static final Attribute DREG = Attribute.be32(3);
    /** {@code NFTA_LOOKUP_SET_ID}. */
    static final Attribute SET_ID = Attribute.be32(4);
    /** {@code NFTA_LOOKUP_FLAGS}. */
    static final Attribute FLAGS = Attribute.be32(5);

    static final Format FORMAT = new Format("lookup", Lookup::read, SET, SREG, DREG, SET_ID, FLAGS);

    /** Checks the ranges. */
    public Lookup {
        Checks.name("set", set);
        Checks.u32("id of the set", setId);
        Registers.check("sreg", sreg);
        Registers.checkTarget("dreg", dreg);
        Checks.u32("flags", flags);
    }

    private static Lookup read(AttributeValues in) {
        return new Lookup(
                in.text(SET), in.numberOrNull(SET_ID), in.small(SREG), in.smallOrNull(DREG), in.numberOrNull(FLAGS));
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(SET, set).put(SET_ID, setId).put(SREG, sreg).put(DREG, dreg).put(FLAGS, flags);
    }

    @Override
    public void print(TextLine line) {
        line.number("reg", sreg).text("set " + set).number("dreg", dreg);
        Long bits = flags;
        if (bits != null) {
            line.text("0x" + Long.toHexString(bits));
        }
    }
}
