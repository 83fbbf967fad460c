// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** Reads and writes extension headers and options ({@code nft_exthdr.c}). */
public sealed interface Exthdr extends Instruction {
    /** {@code NFTA_EXTHDR_DREG}. */
    Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_EXTHDR_TYPE}. */
    Attribute TYPE = Attribute.u8(2);
    /** {@code NFTA_EXTHDR_OFFSET}. */
    Attribute OFFSET = Attribute.be32(3);
    /** {@code NFTA_EXTHDR_LEN}. */
    Attribute LEN = Attribute.be32(4);
    /** {@code NFTA_EXTHDR_FLAGS}; the kernel dumps 0 of instructions that write, and refuses it. */
    Attribute FLAGS = Attribute.be32(5);
    /** {@code NFTA_EXTHDR_OP}. */
    Attribute OP = Attribute.be32(6);
    /** {@code NFTA_EXTHDR_SREG}. */
    Attribute SREG = Attribute.be32(7);

    /** {@code NFT_EXTHDR_F_PRESENT}: the result is only whether it exists. */
    int PRESENT = 1;

    /** The largest type, offset and length. */
    int MOST = 0xff;

    /** What is searched ({@code enum nft_exthdr_op}), in the order of their numbers from 0. */
    enum Op {
        /** Extension headers of IPv6. */
        IPV6(" ipv6"),
        /** Options of TCP. */
        TCPOPT(" tcpopt"),
        /** Options of IPv4, from 5.3. */
        IPV4(" ipv4"),
        /** Chunks of SCTP, from 5.13. */
        SCTP(""),
        /** Options of DCCP, from 6.4. */
        DCCP("");

        private final String word;

        Op(String word) {
            this.word = word;
        }
    }

    /** The format of all of them. */
    static Format format() {
        return new Format("exthdr", Exthdr::read, DREG, TYPE, OFFSET, LEN, FLAGS, OP, SREG);
    }

    private static Exthdr read(AttributeValues in) {
        Op op = in.choice(OP, Op.values(), Op.IPV6);
        int type = in.small(TYPE);
        int offset = in.small(OFFSET, 0);
        int length = in.small(LEN, 0);
        boolean load = in.has(DREG);
        long flags = Checks.range("flags", in.number(FLAGS, 0), 0, load ? PRESENT : 0);
        if (load) {
            return new Load(op, type, offset, length, flags == PRESENT, in.small(DREG));
        }
        if (in.has(SREG)) {
            return new Write(op, type, offset, length, in.small(SREG));
        }
        if (op != Op.TCPOPT) {
            throw new IllegalArgumentException("a reset of " + op + " is not supported");
        }
        Checks.range("offset of a reset", offset, 0, 0);
        Checks.range("length of a reset", length, 0, 0);
        return new Reset(type);
    }

    private static void check(int type, int offset, int length) {
        Checks.range("type", type, 0, MOST);
        Checks.range("offset", offset, 0, MOST);
        Checks.range("length", length, 0, Constant.MOST);
    }

    @Override
    default String name() {
        return "exthdr";
    }

    /**
     * Loads bytes of a header or option, or whether it exists.
     *
     * @param op what is searched
     * @param type its type, 0 to 255
     * @param offset the first byte in it, 0 to 255
     * @param length the number of bytes, 0 to 64
     * @param present whether only its existence is loaded, as a byte of 0 or 1
     * @param dreg the target
     */
    record Load(Op op, int type, int offset, int length, boolean present, int dreg) implements Exthdr {
        /** Checks the ranges. */
        public Load {
            check(type, offset, length);
            Registers.check("dreg", dreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg);
            to.put(TYPE, type).put(OFFSET, offset).put(LEN, length);
            to.put(FLAGS, present ? PRESENT : 0).put(OP, op);
        }

        @Override
        public void print(TextLine line) {
            line.text("load" + op.word + " " + length + "b @ " + type + " + " + offset + (present ? " present" : "")
                    + " => reg " + dreg);
        }
    }

    /**
     * Writes bytes of an option of TCP.
     *
     * @param op what is searched: the kernel supports {@link Op#TCPOPT}
     * @param type its type, 0 to 255
     * @param offset the first byte in it, 0 to 255
     * @param length the number of bytes, 0 to 64; the kernel supports 2 and 4
     * @param sreg the source
     */
    record Write(Op op, int type, int offset, int length, int sreg) implements Exthdr {
        /** Checks the ranges. */
        public Write {
            check(type, offset, length);
            Registers.check("sreg", sreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg);
            to.put(TYPE, type).put(OFFSET, offset).put(LEN, length).put(OP, op);
        }

        @Override
        public void print(TextLine line) {
            line.text("write" + op.word + " reg " + sreg + " => " + length + "b @ " + type + " + " + offset);
        }
    }

    /**
     * Overwrites an option of TCP with NOP, from 5.18.
     *
     * @param type its type, 0 to 255
     */
    record Reset(int type) implements Exthdr {
        /** Checks the range. */
        public Reset {
            Checks.range("type", type, 0, MOST);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(TYPE, type).put(OP, Op.TCPOPT);
        }

        @Override
        public void print(TextLine line) {
            line.number("reset tcpopt", type);
        }
    }
}
