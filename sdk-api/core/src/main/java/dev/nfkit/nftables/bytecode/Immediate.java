// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * Loads constant bytes into a register, or ends with a verdict ({@code nft_immediate.c}).
 *
 * @param dreg the register of the bytes, or {@link Registers#VERDICT} for a verdict
 * @param data the bytes or the verdict
 */
public record Immediate(int dreg, Data data) implements Instruction {
    /** {@code NFTA_IMMEDIATE_DREG}. */
    static final Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_IMMEDIATE_DATA}. */
    static final Attribute DATA = Attribute.data(2);

    static final Format FORMAT =
            new Format("immediate", in -> new Immediate(in.small(DREG), in.data(DATA)), DREG, DATA);

    /** Checks that exactly a verdict has the verdict register. */
    public Immediate {
        if (data instanceof Verdict) {
            Checks.range("register of a verdict", dreg, Registers.VERDICT, Registers.VERDICT);
        } else {
            Registers.check("dreg", dreg);
        }
    }

    /**
     * Ends with a verdict.
     *
     * @param verdict the verdict
     * @return the instruction
     */
    public static Immediate verdict(Verdict verdict) {
        return new Immediate(Registers.VERDICT, verdict);
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(DREG, dreg).put(DATA, data);
    }

    @Override
    public void print(TextLine line) {
        line.number("reg", dreg).data(data);
    }
}
