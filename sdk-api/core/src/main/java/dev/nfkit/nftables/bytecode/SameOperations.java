// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the instructions of two rules do with registers: what they load, change and compare, byte for byte. Text does
 * not show all of it: rules that differ in the length of a comparison, for example, may be listed the same.
 *
 * <p>What instructions do beyond that, such as counting and logging, is not compared: the kernel adds defaults to it, and it
 * contains states. Neither are the names of sets that rules contain, which the kernel chooses.
 */
public final class SameOperations {
    private static final String CONTAINED = "__";

    private SameOperations() {}

    /**
     * Compares two rules.
     *
     * @param sent the instructions of a rule as they are sent; an attribute that they omit is not compared
     * @param installed the instructions as the kernel lists them
     * @param machine the byte order of the machine that the kernel runs on
     * @return whether they do the same
     */
    public static boolean in(List<Instruction> sent, List<Instruction> installed, ByteOrder machine) {
        if (sent.stream().allMatch(UnknownInstruction.class::isInstance)) {
            return true; // a rule that is kept as bytes, which are compared as such
        }
        Set<String> required = new HashSet<>();
        Set<String> present = new HashSet<>();
        List<Instruction> ones = withoutProtocols(sent, required);
        List<Instruction> others = withoutProtocols(installed, present);
        if (!required.equals(present)) {
            return false;
        }
        if (ones.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < ones.size(); i++) {
            if (!same(ones.get(i), others.get(i), machine)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Leaves out the comparisons of protocols, and adds the protocols to a set: programs require one in different ways, by {@code
     * ether type} or {@code meta protocol} for example, and before or after other comparisons.
     */
    private static List<Instruction> withoutProtocols(List<Instruction> all, Set<String> protocols) {
        List<Instruction> left = new ArrayList<>(all.size());
        for (int i = 0; i < all.size(); i++) {
            String protocol = i + 1 < all.size() ? protocol(all.get(i), all.get(i + 1)) : null;
            if (protocol == null) {
                left.add(all.get(i));
            } else {
                protocols.add(protocol);
                i++;
            }
        }
        return left;
    }

    /** The protocol that two instructions require; null if they do something else. */
    private static @Nullable String protocol(Instruction first, Instruction next) {
        if (!(next instanceof Cmp cmp) || cmp.op() != Cmp.Op.EQ) {
            return null;
        }
        String value = HexFormat.of().formatHex(cmp.data().toArray());
        if (first instanceof Meta.Load load && sameRegister(load.dreg(), cmp.sreg())) {
            return switch (load.key()) {
                case NFPROTO -> value.equals("02") ? "0800" : value.equals("0a") ? "86dd" : "family " + value;
                case PROTOCOL -> value;
                case L4PROTO -> "transport " + value;
                default -> null;
            };
        } else if (first instanceof Payload.Load load
                && sameRegister(load.dreg(), cmp.sreg())
                && load.length() == cmp.data().length()) {
            if (load.base() == Payload.Base.LINK && load.length() == Short.BYTES && isType(load.offset())) {
                return value;
            } else if (load.base() == Payload.Base.NETWORK && load.length() == 1 && isProtocol(load.offset())) {
                return "transport " + value;
            }
        }
        return null;
    }

    /** Whether the type is at a place of a frame: in the frame itself, or after its tag. */
    private static boolean isType(int offset) {
        return offset == 12 || offset == 16;
    }

    /** Whether the transport protocol is at a place of a packet: of IPv4, or of IPv6. */
    private static boolean isProtocol(int offset) {
        return offset == 9 || offset == 6;
    }

    private static boolean same(Instruction sent, Instruction installed, ByteOrder machine) {
        if (!sent.name().equals(installed.name())) {
            return false;
        }
        if (!isOperation(installed) || sent.equals(installed)) {
            return true;
        }
        if (sent instanceof Lookup one && installed instanceof Lookup other) {
            return same(one, other);
        }
        try {
            return contains(bytes(installed, machine), bytes(sent, machine), machine);
        } catch (MalformedMessageException e) {
            return false; // attributes of an instruction that is kept as it is need not be well formed
        }
    }

    private static boolean isOperation(Instruction instruction) {
        return instruction instanceof Cmp
                || instruction instanceof Range
                || instruction instanceof Bitwise
                || instruction instanceof Byteorder
                || instruction instanceof Immediate
                || instruction instanceof Payload
                || instruction instanceof Exthdr
                || instruction instanceof Meta
                || instruction instanceof Ct
                || instruction instanceof Fib
                || instruction instanceof Context
                || instruction instanceof Generator
                || instruction instanceof Lookup;
    }

    private static boolean same(Lookup sent, Lookup installed) {
        long flags = sent.flags() == null ? 0 : sent.flags();
        long others = installed.flags() == null ? 0 : installed.flags();
        Integer dreg = sent.dreg();
        Integer other = installed.dreg();
        boolean targets = dreg == null ? other == null : other != null && sameRegister(dreg, other);
        boolean contained = sent.set().startsWith(CONTAINED) && installed.set().startsWith(CONTAINED);
        return flags == others
                && targets
                && sameRegister(sent.sreg(), installed.sreg())
                && (contained || sent.set().equals(installed.set()));
    }

    private static ByteBuffer bytes(Instruction instruction, ByteOrder machine) {
        return ByteBuffer.wrap(InstructionWriter.data(instruction, machine).toArray())
                .order(ByteOrder.BIG_ENDIAN);
    }

    private static AttributeCursor cursor(ByteBuffer bytes, ByteOrder machine) {
        return new AttributeCursor().wrap(bytes, 0, bytes.capacity(), machine, "NFTA_EXPR_DATA");
    }

    /** Whether all attributes of the one are attributes of the other, with the same values. */
    private static boolean contains(ByteBuffer all, ByteBuffer some, ByteOrder machine)
            throws MalformedMessageException {
        AttributeCursor wanted = cursor(some, machine);
        while (wanted.next()) {
            AttributeCursor found = cursor(all, machine);
            boolean same = false;
            while (!same && found.next()) {
                same = found.type() == wanted.type() && sameValue(content(some, wanted), content(all, found));
            }
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private static byte[] content(ByteBuffer bytes, AttributeCursor at) {
        byte[] content = new byte[at.length()];
        for (int i = 0; i < content.length; i++) {
            content[i] = bytes.get(at.offset() + i);
        }
        return content;
    }

    private static boolean sameValue(byte[] one, byte[] other) {
        return Arrays.equals(one, other)
                || (one.length == Integer.BYTES
                        && other.length == Integer.BYTES
                        && sameRegister(
                                ByteBuffer.wrap(one).getInt(),
                                ByteBuffer.wrap(other).getInt()));
    }

    /** Whether two numbers are those of one register: registers have two. */
    private static boolean sameRegister(int one, int other) {
        return one == other || (isRegister(one) && isRegister(other) && Registers.word(one) == Registers.word(other));
    }

    private static boolean isRegister(int number) {
        return (number >= Registers.FIRST && number <= Registers.LAST)
                || (number >= Registers.FIRST_WORD && number <= Registers.LAST_WORD);
    }
}
