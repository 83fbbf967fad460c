// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.StateCodec;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A named object with a state, which rules and maps refer to: a counter, quota, limit or limit of connections. Objects of other
 * kinds keep their attributes as bytes.
 *
 * <pre>{@code
 * batch.create(StatefulObject.of(table, "web", Counter.ZERO));
 * }</pre>
 *
 * <p>Follows {@code nf_tables_newobj} in {@code nf_tables_api.c}.
 */
public final class StatefulObject extends RulesetObject {
    private static final int COMMENT = 0;

    private final String name;
    private final int kind;
    private final @Nullable Stateful state;
    private final Bytes data;
    private final @Nullable String comment;
    private final long handle;
    private final long uses;

    private StatefulObject(
            TableId table,
            String name,
            int kind,
            @Nullable Stateful state,
            Bytes data,
            @Nullable String comment,
            long handle,
            long uses) {
        super(table);
        this.name = name;
        this.kind = kind;
        this.state = state;
        this.data = data;
        this.comment = comment;
        this.handle = handle;
        this.uses = uses;
    }

    /**
     * An object.
     *
     * @param table the object's table
     * @param name 1 to 255 bytes of UTF-8; unique among the objects of its kind
     * @param state a counter, quota, limit or limit of connections
     * @return the object
     * @throws IllegalArgumentException if the name is too long or empty, or there are no objects of that state
     */
    public static StatefulObject of(TableId table, String name, Stateful state) {
        int kind = StateCodec.objectKind(state).number();
        return new StatefulObject(table, Names.object("object", name), kind, state, Bytes.of(), null, 0, -1);
    }

    /**
     * An object of any kind, by its attributes.
     *
     * @param table the object's table
     * @param name 1 to 255 bytes of UTF-8
     * @param kind the kind
     * @param data the attributes in {@code NFTA_OBJ_DATA}, in the byte order of the machine; copied
     * @return the object
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static StatefulObject raw(TableId table, String name, ObjectStatement.Kind kind, byte... data) {
        return new StatefulObject(
                table, Names.object("object", name), kind.number(), null, Bytes.of(data.clone()), null, 0, -1);
    }

    /**
     * The same object with a comment.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public StatefulObject comment(String text) {
        return new StatefulObject(table(), name, kind, state, data, Names.comment(text), handle, uses);
    }

    /**
     * The object's name.
     *
     * @return 1 to 255 bytes
     */
    public String name() {
        return name;
    }

    /**
     * The kind of object.
     *
     * @return the kind; empty for one that this version does not know
     */
    public Optional<ObjectStatement.Kind> objectKind() {
        for (ObjectStatement.Kind known : ObjectStatement.Kind.values()) {
            if (known.number() == kind) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /**
     * The state: what a counter has counted, what a quota has used.
     *
     * @return the state; empty for kinds that are kept as bytes
     */
    public Optional<Stateful> state() {
        return Optional.ofNullable(state);
    }

    /**
     * The attributes of an object that is kept as bytes.
     *
     * @return the contents of {@code NFTA_OBJ_DATA}; empty if the object has a {@link #state()}
     */
    public Bytes data() {
        return data;
    }

    /**
     * The comment.
     *
     * @return the text, or empty if there is none
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    @Override
    public OptionalLong handle() {
        return handle == 0 ? OptionalLong.empty() : OptionalLong.of(handle);
    }

    /**
     * The number of rules and elements that refer to it.
     *
     * @return the number; empty if the object was not listed
     */
    public OptionalLong uses() {
        return uses < 0 ? OptionalLong.empty() : OptionalLong.of(uses);
    }

    /** The same object with what an installed one of its name has counted or used. */
    StatefulObject withStateOf(StatefulObject installed) {
        Stateful counted = state;
        if (state instanceof Counter && installed.state instanceof Counter) {
            counted = installed.state;
        } else if (state instanceof Quota quota && installed.state instanceof Quota before) {
            counted = new Quota(quota.bytes(), before.used(), quota.over());
        }
        return new StatefulObject(table(), name, kind, counted, data, comment, 0, -1);
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.OBJECT;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writer.string(Nfta.OBJ_TABLE, table().name())
                .string(Nfta.OBJ_NAME, name)
                .be32(Nfta.OBJ_TYPE, kind);
        int nest = writer.beginNest(Nfta.OBJ_DATA);
        writer.raw(state == null ? data.toArray() : StateCodec.objectData(state, writer.order()));
        writer.endNest(nest);
        if (comment != null) {
            writer.bytes(
                    Nfta.OBJ_USERDATA, new UserData().text(COMMENT, comment).toArray());
        }
    }

    @Override
    void writeKey(MessageWriter writer) {
        writer.string(Nfta.OBJ_TABLE, table().name()).be32(Nfta.OBJ_TYPE, kind);
        if (handle != 0) {
            writer.be64(Nfta.OBJ_HANDLE, handle);
        } else {
            writer.string(Nfta.OBJ_NAME, name);
        }
    }

    /** Reads the message of an object. */
    static StatefulObject read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWOBJ");
        String table = null;
        String name = null;
        String comment = null;
        Bytes data = Bytes.of();
        int kind = 0;
        long handle = 0;
        long uses = -1;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.OBJ_TABLE -> table = cursor.string();
                case Nfta.OBJ_NAME -> name = cursor.string();
                case Nfta.OBJ_TYPE -> kind = (int) cursor.be32();
                case Nfta.OBJ_DATA -> data = cursor.bytes(new BytesView()).copy();
                case Nfta.OBJ_HANDLE -> handle = cursor.be64();
                case Nfta.OBJ_USE -> uses = cursor.be32();
                case Nfta.OBJ_USERDATA ->
                    comment = UserData.read(cursor.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                default -> {}
            }
        }
        Stateful state = StateCodec.readObject(kind, data, message.order());
        return new StatefulObject(
                Read.table(message, table),
                Read.name("an object's name", name),
                kind,
                state,
                state == null ? data : Bytes.of(),
                comment,
                handle,
                uses);
    }

    @Override
    public String toString() {
        String word = objectKind().map(ObjectStatement.Kind::text).orElse("object of kind " + kind);
        return word + " " + table() + " " + PrintableText.of(name);
    }
}
