// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.fuzz.Input;
import dev.nfkit.linux.FilterProgram.Instruction;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.AttributeCondition.WhenAbsent;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.EventFilter.Alternative;
import dev.nfkit.socket.FamilyCondition;
import dev.nfkit.socket.MessageCondition;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An event filter and its compiled program give the same answer for any message. */
class FilterFuzzTest {
    private static final int CONTROL = 24;

    /** Control bytes that build a filter, followed by a message. */
    @MethodSource("seeds")
    @FuzzTest
    void program(byte[] data) {
        Input input = new Input(data);
        ByteOrder order = input.order();
        EventFilter filter = filter(new Input(input.take(CONTROL)));
        byte[] bytes = input.rest();
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        try {
            if (!message.next() || message.length() != bytes.length) {
                return; // the kernel sends one event in each datagram
            }
        } catch (MalformedMessageException e) {
            return;
        }
        List<Instruction> program = FilterProgram.compile(filter, order);
        boolean passes = new Interpreter(program, order).passes(bytes);
        if (filter.matches(message) != passes) {
            throw new AssertionError(filter + (passes ? " passes" : " drops") + " in the kernel, but not here");
        }
    }

    private static EventFilter filter(Input control) {
        EventFilter.Builder filter = EventFilter.builder();
        for (int clauses = control.u8() % 3; clauses > 0; clauses--) {
            List<Alternative> alternatives = new ArrayList<>();
            for (int i = control.u8() % 2; i >= 0; i--) {
                List<EventCondition> tests = new ArrayList<>();
                for (int j = control.u8() % 2; j >= 0; j--) {
                    tests.add(test(control));
                }
                alternatives.add(new Alternative(tests));
            }
            filter.requireAny(alternatives);
        }
        return filter.build();
    }

    private static EventCondition test(Input control) {
        int kind = control.u8();
        if (kind % 4 == 0) {
            return FamilyCondition.of(control.u8());
        }
        if (kind % 4 == 1) {
            int mask = control.u16();
            return new MessageCondition(0x100 + control.u8() % 4, mask, control.u16() & mask);
        }
        int[] path = IntStream.range(0, 1 + kind / 4 % 3)
                .map(i -> 1 + control.u8() % 28)
                .toArray();
        int width = 1 << (control.u8() % 3);
        long mask = Math.max(1, control.u32() & 0xffff_ffffL) & ((1L << (8 * width)) - 1);
        return AttributeCondition.at(path)
                .offset(control.u8() % 8)
                .width(width)
                .mask(Math.max(1, mask))
                .whenAbsent(WhenAbsent.values()[control.u8() % 3])
                .is(control.u32() & Math.max(1, mask), 0);
    }

    static Stream<byte[]> seeds() {
        return dev.nfkit.fuzz.Recordings.conntrack()
                .flatMap(datagram -> IntStream.range(1, 4).mapToObj(clauses -> {
                    byte[] seed = new byte[CONTROL + datagram.length];
                    for (int i = 1; i <= CONTROL; i++) {
                        seed[i] = (byte) (i == 1 ? clauses : i * clauses);
                    }
                    System.arraycopy(datagram, 1, seed, CONTROL + 1, datagram.length - 1);
                    return seed;
                }));
    }

    /** Runs a classic BPF program as the kernel does. */
    private record Interpreter(List<Instruction> program, ByteOrder order) {
        boolean passes(byte[] packet) {
            long a = 0;
            long x = 0;
            int place = 0;
            while (true) {
                Instruction next = program.get(place++);
                long k = Integer.toUnsignedLong(next.operand());
                switch (next.code()) {
                    case Abi.BPF_LD_IMM -> a = k;
                    case Abi.BPF_LDX_IMM -> x = k;
                    case Abi.BPF_LD_W_LEN -> a = packet.length;
                    case Abi.BPF_ALU_AND_K -> a &= k;
                    case Abi.BPF_MISC_TAX -> x = a;
                    case Abi.BPF_RET_K -> {
                        return k != 0;
                    }
                    case Abi.BPF_JMP_JA -> place += next.operand();
                    case Abi.BPF_JMP_JEQ_K -> place += a == k ? next.jumpTrue() : next.jumpFalse();
                    case Abi.BPF_JMP_JGT_K -> place += a > k ? next.jumpTrue() : next.jumpFalse();
                    case Abi.BPF_JMP_JGE_K -> place += a >= k ? next.jumpTrue() : next.jumpFalse();
                    default -> {
                        boolean found = next.operand() == Abi.SKF_AD_OFF + Abi.SKF_AD_NLATTR
                                || next.operand() == Abi.SKF_AD_OFF + Abi.SKF_AD_NLATTR_NEST;
                        a = found && next.code() == Abi.BPF_LD_W_ABS
                                ? attribute(packet, a, x, next.operand() != Abi.SKF_AD_OFF + Abi.SKF_AD_NLATTR)
                                : load(packet, next, k, x);
                        if (a < 0) {
                            return false; // a load after the end drops
                        }
                    }
                }
            }
        }

        private static long load(byte[] packet, Instruction next, long k, long x) {
            int width = switch (next.code()) {
                case Abi.BPF_LD_B_ABS, Abi.BPF_LD_B_IND -> 1;
                case Abi.BPF_LD_H_ABS, Abi.BPF_LD_H_IND -> 2;
                case Abi.BPF_LD_W_ABS, Abi.BPF_LD_W_IND -> 4;
                default -> throw new AssertionError("an unknown instruction: " + next);
            };
            boolean indirect = next.code() == Abi.BPF_LD_B_IND
                    || next.code() == Abi.BPF_LD_H_IND
                    || next.code() == Abi.BPF_LD_W_IND;
            long from = indirect ? x + k : k;
            if (from + width > packet.length) {
                return -1;
            }
            long value = 0;
            for (int i = 0; i < width; i++) {
                value = value << 8 | (packet[(int) from + i] & 0xff);
            }
            return value;
        }

        /** Searches as {@code nla_find} does, from an offset or inside an attribute; 0 for none. */
        private long attribute(byte[] packet, long from, long code, boolean nested) {
            long at = from;
            long end = packet.length;
            if (nested) {
                if (!sound(packet, at, end)) {
                    return 0;
                }
                end = at + u16(packet, at);
                at += 4;
            }
            while (sound(packet, at, end)) {
                if ((u16(packet, at + 2) & 0x3fff) == code) {
                    return at;
                }
                at += (u16(packet, at) + 3) & ~3;
            }
            return 0;
        }

        private boolean sound(byte[] packet, long at, long end) {
            return end - at >= 4 && u16(packet, at) >= 4 && u16(packet, at) <= end - at;
        }

        private int u16(byte[] packet, long at) {
            int first = packet[(int) at] & 0xff;
            int second = packet[(int) at + 1] & 0xff;
            return order == ByteOrder.BIG_ENDIAN ? first << 8 | second : second << 8 | first;
        }
    }
}
