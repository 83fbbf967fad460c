// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.FamilyCondition;
import dev.nfkit.socket.MessageCondition;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compiles an {@link EventFilter} to classic BPF ({@code linux/filter.h}): a program with the same result as {@link
 * EventFilter#matches}.
 *
 * <p>A load beyond the packet would end the program and drop the message, so every load is guarded by a length check.
 * Loads are big-endian: fields in the host's order (the header, {@code nla_len}) are compared byte by byte or with
 * swapped bytes. The kernel finds attributes itself ({@code SKF_AD_NLATTR}), from the offset in A and the code in X,
 * and returns 0 if there is none.
 */
final class FilterProgram {
    /** One instruction, {@code struct sock_filter}. */
    record Instruction(int code, int jumpTrue, int jumpFalse, int operand) {}

    // Offsets in the packet: struct nlmsghdr, then struct nfgenmsg.
    private static final int NLMSG_TYPE = 4;
    private static final int NLMSG_FLAGS = 6;
    private static final int NLMSG_SEQ = 8;
    private static final int NFGEN_FAMILY = Netlink.NLMSG_HDRLEN;
    private static final int ATTRIBUTES = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;

    private static final int ALL = -1;
    private static final int FARTHEST = 0xff;

    private final boolean bigEndian;
    private final List<Line> lines = new ArrayList<>();
    private final Label pass = new Label();
    private final Label drop = new Label();

    private FilterProgram(ByteOrder order) {
        bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    /**
     * Compiles a filter.
     *
     * @param order the byte order of the host
     * @throws IllegalArgumentException if it needs more instructions than the kernel accepts
     */
    static List<Instruction> compile(EventFilter filter, ByteOrder order) {
        FilterProgram program = new FilterProgram(order);
        program.answersPass();
        program.clauses(filter);
        program.place(program.pass);
        program.emit(Abi.BPF_RET_K, ALL);
        program.place(program.drop);
        program.emit(Abi.BPF_RET_K, 0);
        return program.assemble();
    }

    /**
     * Passes messages that are not events: those that are too short, answers (by their sequence number), and netlink's
     * own types.
     */
    private void answersPass() {
        emit(Abi.BPF_LD_W_LEN, 0);
        jumpUnless(Abi.BPF_JMP_JGE_K, ATTRIBUTES, pass);
        emit(Abi.BPF_LD_W_ABS, NLMSG_SEQ);
        jumpUnless(Abi.BPF_JMP_JEQ_K, 0, pass);
        Label event = new Label();
        emit(Abi.BPF_LD_B_ABS, NLMSG_TYPE + high());
        jumpUnless(Abi.BPF_JMP_JEQ_K, 0, event);
        emit(Abi.BPF_LD_B_ABS, NLMSG_TYPE + low());
        jumpUnless(Abi.BPF_JMP_JGE_K, Netlink.NLMSG_MIN_TYPE, pass);
        place(event);
    }

    private void clauses(EventFilter filter) {
        for (EventFilter.Clause clause : filter.clauses()) {
            Label satisfied = new Label();
            Iterator<EventFilter.Alternative> alternatives =
                    clause.alternatives().iterator();
            while (alternatives.hasNext()) {
                EventFilter.Alternative alternative = alternatives.next();
                Label failed = alternatives.hasNext() ? new Label() : drop;
                Iterator<EventCondition> conditions = alternative.conditions().iterator();
                while (conditions.hasNext()) {
                    EventCondition test = conditions.next();
                    Label passed = conditions.hasNext() ? new Label() : satisfied;
                    test(test, passed, failed);
                    if (passed != satisfied) {
                        place(passed);
                    }
                }
                if (failed != drop) {
                    place(failed);
                }
            }
            place(satisfied);
        }
    }

    private void test(EventCondition test, Label passed, Label failed) {
        if (test instanceof AttributeCondition attribute) {
            attribute(attribute, passed, failed);
        } else if (test instanceof FamilyCondition family) {
            emit(Abi.BPF_LD_B_ABS, NFGEN_FAMILY);
            oneOf(family.families().stream().map(Integer::longValue).toList(), passed, failed);
        } else if (test instanceof MessageCondition message) {
            emit(Abi.BPF_LD_H_ABS, NLMSG_TYPE);
            jumpUnless(Abi.BPF_JMP_JEQ_K, host16(message.type()), failed);
            emit(Abi.BPF_LD_H_ABS, NLMSG_FLAGS);
            emit(Abi.BPF_ALU_AND_K, host16(message.flagMask()));
            jump(Abi.BPF_JMP_JEQ_K, host16(message.flags()), passed, failed);
        }
    }

    private void attribute(AttributeCondition test, Label passed, Label failed) {
        Label absent = test.passesWhenAbsent() ? passed : failed;
        emit(Abi.BPF_LD_IMM, ATTRIBUTES);
        int find = Abi.SKF_AD_NLATTR;
        for (int code : test.path()) {
            emit(Abi.BPF_LDX_IMM, code);
            emit(Abi.BPF_LD_W_ABS, Abi.SKF_AD_OFF + find);
            Label found = new Label();
            jump(Abi.BPF_JMP_JEQ_K, 0, absent, found);
            place(found);
            find = Abi.SKF_AD_NLATTR_NEST;
        }
        emit(Abi.BPF_MISC_TAX, 0);
        atLeast(Netlink.NLA_HDRLEN + test.offset() + test.width(), absent);
        int load = switch (test.width()) {
            case 1 -> Abi.BPF_LD_B_IND;
            case 2 -> Abi.BPF_LD_H_IND;
            default -> Abi.BPF_LD_W_IND;
        };
        emit(load, Netlink.NLA_HDRLEN + test.offset());
        if (test.mask() != (1L << (8 * test.width())) - 1) {
            emit(Abi.BPF_ALU_AND_K, (int) test.mask());
        }
        oneOf(test.values(), passed, failed);
    }

    /** Continues if the attribute at X has at least that length, including its header. */
    private void atLeast(int length, Label shorter) {
        Label enough = new Label();
        Label equal = new Label();
        emit(Abi.BPF_LD_B_IND, high());
        Label notGreater = new Label();
        jump(Abi.BPF_JMP_JGT_K, length >>> 8, enough, notGreater);
        place(notGreater);
        jump(Abi.BPF_JMP_JEQ_K, length >>> 8, equal, shorter);
        place(equal);
        emit(Abi.BPF_LD_B_IND, low());
        jumpUnless(Abi.BPF_JMP_JGE_K, length & 0xff, shorter);
        place(enough);
    }

    private void oneOf(List<Long> values, Label passed, Label failed) {
        for (int i = 0; i < values.size(); i++) {
            Label next = new Label();
            boolean last = i == values.size() - 1;
            jump(Abi.BPF_JMP_JEQ_K, values.get(i).intValue(), passed, last ? failed : next);
            place(next);
        }
    }

    /** The offset of the high byte of two in the host's order. */
    private int high() {
        return bigEndian ? 0 : 1;
    }

    private int low() {
        return bigEndian ? 1 : 0;
    }

    /** The value that a load returns for a number in the host's order. */
    private int host16(int number) {
        return bigEndian ? number : Short.reverseBytes((short) number) & 0xffff;
    }

    /** A later place: classic BPF only jumps forward. */
    private static final class Label {
        int line;
    }

    /** An instruction whose places are not known yet. */
    private static final class Line {
        final int code;
        final int operand;
        final @Nullable Label onTrue;
        final @Nullable Label onFalse;
        boolean farTrue;
        boolean farFalse;

        Line(int code, int operand, @Nullable Label onTrue, @Nullable Label onFalse) {
            this.code = code;
            this.operand = operand;
            this.onTrue = onTrue;
            this.onFalse = onFalse;
        }

        /** A conditional jump spans at most 255 instructions; a longer one uses an unconditional jump after it. */
        int size() {
            return 1 + (farTrue ? 1 : 0) + (farFalse ? 1 : 0);
        }
    }

    private void emit(int code, int operand) {
        lines.add(new Line(code, operand, null, null));
    }

    private void jump(int code, int operand, Label onTrue, Label onFalse) {
        lines.add(new Line(code, operand, onTrue, onFalse));
    }

    /** Continues if a condition holds, and jumps if it does not. */
    private void jumpUnless(int code, int operand, Label onFalse) {
        Label next = new Label();
        jump(code, operand, next, onFalse);
        place(next);
    }

    private void place(Label label) {
        label.line = lines.size();
    }

    private List<Instruction> assemble() {
        int[] places = places();
        while (lengthen(places)) {
            places = places();
        }
        int size = places[lines.size()];
        if (size > Abi.BPF_MAXINSNS) {
            throw new IllegalArgumentException(
                    "the filter takes " + size + " instructions of BPF, and the kernel takes " + Abi.BPF_MAXINSNS
                            + ": give it fewer conditions or values");
        }
        List<Instruction> program = new ArrayList<>(size);
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            Label onTrue = line.onTrue;
            Label onFalse = line.onFalse;
            if (onTrue == null || onFalse == null) {
                program.add(new Instruction(line.code, 0, 0, line.operand));
                continue;
            }
            int next = places[i] + 1;
            int whenTrue = line.farTrue ? 0 : places[onTrue.line] - next;
            int whenFalse = line.farFalse ? line.size() - 2 : places[onFalse.line] - next;
            program.add(new Instruction(line.code, whenTrue, whenFalse, line.operand));
            if (line.farTrue) {
                program.add(far(places[onTrue.line], program.size()));
            }
            if (line.farFalse) {
                program.add(far(places[onFalse.line], program.size()));
            }
        }
        return program;
    }

    private static Instruction far(int target, int place) {
        return new Instruction(Abi.BPF_JMP_JA, 0, 0, target - place - 1);
    }

    /** The start of each line, followed by the program's end. */
    private int[] places() {
        int[] places = new int[lines.size() + 1];
        for (int i = 0; i < lines.size(); i++) {
            places[i + 1] = places[i] + lines.get(i).size();
        }
        return places;
    }

    /** Lengthens jumps that do not reach; returns whether there were any, in which case places have moved. */
    private boolean lengthen(int... places) {
        boolean moved = false;
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            int reach = places[i] + 1 + FARTHEST;
            if (line.onTrue != null && !line.farTrue && places[line.onTrue.line] > reach) {
                line.farTrue = true;
                moved = true;
            }
            if (line.onFalse != null && !line.farFalse && places[line.onFalse.line] > reach) {
                line.farFalse = true;
                moved = true;
            }
        }
        return moved;
    }
}
