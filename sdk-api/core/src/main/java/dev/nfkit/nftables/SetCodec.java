// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.codec.KeyLayout;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.StateCodec;
import dev.nfkit.nftables.codec.TypeOf;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sets as bytes ({@code NFTA_SET_*}). */
final class SetCodec {
    // enum nftnl_udata_set_types
    private static final int KEY_ORDER = 0;
    private static final int DATA_ORDER = 1;
    private static final int MERGE = 2;
    static final int KEY_TYPEOF = 3;
    static final int DATA_TYPEOF = 4;
    private static final int COMMENT = 7;

    // enum byteorder
    private static final int HOST = 1;
    private static final int NETWORK = 2;

    static final int VERDICT = 0xffff_ff00;

    private SetCodec() {}

    /** For each part of a key, whether it is in the byte order of the host. */
    static List<Boolean> keyOrder(SetOptions set) {
        return order(set.key(), selectors(set.userData(), KEY_TYPEOF), set.userData(), KEY_ORDER);
    }

    /** For each part of the data, whether it is in the byte order of the host. */
    static List<Boolean> dataOrder(SetOptions set) {
        return order(set.data(), selectors(set.userData(), DATA_TYPEOF), set.userData(), DATA_ORDER);
    }

    private static List<Boolean> order(List<DataType> types, List<Selector> selectors, UserData data, int entry) {
        if (selectors.size() == types.size()) {
            return selectors.stream().map(Selector::hostOrder).toList();
        }
        // A number without a type of its own has the order that nft stored.
        boolean stored = types.equals(List.of(DataType.INTEGER))
                && data.bytes(entry)
                        .map(bytes -> Arrays.equals(bytes, inOrder(HOST)))
                        .orElse(false);
        return types.stream().map(type -> stored || type.hostOrder()).toList();
    }

    static boolean merges(UserData data) {
        return data.bytes(MERGE).map(value -> value.length > 0 && value[0] != 0).orElse(false);
    }

    static UserData merging(UserData data) {
        return data.copy().bytes(MERGE, inOrder(1));
    }

    /** The entries that name what the set is the type of. */
    static UserData typeOf(List<Selector> key, List<Selector> data, boolean verdicts) {
        UserData entries = new UserData().bytes(KEY_TYPEOF, TypeOf.write(key));
        if (verdicts) {
            return entries.bytes(DATA_TYPEOF, TypeOf.ofVerdict());
        }
        return data.isEmpty() ? entries : entries.bytes(DATA_TYPEOF, TypeOf.write(data));
    }

    static List<Selector> selectors(UserData data, int entry) {
        return data.bytes(entry).map(TypeOf::read).orElse(List.of());
    }

    static Optional<String> comment(UserData data) {
        return data.text(COMMENT);
    }

    static UserData commented(UserData data, String text) {
        return data.copy().text(COMMENT, text);
    }

    private static byte[] inOrder(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    static void write(MessageWriter writer, SetOptions set, KeyLayout keys, @Nullable KeyLayout values) {
        writer.be32(Nfta.SET_FLAGS, set.flags())
                .be32(Nfta.SET_KEY_TYPE, DataType.number(set.key()))
                .be32(Nfta.SET_KEY_LEN, keys.length());
        if (set.data().contains(DataType.VERDICT)) {
            writer.be32(Nfta.SET_DATA_TYPE, VERDICT);
        } else if (values != null) {
            writer.be32(Nfta.SET_DATA_TYPE, DataType.number(set.data())).be32(Nfta.SET_DATA_LEN, values.length());
        }
        if (set.objects() != null) {
            writer.be32(Nfta.SET_OBJ_TYPE, set.objects().number());
        }
        writer.be32(Nfta.SET_ID, set.id());
        if (set.policy() != null) {
            writer.be32(Nfta.SET_POLICY, set.policy().number());
        }
        writeTimes(writer, set);
        writeDescription(writer, set, keys);
        writeState(writer, set);
        writeUserData(writer, set, values);
    }

    private static void writeTimes(MessageWriter writer, SetOptions set) {
        if (set.timeout() != null) {
            writer.be64(Nfta.SET_TIMEOUT, set.timeout().toMillis());
        }
        if (set.gcInterval() != null) {
            writer.be32(Nfta.SET_GC_INTERVAL, set.gcInterval().toMillis());
        }
    }

    private static void writeDescription(MessageWriter writer, SetOptions set, KeyLayout keys) {
        boolean concatenated = set.is(SetOptions.CONCAT);
        if (set.size() == 0 && !concatenated) {
            return;
        }
        int description = writer.beginNest(Nfta.SET_DESC);
        if (set.size() != 0) {
            writer.be32(Nfta.SET_DESC_SIZE, set.size());
        }
        if (concatenated) {
            int fields = writer.beginNest(Nfta.SET_DESC_CONCAT);
            for (KeyLayout.Field field : keys.fields()) {
                int element = writer.beginNest(Nfta.LIST_ELEM);
                writer.be32(Nfta.SET_FIELD_LEN, field.bytes()).endNest(element);
            }
            writer.endNest(fields);
        }
        writer.endNest(description);
    }

    private static void writeState(MessageWriter writer, SetOptions set) {
        List<Instruction> states =
                set.state().stream().map(StateCodec::instruction).toList();
        if (states.size() == 1) {
            InstructionWriter.write(writer, Nfta.SET_EXPR, states.get(0));
        } else if (!states.isEmpty()) {
            InstructionWriter.write(writer, Nfta.SET_EXPRESSIONS, states);
        }
    }

    /** The byte orders and other entries, from which nft knows how to print the elements. */
    private static void writeUserData(MessageWriter writer, SetOptions set, @Nullable KeyLayout values) {
        UserData data = set.userData().copy();
        data.bytes(KEY_ORDER, order(keyOrder(set)));
        if (values != null) {
            data.bytes(DATA_ORDER, order(dataOrder(set)));
        }
        writer.bytes(Nfta.SET_USERDATA, data.toArray());
    }

    /** nft's number of a byte order: 1 for that of the host, 2 for that of the network. */
    private static byte[] order(List<Boolean> host) {
        return inOrder(host.equals(List.of(true)) ? HOST : NETWORK);
    }
}
