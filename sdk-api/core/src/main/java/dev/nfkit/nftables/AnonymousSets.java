// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.compile.States;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the sets that rules contain: each is created before its rule, and belongs to it. */
final class AnonymousSets {
    // enum nftnl_udata_set_types and enum nftnl_udata_set_elem_types
    private static final int KEY_ORDER = 0;
    private static final int DATA_ORDER = 1;
    private static final int DATA_INTERVAL = 6;
    private static final int ELEMENT_COMMENT = 0;

    private static final int VERDICT = 0xffff_ff00;
    private static final int INTERVAL_END = 1;
    private static final int CATCH_ALL = 2;

    /** A list of elements is an attribute, of 65535 bytes at most; an element has a few hundred at most. */
    private static final int LIST = 60_000;

    private AnonymousSets() {}

    static void write(BatchWriter target, TableId table, List<CompiledSet> sets) {
        for (CompiledSet set : sets) {
            target.message(
                    MessageTypes.NEWSET,
                    Netlink.NLM_F_CREATE,
                    writer -> writeSet(writer.nfgenmsg(table.family().number(), 0), table, set));
            int[] next = {0};
            while (next[0] < set.elements().size()) {
                int from = next[0];
                target.message(
                        MessageTypes.NEWSETELEM,
                        Netlink.NLM_F_CREATE,
                        writer -> next[0] =
                                writeElements(writer.nfgenmsg(table.family().number(), 0), table, set, from));
            }
        }
    }

    private static void writeSet(MessageWriter writer, TableId table, CompiledSet set) {
        writer.string(Nfta.SET_TABLE, table.name())
                .string(Nfta.SET_NAME, set.name())
                .be32(Nfta.SET_FLAGS, set.flags())
                .be32(Nfta.SET_KEY_TYPE, DataType.number(set.type().key()))
                .be32(Nfta.SET_KEY_LEN, set.keyBytes());
        if (set.type().data().contains(DataType.VERDICT)) {
            writer.be32(Nfta.SET_DATA_TYPE, VERDICT);
        } else if (set.dataBytes() > 0) {
            writer.be32(Nfta.SET_DATA_TYPE, DataType.number(set.type().data()))
                    .be32(Nfta.SET_DATA_LEN, set.dataBytes());
        }
        if (set.objectType() != 0) {
            writer.be32(Nfta.SET_OBJ_TYPE, set.objectType());
        }
        writer.be32(Nfta.SET_ID, set.id());
        int description = writer.beginNest(Nfta.SET_DESC);
        if (set.size() > 0) {
            writer.be32(Nfta.SET_DESC_SIZE, set.size());
        }
        if ((set.flags() & CompiledSet.CONCAT) != 0) { // the kernel refuses fields without the flag
            int fields = writer.beginNest(Nfta.SET_DESC_CONCAT);
            for (int bytes : set.fieldBytes()) {
                int element = writer.beginNest(Nfta.LIST_ELEM);
                writer.be32(Nfta.SET_FIELD_LEN, bytes).endNest(element);
            }
            writer.endNest(fields);
        }
        writer.endNest(description);
        writer.bytes(Nfta.SET_USERDATA, orders(writer, set));
    }

    /** The byte orders, from which nft knows how to print the elements: 1 for that of the host, 2 for the network's. */
    private static byte[] orders(MessageWriter writer, CompiledSet set) {
        UserData data = new UserData().bytes(KEY_ORDER, number(writer, set.hostKeys() ? 1 : 2));
        if (set.dataBytes() > 0) {
            data.bytes(DATA_ORDER, number(writer, set.hostData() ? 1 : 2));
        }
        if (hasIntervals(set)) {
            data.bytes(DATA_INTERVAL, number(writer, 1));
        }
        return data.toArray();
    }

    /** Whether the data is the first and the last of several values. */
    private static boolean hasIntervals(CompiledSet set) {
        List<DataType> data = set.type().data();
        return data.size() == 1
                && data.get(0).bits() > 0
                && set.dataBytes() * Byte.SIZE == 2 * data.get(0).bits();
    }

    private static byte[] number(MessageWriter writer, int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(writer.order())
                .putInt(value)
                .array();
    }

    /** Writes the elements from one on that fit a message. Returns the first that did not. */
    private static int writeElements(MessageWriter writer, TableId table, CompiledSet set, int from) {
        writer.string(Nfta.SET_ELEM_LIST_TABLE, table.name())
                .string(Nfta.SET_ELEM_LIST_SET, set.name())
                .be32(Nfta.SET_ELEM_LIST_SET_ID, set.id());
        int start = writer.length();
        int list = writer.beginNest(Nfta.SET_ELEM_LIST_ELEMENTS);
        int at = from;
        while (at < set.elements().size() && writer.length() - start < LIST) {
            int element = writer.beginNest(Nfta.LIST_ELEM);
            writeElement(writer, set.elements().get(at++));
            writer.endNest(element);
        }
        writer.endNest(list);
        return at;
    }

    private static void writeElement(MessageWriter writer, CompiledElement element) {
        int flags = (element.end() ? INTERVAL_END : 0) | (element.key() == null ? CATCH_ALL : 0);
        if (flags != 0) {
            writer.be32(Nfta.SET_ELEM_FLAGS, flags);
        }
        if (element.key() != null) {
            element.key().write(writer, Nfta.SET_ELEM_KEY);
        }
        if (element.keyEnd() != null) {
            element.keyEnd().write(writer, Nfta.SET_ELEM_KEY_END);
        }
        if (element.data() != null) {
            element.data().write(writer, Nfta.SET_ELEM_DATA);
        }
        if (element.object() != null) {
            writer.string(Nfta.SET_ELEM_OBJREF, element.object());
        }
        writeSource(writer, element.source());
    }

    private static void writeSource(MessageWriter writer, @Nullable SetElement source) {
        if (source == null) {
            return;
        }
        source.timeout().map(Duration::toMillis).ifPresent(millis -> writer.be64(Nfta.SET_ELEM_TIMEOUT, millis));
        source.comment()
                .ifPresent(comment -> writer.bytes(
                        Nfta.SET_ELEM_USERDATA,
                        new UserData().text(ELEMENT_COMMENT, comment).toArray()));
        if (source.state().size() == 1) {
            InstructionWriter.write(
                    writer, Nfta.SET_ELEM_EXPR, States.of(source.state()).get(0));
        } else if (!source.state().isEmpty()) {
            InstructionWriter.write(writer, Nfta.SET_ELEM_EXPRESSIONS, States.of(source.state()));
        }
    }
}
