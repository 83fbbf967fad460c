// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.ArrayList;
import java.util.List;

/**
 * Looks an address of the packet up in the routing table ({@code nft_fib.c}).
 *
 * @param result what is loaded
 * @param flags {@code NFTA_FIB_F_*}
 * @param dreg the target
 */
public record Fib(Result result, long flags, int dreg) implements Instruction {
    /** {@code NFTA_FIB_F_SADDR}: looks the source up. */
    public static final long SADDR = 1;
    /** {@code NFTA_FIB_F_DADDR}: looks the destination up. */
    public static final long DADDR = 2;
    /** {@code NFTA_FIB_F_MARK}: with the packet's mark. */
    public static final long MARK = 4;
    /** {@code NFTA_FIB_F_IIF}: with the input device. */
    public static final long IIF = 8;
    /** {@code NFTA_FIB_F_OIF}: with the output device. */
    public static final long OIF = 0x10;
    /** {@code NFTA_FIB_F_PRESENT}: the result is only whether a route exists. */
    public static final long PRESENT = 0x20;

    /** {@code NFTA_FIB_DREG}. */
    static final Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_FIB_RESULT}. */
    static final Attribute RESULT = Attribute.be32(2);
    /** {@code NFTA_FIB_FLAGS}. */
    static final Attribute FLAGS = Attribute.be32(3);

    static final Format FORMAT = new Format(
            "fib",
            in -> new Fib(in.choice(RESULT, Result.values()), in.number(FLAGS, 0), in.small(DREG)),
            DREG,
            RESULT,
            FLAGS);

    private static final List<String> WORDS = List.of("saddr", "daddr", "mark", "iif", "oif");

    /** Results ({@code enum nft_fib_result}), in the order of their numbers from 0. */
    public enum Result {
        /** Nothing. */
        UNSPEC("(null)"),
        /** The index of the output device: 4 bytes, host order. */
        OIF("oif"),
        /** The name of the output device: 16 bytes. */
        OIFNAME("oifname"),
        /** The type of the address ({@code RTN_*}): 4 bytes, host order. */
        ADDRTYPE("type");

        private final String word;

        Result(String word) {
            this.word = word;
        }
    }

    /** Checks the ranges. */
    public Fib {
        Checks.u32("flags", flags);
        Registers.check("dreg", dreg);
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(DREG, dreg).put(RESULT, result).put(FLAGS, flags);
    }

    @Override
    public void print(TextLine line) {
        List<String> words = new ArrayList<>();
        for (int bit = 0; bit < WORDS.size(); bit++) {
            if ((flags & (1L << bit)) != 0) {
                words.add(WORDS.get(bit));
            }
        }
        long unknown = flags & ~(SADDR | DADDR | MARK | IIF | OIF | PRESENT);
        String joined = words.isEmpty() ? "" : String.join(" . ", words) + " ";
        if (unknown != 0) { // libnftnl has no space after the number
            joined += (words.isEmpty() ? "" : ". ") + "unknown 0x" + Long.toHexString(unknown);
        }
        line.text(joined + result.word + ((flags & PRESENT) != 0 ? " present" : ""))
                .number("=> reg", dreg);
    }
}
