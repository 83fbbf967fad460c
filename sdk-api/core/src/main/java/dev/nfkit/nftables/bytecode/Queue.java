// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** Passes the packet to NFQUEUE ({@code nft_queue.c}). */
public sealed interface Queue extends Instruction {
    /** {@code NFTA_QUEUE_NUM}. */
    Attribute NUM = Attribute.be16(1);
    /** {@code NFTA_QUEUE_TOTAL}. */
    Attribute TOTAL = Attribute.be16(2);
    /** {@code NFTA_QUEUE_FLAGS}. */
    Attribute FLAGS = Attribute.be16(3);
    /** {@code NFTA_QUEUE_SREG_QNUM}. */
    Attribute SREG_QNUM = Attribute.be32(4);

    /** {@code NFT_QUEUE_FLAG_BYPASS}: the packet passes if nothing listens. */
    int BYPASS = 1;
    /** {@code NFT_QUEUE_FLAG_CPU_FANOUT}: the processor selects the queue. */
    int FANOUT = 2;

    /** {@code NFT_QUEUE_FLAG_*}. */
    int flags();

    /** The format of both. */
    static Format format() {
        return new Format("queue", Queue::read, NUM, TOTAL, FLAGS, SREG_QNUM);
    }

    private static Queue read(AttributeValues in) {
        int flags = in.small(FLAGS, 0);
        return in.has(SREG_QNUM)
                ? new Computed(in.small(SREG_QNUM), flags)
                : new Numbered(in.small(NUM), in.small(TOTAL, 1), flags);
    }

    private static void printFlags(TextLine line, int flags) {
        if ((flags & BYPASS) != 0) {
            line.text("bypass");
        }
        if ((flags & FANOUT) != 0) {
            line.text("fanout");
        }
    }

    @Override
    default String name() {
        return "queue";
    }

    /**
     * One of some queues.
     *
     * @param number the first queue, 0 to 65535
     * @param total the number of queues, 1 to 65535; the last queue is 65535 at most
     * @param flags {@code NFT_QUEUE_FLAG_*}
     */
    record Numbered(int number, int total, int flags) implements Queue {
        /** Checks the ranges. */
        public Numbered {
            Checks.range("number", number, 0, 0xffff);
            Checks.range("total", total, 1, 0x10000L - number);
            Checks.range("total", total, 1, 0xffff);
            Checks.range("flags", flags, 0, 0xffff);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(NUM, number).put(TOTAL, total).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.text("num " + number + (total > 1 ? "-" + (number + total - 1) : ""));
            printFlags(line, flags);
        }
    }

    /**
     * The queue whose number is in a register, 2 bytes in host order.
     *
     * @param sreg the register
     * @param flags {@code NFT_QUEUE_FLAG_*}
     */
    record Computed(int sreg, int flags) implements Queue {
        /** Checks the ranges. */
        public Computed {
            Registers.check("sreg", sreg);
            Checks.range("flags", flags, 0, 0xffff);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG_QNUM, sreg).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.number("sreg_qnum", sreg);
            printFlags(line, flags);
        }
    }
}
