// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table, which contains chains, sets and other objects.
 *
 * <p>A program makes its own rules in an {@linkplain #owned owned} table: the kernel removes it with all it contains when
 * the client's socket is closed, also if the process is killed, and other processes cannot change it. {@linkplain #shared
 * Shared} tables stay until they are deleted.
 *
 * <p>Owned tables exist since Linux 5.12. An older kernel refuses one; there a program makes a shared table, deletes it
 * itself at its end, and at its beginning what remains of an earlier run.
 *
 * <p>Follows {@code nf_tables_newtable} in {@code nf_tables_api.c}.
 */
public final class Table extends RulesetObject {
    private static final int COMMENT = 0;

    private final long flags;
    private final @Nullable String comment;
    private final long handle;
    private final long uses;
    private final long owner;

    private Table(TableId id, long flags, @Nullable String comment, long handle, long uses, long owner) {
        super(id);
        this.flags = flags;
        this.comment = comment;
        this.handle = handle;
        this.uses = uses;
        this.owner = owner;
    }

    /**
     * A table that belongs to the client that creates it ({@code NFT_TABLE_F_OWNER}). Only this client can change it; others
     * can list it. It disappears when the client is closed or its process ends.
     *
     * @param id family and name
     * @return the table
     */
    public static Table owned(TableId id) {
        return new Table(id, TableFlag.OWNER.bit(), null, 0, -1, 0);
    }

    /**
     * A table that every process with {@code CAP_NET_ADMIN} can change, and that stays until it is deleted.
     *
     * @param id family and name
     * @return the table
     */
    public static Table shared(TableId id) {
        return new Table(id, 0, null, 0, -1, 0);
    }

    /**
     * The same table with another flag. {@link TableFlag#PERSIST} keeps an owned table without an owner when its client is
     * closed; the next client that adds the same table with {@link TableFlag#OWNER} takes it over.
     *
     * @param flag the flag
     * @return a new value
     */
    public Table with(TableFlag flag) {
        return new Table(table(), flags | flag.bit(), comment, handle, uses, owner);
    }

    /**
     * The same table without a flag.
     *
     * @param flag the flag
     * @return a new value
     */
    public Table without(TableFlag flag) {
        return new Table(table(), flags & ~(long) flag.bit(), comment, handle, uses, owner);
    }

    /**
     * The same table with a comment. The kernel keeps the comment of a table that exists.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public Table comment(String text) {
        return new Table(table(), flags, Names.comment(text), handle, uses, owner);
    }

    /**
     * The known flags.
     *
     * @return a new set
     */
    public Set<TableFlag> flags() {
        Set<TableFlag> known = EnumSet.noneOf(TableFlag.class);
        for (TableFlag flag : TableFlag.values()) {
            if ((flags & flag.bit()) != 0) {
                known.add(flag);
            }
        }
        return known;
    }

    /**
     * All flags, including those that this version does not know.
     *
     * @return 0 to 2³²−1
     */
    public long flagBits() {
        return flags;
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
     * The number of chains, sets, objects and flow tables in it.
     *
     * @return the number; empty if the table was not listed
     */
    public OptionalLong uses() {
        return uses < 0 ? OptionalLong.empty() : OptionalLong.of(uses);
    }

    /**
     * The socket that owns the table, as {@link Nftables#portId()}.
     *
     * @return its port id; empty if no socket owns it, or the table was not listed
     */
    public OptionalLong owner() {
        return owner == 0 ? OptionalLong.empty() : OptionalLong.of(owner);
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.TABLE;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writer.string(Nfta.TABLE_NAME, table().name()).be32(Nfta.TABLE_FLAGS, flags);
        if (comment != null) {
            writer.bytes(
                    Nfta.TABLE_USERDATA, new UserData().text(COMMENT, comment).toArray());
        }
    }

    @Override
    void writeKey(MessageWriter writer) {
        if (handle != 0) {
            writer.be64(Nfta.TABLE_HANDLE, handle);
        } else {
            writer.string(Nfta.TABLE_NAME, table().name());
        }
    }

    /** Reads the message of a table. */
    static Table read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWTABLE");
        String name = null;
        String comment = null;
        long flags = 0;
        long handle = 0;
        long uses = -1;
        long owner = 0;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.TABLE_NAME -> name = cursor.string();
                case Nfta.TABLE_FLAGS -> flags = cursor.be32();
                case Nfta.TABLE_USE -> uses = cursor.be32();
                case Nfta.TABLE_HANDLE -> handle = cursor.be64();
                case Nfta.TABLE_OWNER -> owner = cursor.be32();
                case Nfta.TABLE_USERDATA ->
                    comment = UserData.read(cursor.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                default -> {}
            }
        }
        return new Table(Read.table(message, name), flags, comment, handle, uses, owner);
    }

    @Override
    public String toString() {
        return "table " + table();
    }
}
