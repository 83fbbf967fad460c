// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * Evaluates an instruction on the packet inside a tunnel ({@code nft_inner.c}, from 6.2).
 *
 * @param number the number of the tunnel header, 0 to 2³²−1; the kernel supports 0
 * @param type the tunnel
 * @param flags {@code NFT_INNER_*}
 * @param headerSize the bytes of the tunnel header, 0 to 2³²−1; the kernel supports 64 at most
 * @param instruction the instruction: {@link Payload} or {@link Meta}
 */
public record Inner(long number, Type type, long flags, long headerSize, Instruction instruction)
        implements Instruction {
    /** {@code NFT_INNER_HDRSIZE}: the tunnel header has a fixed size. */
    public static final long HDRSIZE = 1;
    /** {@code NFT_INNER_LL}: there is a link-layer header inside. */
    public static final long LINK = 2;
    /** {@code NFT_INNER_NH}: there is a network header inside. */
    public static final long NETWORK = 4;
    /** {@code NFT_INNER_TH}: there is a transport header inside. */
    public static final long TRANSPORT = 8;

    /** {@code NFTA_INNER_NUM}. */
    static final Attribute NUM = Attribute.be32(1);
    /** {@code NFTA_INNER_TYPE}. */
    static final Attribute TYPE = Attribute.be32(2);
    /** {@code NFTA_INNER_FLAGS}. */
    static final Attribute FLAGS = Attribute.be32(3);
    /** {@code NFTA_INNER_HDRSIZE}. */
    static final Attribute HEADER_SIZE = Attribute.be32(4);
    /** {@code NFTA_INNER_EXPR}. */
    static final Attribute EXPR = Attribute.instruction(5);

    static final Format FORMAT = new Format("inner", Inner::read, NUM, TYPE, FLAGS, HEADER_SIZE, EXPR);

    /** Tunnels ({@code enum nft_inner_type}), in the order of their numbers from 0. */
    public enum Type {
        /** Any, such as GRE or IP in IP. */
        UNSPEC,
        /** VXLAN. */
        VXLAN,
        /** Geneve. */
        GENEVE
    }

    /** Checks the ranges. */
    public Inner {
        Checks.u32("number", number);
        Checks.u32("flags", flags);
        Checks.u32("header size", headerSize);
    }

    private static Inner read(AttributeValues in) {
        return new Inner(
                in.number(NUM),
                in.choice(TYPE, Type.values()),
                in.number(FLAGS),
                in.number(HEADER_SIZE),
                in.instruction(EXPR));
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(NUM, number).put(TYPE, type).put(FLAGS, flags).put(HEADER_SIZE, headerSize);
        to.put(EXPR, instruction);
    }

    @Override
    public void print(TextLine line) {
        line.number("type", type).number("hdrsize", headerSize).text("flags " + Long.toHexString(flags));
        line.instruction(instruction).space();
    }
}
