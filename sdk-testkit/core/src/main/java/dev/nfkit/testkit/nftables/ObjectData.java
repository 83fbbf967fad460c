// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** The data of an object, which are those of an instruction without its name. */
final class ObjectData {
    /** The types that are modelled ({@code NFT_OBJECT_*}), with their instructions. */
    static final Map<Integer, String> NAMES = Map.of(1, "counter", 2, "quota", 4, "limit");

    private static final int NAME = 1;
    private static final int DATA = 2;
    private static final int CAPACITY = 4096;
    private static final int HEADERS = 24;

    private ObjectData() {}

    static Instruction read(int type, byte[] data, ByteOrder order) throws Refused {
        MessageWriter writer = new MessageWriter(data.length + CAPACITY, order);
        writer.begin(0, 0, 0).rawHost32(0).string(NAME, NAMES.getOrDefault(type, ""));
        writer.bytes(DATA, data).end();
        ByteBuffer bytes = writer.datagram();
        try {
            int from = bytes.position() + HEADERS - 4;
            return new InstructionReader()
                    .read(new AttributeCursor().wrap(bytes, from, bytes.limit() - from, order, "object"));
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }

    static void write(MessageWriter target, int attribute, Instruction instruction) {
        MessageWriter writer = new MessageWriter(CAPACITY, target.order());
        writer.begin(0, 0, 0).rawHost32(0);
        InstructionWriter.write(writer, 1, instruction);
        ByteBuffer bytes = writer.end().datagram();
        int from = bytes.position() + HEADERS - 4;
        try {
            AttributeCursor outer =
                    new AttributeCursor().wrap(bytes, from, bytes.limit() - from, target.order(), "object");
            outer.next();
            AttributeCursor inner = outer.nest(new AttributeCursor(), "expression");
            while (inner.next()) {
                if (inner.type() == DATA) {
                    int nest = target.beginNest(attribute);
                    target.raw(inner.bytes(new BytesView()).toArray()).endNest(nest);
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("an instruction of this program is malformed", e);
        }
    }
}
