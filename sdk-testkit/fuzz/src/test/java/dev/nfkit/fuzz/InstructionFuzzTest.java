// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Inner;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionText;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Meta;
import dev.nfkit.nftables.bytecode.MetaKey;
import dev.nfkit.nftables.bytecode.Opaque;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.nftables.bytecode.UnknownInstruction;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes the reader of nf_tables' instructions. Only a {@link MalformedMessageException} may be thrown; what is read is
 * the same whatever bytes surround it, can be printed, and survives being written and read again.
 */
class InstructionFuzzTest {
    private static final int EXPRESSIONS = 4;
    /** The header of the message, and that of the attribute. */
    private static final int HEADERS = 20;

    private static final List<List<? extends Instruction>> LISTS = List.of(
            List.of(
                    new Payload.Load(Payload.Base.NETWORK, 12, 4, 1),
                    new Cmp(Cmp.Op.EQ, 1, Constant.of((byte) 10, (byte) 0, (byte) 0, (byte) 1)),
                    Immediate.verdict(Verdict.jump("chain"))),
            List.of(
                    new Dynset(
                            Dynset.Op.ADD,
                            "set",
                            null,
                            1,
                            null,
                            5L,
                            false,
                            List.of(new Stateful.Counter(1, 2), new Stateful.Limit(1, 60, 5, false, 0))),
                    new Inner(0, Inner.Type.VXLAN, 15, 8, new Meta.Load(MetaKey.PROTOCOL, 1))),
            List.of(
                    new Lookup("map", null, 1, 0, 1L),
                    new Log("prefix ", 5, 96L, 10, null, null),
                    new Diversion.Notrack(),
                    new UnknownInstruction("future", Opaque.of((byte) 1, (byte) 2, (byte) 3))));

    /** Lists of instructions, after a control byte for the byte order. */
    static Stream<byte[]> lists() {
        return LISTS.stream().map(each -> {
            byte[] written = write(each, ByteOrder.LITTLE_ENDIAN);
            byte[] input = new byte[written.length + 1];
            System.arraycopy(written, 0, input, 1, written.length);
            return input;
        });
    }

    @MethodSource("lists")
    @FuzzTest
    void instructions(byte[] data) {
        Input input = new Input(data);
        ByteOrder order = input.order();
        byte[] list = input.rest();
        Budget.within(data, () -> Placed.read(list, placed -> readAll(placed, order)));
    }

    private static String readAll(Placed placed, ByteOrder order) {
        List<Instruction> read;
        try {
            read = read(placed.buffer(), placed.offset(), placed.length(), order);
        } catch (MalformedMessageException e) {
            return e.getMessage();
        }
        String text = text(read, order);
        byte[] written = write(read, order);
        try {
            String again = text(read(ByteBuffer.wrap(written), 0, written.length, order), order);
            if (!again.equals(text)) {
                throw new AssertionError("written and read again:\n" + again + "\nbefore:\n" + text);
            }
        } catch (MalformedMessageException e) {
            throw new AssertionError("what was written cannot be read: " + text, e);
        }
        return text;
    }

    private static List<Instruction> read(ByteBuffer buffer, int offset, int length, ByteOrder order)
            throws MalformedMessageException {
        return new InstructionReader()
                .readList(new AttributeCursor().wrap(buffer, offset, length, order, "NFTA_RULE_EXPRESSIONS"));
    }

    /** The text, without a timeout of 0, which is not written. */
    private static String text(List<Instruction> read, ByteOrder order) {
        return String.join("\n", InstructionText.lines(read, order)).replace(" timeout 0ms", "");
    }

    private static byte[] write(List<? extends Instruction> list, ByteOrder order) {
        MessageWriter writer = new MessageWriter(1 << 17, order).begin(0, 0, 0);
        InstructionWriter.write(writer, EXPRESSIONS, list);
        ByteBuffer datagram = writer.end().datagram();
        byte[] content = new byte[datagram.remaining() - HEADERS];
        datagram.get(HEADERS, content);
        return content;
    }
}
