// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.ElementCodec;
import dev.nfkit.nftables.codec.KeyLayout;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.TypeOf;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A named set or map.
 *
 * <pre>{@code
 * NftSet blocked = NftSet.set(table, "blocked", DataType.IPV4_ADDR).with(SetFlag.INTERVAL).timeout(Duration.ofHours(1));
 * NftSet services = NftSet.map(table, "services", new SetType(List.of(DataType.INET_SERVICE), List.of(DataType.VERDICT)));
 * }</pre>
 *
 * <p>Follows {@code nf_tables_newset} in {@code nf_tables_api.c}, and nft's user data in libnftnl's {@code udata.h}.
 */
public final class NftSet extends RulesetObject {
    private final String name;
    private final SetOptions options;
    private final KeyLayout keys;
    private final @Nullable KeyLayout values;

    private NftSet(TableId table, String name, SetOptions options) {
        super(table);
        this.name = name;
        this.options = options;
        this.keys = KeyLayout.of(
                options.key(), options.keyLengths(), SetCodec.keyOrder(options), options.is(SetFlag.INTERVAL.bit()));
        boolean plain = !options.data().isEmpty() && !options.data().contains(DataType.VERDICT);
        this.values =
                plain ? KeyLayout.of(options.data(), options.dataLengths(), SetCodec.dataOrder(options), false) : null;
    }

    /**
     * A set of values.
     *
     * @param table the set's table
     * @param name 1 to 255 bytes of UTF-8
     * @param key the types of a key; more than one make a concatenation
     * @return the set
     * @throws IllegalArgumentException if the name is too long or empty, a type has no fixed size, or a key exceeds 64 bytes
     */
    public static NftSet set(TableId table, String name, DataType... key) {
        return of(table, name, new SetType(Arrays.asList(key), List.of()), null);
    }

    /**
     * A map from values to values, or to verdicts ({@link DataType#VERDICT}).
     *
     * @param table the map's table
     * @param name 1 to 255 bytes of UTF-8
     * @param type the types of keys and data
     * @return the map
     * @throws IllegalArgumentException if the name is too long or empty, there is no data, a type has no fixed size, or a key or
     *     its data exceeds 64 bytes
     */
    public static NftSet map(TableId table, String name, SetType type) {
        if (type.data().isEmpty()) {
            throw new IllegalArgumentException("map " + table + " " + name + " has no type of data");
        }
        return of(table, name, type, null);
    }

    /**
     * A map from values to objects.
     *
     * @param table the map's table
     * @param name 1 to 255 bytes of UTF-8
     * @param objects the kind of objects
     * @param key the types of a key
     * @return the map
     * @throws IllegalArgumentException if the name is too long or empty, a type has no fixed size, or a key exceeds 64 bytes
     */
    public static NftSet objects(TableId table, String name, ObjectStatement.Kind objects, DataType... key) {
        return of(table, name, new SetType(Arrays.asList(key), List.of()), objects);
    }

    /**
     * A set of values of what rules look up in it, as nft's {@code typeof}: also of what has no type with a fixed size.
     *
     * <pre>{@code
     * NftSet.typeOf(table, "tags", HeaderField.VLAN_ID)
     * }</pre>
     *
     * @param table the set's table
     * @param name 1 to 255 bytes of UTF-8
     * @param key what a key is compared with: header fields, {@link dev.nfkit.nftables.expression.Meta} or {@link
     *     dev.nfkit.nftables.expression.ConnectionSelector}
     * @return the set
     * @throws IllegalArgumentException if the name is too long or empty, the key is empty or exceeds 64 bytes, or has another
     *     selector
     */
    public static NftSet typeOf(TableId table, String name, Selector... key) {
        return typeOf(table, name, List.of(key), List.of());
    }

    /**
     * A map from values of what rules look up in it to values of what rules assign, as nft's {@code typeof}.
     *
     * @param table the map's table
     * @param name 1 to 255 bytes of UTF-8
     * @param key what a key is compared with, as {@link #typeOf(TableId, String, Selector...)}
     * @param data what the data is assigned to or compared with; empty for a set
     * @return the map
     * @throws IllegalArgumentException as {@link #typeOf(TableId, String, Selector...)}
     */
    public static NftSet typeOf(TableId table, String name, List<Selector> key, List<Selector> data) {
        return typeOf(table, name, key, data, TypeOf.types(data), null);
    }

    /** A set by the selectors of its keys, and by selectors, types or objects for its data. */
    static NftSet typeOf(
            TableId table,
            String name,
            List<Selector> key,
            List<Selector> data,
            List<DataType> dataTypes,
            ObjectStatement.@Nullable Kind objects) {
        Stream.concat(key.stream(), data.stream())
                .filter(each -> !TypeOf.supports(each))
                .findFirst()
                .ifPresent(each -> {
                    throw new IllegalArgumentException("set " + name + ": typeof does not support " + each);
                });
        SetType type = new SetType(TypeOf.types(key), dataTypes);
        List<Integer> dataLengths = data.isEmpty() ? lengths(dataTypes) : TypeOf.lengths(data);
        return of(
                table,
                name,
                type,
                TypeOf.lengths(key),
                dataLengths,
                objects,
                SetCodec.typeOf(key, data, type.data().contains(DataType.VERDICT)));
    }

    private static NftSet of(TableId table, String name, SetType type, ObjectStatement.@Nullable Kind objects) {
        List<Integer> keys = type.key().stream().map(KeyLayout::bytes).toList();
        return of(table, name, type, keys, lengths(type.data()), objects, new UserData());
    }

    private static List<Integer> lengths(List<DataType> data) {
        return data.contains(DataType.VERDICT)
                ? List.of()
                : data.stream().map(KeyLayout::bytes).toList();
    }

    private static NftSet of(
            TableId table,
            String name,
            SetType type,
            List<Integer> keyLengths,
            List<Integer> dataLengths,
            ObjectStatement.@Nullable Kind objects,
            UserData userData) {
        Names.object("set", name);
        int flags = (type.interval() ? SetFlag.INTERVAL.bit() : 0)
                | (type.data().isEmpty() ? 0 : SetOptions.MAP)
                | (objects == null ? 0 : SetOptions.OBJECT)
                | (type.key().size() > 1 ? SetOptions.CONCAT : 0);
        return new NftSet(
                table,
                name,
                new SetOptions(
                        type.key(),
                        keyLengths,
                        type.data(),
                        dataLengths,
                        objects,
                        flags,
                        null,
                        null,
                        0,
                        null,
                        List.of(),
                        userData,
                        0,
                        0));
    }

    private NftSet with(SetOptions changed) {
        return new NftSet(table(), name, changed);
    }

    /**
     * The same set with another flag.
     *
     * @param flag the flag
     * @return a new value
     */
    public NftSet with(SetFlag flag) {
        return with(options.withFlags(flag.bit()));
    }

    /**
     * The same set, whose elements exist for a time unless they have a timeout of their own. Sets {@link SetFlag#TIMEOUT}.
     *
     * @param timeout 1 ms and more; the kernel keeps milliseconds
     * @return a new value
     * @throws IllegalArgumentException if it is shorter
     */
    public NftSet timeout(Duration timeout) {
        return with(options.withTimes(atLeastMillisecond("timeout", timeout), options.gcInterval()));
    }

    /**
     * The same set, with the time between two searches for elements that have expired. Sets {@link SetFlag#TIMEOUT}.
     *
     * @param interval 1 ms and more; the kernel's own is a second
     * @return a new value
     * @throws IllegalArgumentException if it is shorter
     */
    public NftSet gcInterval(Duration interval) {
        return with(options.withTimes(options.timeout(), atLeastMillisecond("gc-interval", interval)));
    }

    private static Duration atLeastMillisecond(String what, Duration time) {
        if (time.toMillis() < 1) {
            throw new IllegalArgumentException(what + " " + time + " is out of 1 ms and more");
        }
        return time;
    }

    /**
     * The same set with a maximum number of elements.
     *
     * @param elements 1 to 2³²−1
     * @return a new value
     * @throws IllegalArgumentException if it is out of range
     */
    public NftSet size(long elements) {
        if (elements == 0) {
            throw new IllegalArgumentException("size 0 is out of 1 to " + Names.U32_MAX);
        }
        return with(options.withSize(Names.u32("size", elements)));
    }

    /**
     * The same set with another policy.
     *
     * @param policy by what the kernel chooses the structure
     * @return a new value
     */
    public NftSet policy(SetPolicy policy) {
        return with(options.withPolicy(policy));
    }

    /**
     * The same set, each of whose elements counts or limits. Linux 5.7, or 5.12 for more than one.
     *
     * @param state the state of a new element, such as {@code Counter.ZERO}; at most 2
     * @return a new value
     */
    public NftSet state(Stateful... state) {
        return with(options.withState(List.of(state)).withFlags(state.length > 1 ? SetOptions.EXPR : 0));
    }

    /**
     * The same set, in which nft joins intervals that overlap or adjoin when it adds elements. The kernel does not: elements
     * that a {@link Batch} adds must not overlap in any case.
     *
     * @return a new value
     */
    public NftSet autoMerge() {
        return with(options.withUserData(SetCodec.merging(options.userData())));
    }

    /**
     * The same set with a comment.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public NftSet comment(String text) {
        return with(options.withUserData(SetCodec.commented(options.userData(), Names.comment(text))));
    }

    /**
     * The set's name.
     *
     * @return 1 to 255 bytes; nft's own sets are named {@code __set0}
     */
    public String name() {
        return name;
    }

    /**
     * The types of keys and data.
     *
     * @return the types; a type that this version does not know is {@link DataType#INTEGER}
     */
    public SetType type() {
        return new SetType(options.key(), options.data(), options.is(SetFlag.INTERVAL.bit()));
    }

    /**
     * What a key is compared with, if the set was declared so ({@code typeof}).
     *
     * @return a selector for each part of a key; empty if the set was declared by types, or by what is not supported
     */
    public List<Selector> keySelectors() {
        return SetCodec.selectors(options.userData(), SetCodec.KEY_TYPEOF);
    }

    /**
     * What the data of a map is assigned to or compared with, if the map was declared so ({@code typeof}).
     *
     * @return a selector for each part of the data; empty if the map was declared by types, or by what is not supported
     */
    public List<Selector> dataSelectors() {
        return SetCodec.selectors(options.userData(), SetCodec.DATA_TYPEOF);
    }

    /**
     * The kind of objects that the map's elements refer to.
     *
     * @return the kind; empty if it is no map of objects
     */
    public Optional<ObjectStatement.Kind> objects() {
        return Optional.ofNullable(options.objects());
    }

    /**
     * Whether elements have data.
     *
     * @return true for a map, also of verdicts or objects
     */
    public boolean map() {
        return options.is(SetOptions.MAP) || options.is(SetOptions.OBJECT);
    }

    /**
     * Whether the set belongs to a rule and has no name of its own.
     *
     * @return whether it is anonymous
     */
    public boolean anonymous() {
        return options.is(SetOptions.ANONYMOUS);
    }

    /**
     * The known flags that can be chosen.
     *
     * @return a new set
     */
    public Set<SetFlag> flags() {
        Set<SetFlag> known = EnumSet.noneOf(SetFlag.class);
        for (SetFlag flag : SetFlag.values()) {
            if (options.is(flag.bit())) {
                known.add(flag);
            }
        }
        return known;
    }

    /**
     * All flags ({@code enum nft_set_flags}).
     *
     * @return 0 to 2³²−1
     */
    public long flagBits() {
        return options.flags();
    }

    /**
     * How long elements exist that have no timeout of their own.
     *
     * @return the time; empty if they stay
     */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(options.timeout());
    }

    /**
     * The time between two searches for elements that have expired.
     *
     * @return the time; empty for the kernel's own
     */
    public Optional<Duration> gcInterval() {
        return Optional.ofNullable(options.gcInterval());
    }

    /**
     * The maximum number of elements.
     *
     * @return the number; empty if there is none
     */
    public OptionalLong size() {
        return options.size() == 0 ? OptionalLong.empty() : OptionalLong.of(options.size());
    }

    /**
     * By what the kernel chooses the structure.
     *
     * @return the policy; empty for {@link SetPolicy#PERFORMANCE}, which the kernel does not send
     */
    public Optional<SetPolicy> policy() {
        return Optional.ofNullable(options.policy());
    }

    /**
     * What each element counts or limits.
     *
     * @return the state of new elements; empty for none
     */
    public List<Stateful> state() {
        return Collections.unmodifiableList(options.state());
    }

    /**
     * Whether nft joins intervals.
     *
     * @return whether {@code auto-merge} is set
     */
    public boolean merges() {
        return SetCodec.merges(options.userData());
    }

    /**
     * The comment.
     *
     * @return the text, or empty if there is none
     */
    public Optional<String> comment() {
        return SetCodec.comment(options.userData());
    }

    @Override
    public OptionalLong handle() {
        return options.handle() == 0 ? OptionalLong.empty() : OptionalLong.of(options.handle());
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.SET;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writer.string(Nfta.SET_TABLE, table().name()).string(Nfta.SET_NAME, name);
        SetCodec.write(writer, options, keys, values);
    }

    @Override
    void writeKey(MessageWriter writer) {
        writer.string(Nfta.SET_TABLE, table().name());
        if (options.handle() != 0) {
            writer.be64(Nfta.SET_HANDLE, options.handle());
        } else {
            writer.string(Nfta.SET_NAME, name);
        }
    }

    /** Writes what identifies the set in messages about its elements. */
    void writeForElements(MessageWriter writer) {
        writer.string(Nfta.SET_ELEM_LIST_TABLE, table().name()).string(Nfta.SET_ELEM_LIST_SET, name);
        if (options.id() != 0) {
            writer.be32(Nfta.SET_ELEM_LIST_SET_ID, options.id());
        }
    }

    /** Whether keys and data have the lengths of another set's. */
    boolean sameLengths(NftSet other) {
        return keys.length() == other.keys.length()
                && (values == null ? 0 : values.length()) == (other.values == null ? 0 : other.values.length());
    }

    /** The set as one that a rule contains. */
    CompiledSet compiled(List<CompiledElement> elements) {
        return new CompiledSet(
                options.id(),
                name,
                type(),
                keys.length(),
                values == null ? 0 : values.length(),
                false,
                false,
                options.keyLengths(),
                (int) options.flags(),
                options.objects() == null ? 0 : options.objects().number(),
                (int) options.size(),
                elements);
    }

    /** A codec of its elements, for one thread. */
    ElementCodec elements(ByteOrder order) {
        return new ElementCodec(keys, values, order);
    }

    /** Reads the message of a set. */
    static NftSet read(MessageCursor message) throws MalformedMessageException {
        return SetReader.read(message, NftSet::new);
    }

    @Override
    public String toString() {
        return (map() ? "map " : "set ") + table() + " " + PrintableText.of(name);
    }
}
