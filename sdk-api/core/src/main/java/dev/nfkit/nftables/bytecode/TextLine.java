// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.AddressFamily;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** A line of {@code nft --debug=netlink}: words with a space after each. */
public final class TextLine {
    private static final int WORD = 4;

    private final StringBuilder text = new StringBuilder();
    private final ByteOrder order;

    TextLine(ByteOrder order) {
        this.order = order;
    }

    /** Some words. */
    TextLine text(String words) {
        text.append(words).append(' ');
        return this;
    }

    /** A word before an unsigned number. */
    TextLine number(String word, long number) {
        text.append(word).append(' ').append(Long.toUnsignedString(number)).append(' ');
        return this;
    }

    /** As {@link #number(String, long)}; nothing if the number is null. */
    TextLine number(String word, @Nullable Number number) {
        return number == null ? this : number(word, number.longValue());
    }

    /** A word before the kernel's number of a choice. */
    @SuppressWarnings("EnumOrdinal") // these enums are in the order of the kernel's numbers, which begin at 0
    TextLine number(String word, Enum<?> choice) {
        return number(word, choice.ordinal());
    }

    /** A word before a hexadecimal number with 0x; nothing if the number is null. */
    TextLine hex(String word, @Nullable Long number) {
        return number == null ? this : text(word + " 0x" + Long.toHexString(number));
    }

    /**
     * Constant bytes as words of 32 bits in the host's byte order, the last one filled with zeros, as
     * {@code nftnl_data_reg_value_snprintf_default} has them.
     */
    TextLine constant(Constant constant) {
        for (int at = 0; at < constant.length(); at += WORD) {
            text.append("0x");
            for (int i = 0; i < WORD; i++) {
                int index = at + (order == ByteOrder.BIG_ENDIAN ? i : WORD - 1 - i);
                int value = index < constant.length() ? constant.u8(index) : 0;
                text.append(Character.forDigit(value >> 4, 16)).append(Character.forDigit(value & 0xf, 16));
            }
            text.append(' ');
        }
        return this;
    }

    TextLine data(Data data) {
        if (data instanceof Constant constant) {
            return constant(constant);
        }
        Verdict verdict = (Verdict) data;
        text(verdict.word());
        String chain = verdict.chain();
        return chain == null ? this : text("-> " + chain);
    }

    /** libnftnl's name of a family ({@code nftnl_family2str}). */
    TextLine family(AddressFamily family) {
        return text(
                switch (family.number()) {
                    case 1 -> "inet";
                    case 2 -> "ip";
                    case 3 -> "arp";
                    case 5 -> "netdev";
                    case 7 -> "bridge";
                    case 10 -> "ip6";
                    default -> "unknown";
                });
    }

    /** An instruction in brackets, without a space after them. */
    TextLine instruction(Encodable instruction) {
        text("[ " + instruction.name());
        instruction.print(this);
        text.append(']');
        return this;
    }

    /** A space. */
    TextLine space() {
        text.append(' ');
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
