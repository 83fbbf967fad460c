// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/**
 * The registers of the virtual machine ({@code enum nft_registers}): 64 bytes, and the verdict. They have two encodings:
 * 1 to 4 are 16 bytes each, 8 to 23 are 4 bytes each of the same 64. So 1 and 8 begin at the same byte. The kernel
 * accepts both and dumps the first one where it exists ({@code nft_dump_register} in {@code nf_tables_api.c}).
 */
public final class Registers {
    /** The verdict ({@code NFT_REG_VERDICT}). */
    public static final int VERDICT = 0;
    /** The first register of 16 bytes ({@code NFT_REG_1}). */
    public static final int FIRST = 1;
    /** The last register of 16 bytes ({@code NFT_REG_4}). */
    public static final int LAST = 4;
    /** The first register of 4 bytes ({@code NFT_REG32_00}). */
    public static final int FIRST_WORD = 8;
    /** The last register of 4 bytes ({@code NFT_REG32_15}). */
    public static final int LAST_WORD = 23;

    private static final int WORDS = 4;

    private Registers() {}

    /**
     * The place of a register.
     *
     * @param register 1 to 4, or 8 to 23
     * @return the number of its first word, 0 to 15
     * @throws IllegalArgumentException if the number is out of range
     */
    public static int word(int register) {
        check("register", register);
        return register <= LAST ? (register - FIRST) * WORDS : register - FIRST_WORD;
    }

    /**
     * The number by which the kernel dumps a place.
     *
     * @param word the first word, 0 to 15
     * @return 1 to 4 if a register of 16 bytes begins there, otherwise 8 to 23
     * @throws IllegalArgumentException if the number is out of range
     */
    public static int ofWord(int word) {
        Checks.range("word", word, 0, LAST_WORD - FIRST_WORD);
        return word % WORDS == 0 ? FIRST + word / WORDS : FIRST_WORD + word;
    }

    /**
     * The number by which the kernel dumps a register.
     *
     * @param register 1 to 4, or 8 to 23
     * @return the same place, as {@link #ofWord}
     * @throws IllegalArgumentException if the number is out of range
     */
    public static int dumped(int register) {
        return ofWord(word(register));
    }

    static void check(String field, int register) {
        if ((register < FIRST || register > LAST) && (register < FIRST_WORD || register > LAST_WORD)) {
            throw new IllegalArgumentException(field + " " + register + " is no register of data: 1 to 4, or 8 to 23");
        }
    }

    static void check(String field, @Nullable Integer register) {
        if (register != null) {
            check(field, register.intValue());
        }
    }

    static void checkTarget(String field, @Nullable Integer register) {
        if (register != null && register != VERDICT) {
            check(field, register.intValue());
        }
    }
}
