// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Changes an element of a set ({@code nft_dynset.c}).
 *
 * @param op the change
 * @param set the name of the set
 * @param setId the id that the transaction gave to the set, 0 to 2³²−1, or null
 * @param sregKey the key
 * @param sregData the value of a map's element, or null
 * @param timeout the element's lifetime in milliseconds, 0 or null for the set's
 * @param invert whether the rule ends if the change succeeds, instead of if it fails
 * @param instructions the instructions of the element, such as a counter; {@link Stateful}
 */
public record Dynset(
        Op op,
        String set,
        @Nullable Long setId,
        int sregKey,
        @Nullable Integer sregData,
        @Nullable Long timeout,
        boolean invert,
        List<Instruction> instructions)
        implements Instruction {
    /** {@code NFTA_DYNSET_SET_NAME}. */
    static final Attribute SET = Attribute.text(1);
    /** {@code NFTA_DYNSET_SET_ID}. */
    static final Attribute SET_ID = Attribute.be32(2);
    /** {@code NFTA_DYNSET_OP}. */
    static final Attribute OP = Attribute.be32(3);
    /** {@code NFTA_DYNSET_SREG_KEY}. */
    static final Attribute SREG_KEY = Attribute.be32(4);
    /** {@code NFTA_DYNSET_SREG_DATA}. */
    static final Attribute SREG_DATA = Attribute.be32(5);
    /** {@code NFTA_DYNSET_TIMEOUT}; the kernel always dumps it, and refuses it if the set has no timeouts. */
    static final Attribute TIMEOUT = Attribute.be64(6);
    /** {@code NFTA_DYNSET_EXPR}: a single instruction. */
    static final Attribute EXPR = Attribute.instruction(7);
    /** {@code NFTA_DYNSET_PAD}. */
    static final Attribute PAD = Attribute.pad(8);
    /** {@code NFTA_DYNSET_FLAGS}; the kernel dumps {@code NFT_DYNSET_F_INV} only. */
    static final Attribute FLAGS = Attribute.be32(9);
    /** {@code NFTA_DYNSET_EXPRESSIONS}: two or more instructions, from 5.11. */
    static final Attribute EXPRESSIONS = Attribute.list(10);

    /** {@code NFT_DYNSET_F_INV}. */
    private static final long INVERT = 1;
    /** {@code NFT_DYNSET_F_EXPR}: the kernel requires it with {@code NFTA_DYNSET_EXPRESSIONS}. */
    private static final long SEVERAL = 2;

    static final Format FORMAT = new Format(
            "dynset", Dynset::read, SET, SET_ID, OP, SREG_KEY, SREG_DATA, TIMEOUT, EXPR, PAD, FLAGS, EXPRESSIONS);

    /** Changes ({@code enum nft_dynset_ops}), in the order of their numbers from 0. */
    public enum Op {
        /** Adds it; an existing element stays as it is. */
        ADD,
        /** Adds it, or begins its lifetime again. */
        UPDATE,
        /** Removes it. */
        DELETE
    }

    /** Checks the ranges. */
    public Dynset {
        Checks.name("set", set);
        Checks.u32("id of the set", setId);
        Registers.check("sregKey", sregKey);
        Registers.check("sregData", sregData);
        instructions = List.copyOf(instructions);
    }

    private static Dynset read(AttributeValues in) {
        List<Instruction> instructions = List.of();
        if (in.has(EXPR)) {
            instructions = List.of(in.instruction(EXPR));
        } else if (in.has(EXPRESSIONS)) {
            instructions = in.list(EXPRESSIONS);
            Checks.range("number of instructions", instructions.size(), 2, Integer.MAX_VALUE);
        }
        long flags = Checks.range("flags", in.number(FLAGS, 0), 0, INVERT | SEVERAL);
        return new Dynset(
                in.choice(OP, Op.values()),
                in.text(SET),
                in.numberOrNull(SET_ID),
                in.small(SREG_KEY),
                in.smallOrNull(SREG_DATA),
                in.numberOrNull(TIMEOUT),
                (flags & INVERT) != 0,
                instructions);
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(SREG_KEY, sregKey)
                .put(SREG_DATA, sregData)
                .put(OP, op)
                .put(SET, set)
                .put(SET_ID, setId);
        to.put(TIMEOUT, timeout == null || timeout == 0 ? null : timeout);
        if (instructions.size() == 1) {
            to.put(EXPR, instructions.get(0));
        } else if (!instructions.isEmpty()) {
            to.put(EXPRESSIONS, instructions);
        }
        to.put(FLAGS, (invert ? INVERT : 0) | (instructions.size() > 1 ? SEVERAL : 0));
    }

    @Override
    public void print(TextLine line) {
        line.text(op.name().toLowerCase(Locale.ROOT)).number("reg_key", sregKey).text("set " + set);
        line.number("sreg_data", sregData);
        Long lifetime = timeout;
        if (lifetime != null) {
            line.text("timeout " + Long.toUnsignedString(lifetime) + "ms");
        }
        for (Instruction instruction : instructions) {
            line.text("expr").instruction(instruction).space();
        }
    }
}
