// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.codec.KeyLayout;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.StateCodec;
import dev.nfkit.nftables.codec.TypeOf;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the messages of sets. */
final class SetReader {
    private static final int TYPE_BITS = 6;
    private static final int TYPE_MASK = (1 << TYPE_BITS) - 1;
    private static final int MOST = 64;

    private SetReader() {}

    /** Makes a set of what was read. */
    interface Maker {
        NftSet make(TableId table, String name, SetOptions options);
    }

    static NftSet read(MessageCursor message, Maker maker) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWSET");
        String table = null;
        String name = null;
        Numbers numbers = new Numbers();
        UserData userData = new UserData();
        List<Stateful> state = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.SET_TABLE -> table = cursor.string();
                case Nfta.SET_NAME -> name = cursor.string();
                case Nfta.SET_DESC -> readDescription(Read.nest(cursor, "NFTA_SET_DESC"), numbers, lengths);
                case Nfta.SET_EXPR -> add(state, new InstructionReader().read(Read.nest(cursor, "NFTA_SET_EXPR")));
                case Nfta.SET_EXPRESSIONS -> {
                    for (Instruction each :
                            new InstructionReader().readList(Read.nest(cursor, "NFTA_SET_EXPRESSIONS"))) {
                        add(state, each);
                    }
                }
                case Nfta.SET_USERDATA -> userData = UserData.read(cursor.bytes(new BytesView()));
                default -> numbers.read(cursor);
            }
        }
        boolean verdicts = numbers.dataType == Integer.toUnsignedLong(SetCodec.VERDICT);
        boolean map = (numbers.flags & SetOptions.MAP) != 0 && !verdicts;
        requireLength("NFTA_SET_KEY_LEN", numbers.keyLength);
        List<DataType> key = types(numbers.keyType);
        List<Integer> known =
                lengths.isEmpty() ? TypeOf.lengths(SetCodec.selectors(userData, SetCodec.KEY_TYPEOF)) : lengths;
        List<Integer> keyLengths = lengths(key, numbers.keyLength, known);
        if (keyLengths.isEmpty()) { // of types that do not have the length
            key = List.of(DataType.INTEGER);
            keyLengths = List.of((int) numbers.keyLength);
        }
        List<DataType> data = verdicts ? List.of(DataType.VERDICT) : List.of();
        List<Integer> dataLengths = List.of();
        if (map) {
            requireLength("NFTA_SET_DATA_LEN", numbers.dataLength);
            data = types(numbers.dataType);
            dataLengths = lengths(
                    data, numbers.dataLength, TypeOf.lengths(SetCodec.selectors(userData, SetCodec.DATA_TYPEOF)));
            if (dataLengths.isEmpty()) {
                data = List.of(DataType.INTEGER);
                dataLengths = List.of((int) numbers.dataLength);
            }
        }
        SetOptions options = new SetOptions(
                key,
                keyLengths,
                data,
                dataLengths,
                numbers.objects(),
                numbers.flags,
                millis(numbers.timeout),
                millis(numbers.gcInterval),
                numbers.size,
                numbers.policy == SetPolicy.MEMORY.number() ? SetPolicy.MEMORY : null,
                List.copyOf(state),
                userData,
                numbers.handle,
                0);
        return maker.make(Read.table(message, table), Read.name("a set's name", name), options);
    }

    private static void requireLength(String attribute, long length) throws MalformedMessageException {
        if (length < 1 || length > MOST) {
            throw new MalformedMessageException(attribute, 0, "1 to " + MOST + " bytes", Long.toString(length));
        }
    }

    private static @Nullable Duration millis(long time) {
        return time <= 0 ? null : Duration.ofMillis(time);
    }

    private static void add(List<Stateful> state, Instruction instruction) {
        Stateful statement = StateCodec.statement(instruction);
        if (statement != null) {
            state.add(statement);
        }
    }

    private static void readDescription(AttributeCursor description, Numbers numbers, List<Integer> lengths)
            throws MalformedMessageException {
        while (description.next()) {
            if (description.type() == Nfta.SET_DESC_SIZE) {
                numbers.size = description.be32();
            } else if (description.type() == Nfta.SET_DESC_CONCAT) {
                AttributeCursor list = Read.nest(description, "NFTA_SET_DESC_CONCAT");
                while (list.next()) {
                    AttributeCursor field = Read.nest(list, "NFTA_LIST_ELEM");
                    while (field.next()) {
                        if (field.type() == Nfta.SET_FIELD_LEN) {
                            lengths.add((int) Math.min(field.be32(), MOST + 1L));
                        }
                    }
                }
            }
        }
    }

    /** The types of a number, six bits each. Types that are not known are integers. */
    private static List<DataType> types(long number) {
        DataType[] types = new DataType[Integer.SIZE / TYPE_BITS + 1];
        int at = types.length;
        for (long left = number; left != 0; left >>>= TYPE_BITS) {
            types[--at] = DataType.of((int) left & TYPE_MASK).orElse(DataType.INTEGER);
        }
        return at == types.length ? List.of(DataType.INTEGER) : List.of(Arrays.copyOfRange(types, at, types.length));
    }

    /** The lengths of the fields, from their types or as the kernel sent them; none if they do not result in the whole. */
    private static List<Integer> lengths(List<DataType> types, long whole, List<Integer> sent) {
        if (types.size() == 1) {
            return List.of((int) whole);
        }
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            int bits = types.get(i).bits();
            if (sent.size() != types.size() && bits == 0) {
                return List.of();
            }
            lengths.add(sent.size() == types.size() ? sent.get(i) : KeyLayout.bytes(types.get(i)));
        }
        int sum = lengths.stream().mapToInt(Netlink::align).sum();
        return sum == whole && !lengths.contains(0) ? lengths : List.of();
    }

    /** The numbers of a set. */
    private static final class Numbers {
        long flags;
        long keyType;
        long keyLength;
        long dataType;
        long dataLength;
        long objectType;
        long policy;
        long timeout;
        long gcInterval;
        long size;
        long handle;

        void read(AttributeCursor cursor) throws MalformedMessageException {
            switch (cursor.type()) {
                case Nfta.SET_FLAGS -> flags = cursor.be32();
                case Nfta.SET_KEY_TYPE -> keyType = cursor.be32();
                case Nfta.SET_KEY_LEN -> keyLength = cursor.be32();
                case Nfta.SET_DATA_TYPE -> dataType = cursor.be32();
                case Nfta.SET_DATA_LEN -> dataLength = cursor.be32();
                case Nfta.SET_OBJ_TYPE -> objectType = cursor.be32();
                case Nfta.SET_POLICY -> policy = cursor.be32();
                case Nfta.SET_TIMEOUT -> timeout = cursor.be64();
                case Nfta.SET_GC_INTERVAL -> gcInterval = cursor.be32();
                case Nfta.SET_HANDLE -> handle = cursor.be64();
                default -> {}
            }
        }

        ObjectStatement.@Nullable Kind objects() {
            for (ObjectStatement.Kind kind : ObjectStatement.Kind.values()) {
                if (kind.number() == objectType && (flags & SetOptions.OBJECT) != 0) {
                    return kind;
                }
            }
            return null;
        }
    }
}
