package dev.nfkit.nftables;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A rule of a chain. A rule that is to be replaced or deleted is named by its handle, which the kernel assigns: list the
 * rules, or ask the batch for {@linkplain Batch#returnHandles() handles}.
 *
 * <p>Follows {@code nf_tables_newrule} in {@code nf_tables_api.c}.
 */
public final class Rule extends RulesetObject {
    private static final int COMMENT = 0;

    private final String chain;
    private final @Nullable String comment;
    private final long handle;
    private final long position;
    /** The contents of {@code NFTA_RULE_EXPRESSIONS}; null for none. */
    private final @Nullable Bytes expressions;

    private Rule(
            TableId table,
            String chain,
            @Nullable String comment,
            long handle,
            long position,
            @Nullable Bytes expressions) {
        super(table);
        this.chain = chain;
        this.comment = comment;
        this.handle = handle;
        this.position = position;
        this.expressions = expressions;
    }

    /**
     * A rule that matches all packets and does nothing with them.
     *
     * @param table the table
     * @param chain the chain's name, 1 to 255 bytes
     * @return the rule
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static Rule in(TableId table, String chain) {
        return new Rule(table, Names.object("chain", chain), null, 0, 0, null);
    }

    /**
     * The same rule with a comment.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public Rule comment(String text) {
        return new Rule(table(), chain, Names.comment(text), handle, position, expressions);
    }

    /**
     * The same rule, next to another one of the chain: {@link Batch#add} places it after that rule, {@link Batch#insert}
     * before it.
     *
     * @param handle the other rule's handle, from 1
     * @return a new value
     * @throws IllegalArgumentException if it is not positive
     */
    public Rule position(long handle) {
        return new Rule(table(), chain, comment, this.handle, Names.handle(handle), expressions);
    }

    /**
     * The same rule with a handle, to replace or delete the rule of that handle.
     *
     * @param handle the rule's handle, from 1
     * @return a new value
     * @throws IllegalArgumentException if it is not positive
     */
    public Rule handle(long handle) {
        return new Rule(table(), chain, comment, Names.handle(handle), position, expressions);
    }

    /**
     * The chain's name.
     *
     * @return 1 to 255 bytes
     */
    public String chain() {
        return chain;
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
     * The handle of the rule next to it: of a listed rule that of the one before it; of a new one as set by {@link
     * #position(long)}.
     *
     * @return the handle; empty if it is the first of its chain, or none was set
     */
    public OptionalLong position() {
        return position == 0 ? OptionalLong.empty() : OptionalLong.of(position);
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.RULE;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writer.string(Nfta.RULE_TABLE, table().name()).string(Nfta.RULE_CHAIN, chain);
        if (expressions != null) {
            int nest = writer.beginNest(Nfta.RULE_EXPRESSIONS);
            writer.raw(expressions.toArray()).endNest(nest);
        }
        if (comment != null) {
            writer.bytes(
                    Nfta.RULE_USERDATA, new UserData().text(COMMENT, comment).toArray());
        }
    }

    /** Writes the place of a rule that is added. */
    void writePosition(MessageWriter writer) {
        if (position != 0) {
            writer.be64(Nfta.RULE_POSITION, position);
        }
    }

    /** Writes the handle of a rule that is replaced. */
    void writeHandle(MessageWriter writer) {
        writer.be64(Nfta.RULE_HANDLE, handle);
    }

    @Override
    void writeKey(MessageWriter writer) {
        writer.string(Nfta.RULE_TABLE, table().name())
                .string(Nfta.RULE_CHAIN, chain)
                .be64(Nfta.RULE_HANDLE, handle);
    }

    /** Reads the message of a rule. */
    static Rule read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWRULE");
        String table = null;
        String chain = null;
        String comment = null;
        Bytes expressions = null;
        long handle = 0;
        long position = 0;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.RULE_TABLE -> table = cursor.string();
                case Nfta.RULE_CHAIN -> chain = cursor.string();
                case Nfta.RULE_HANDLE -> handle = cursor.be64();
                case Nfta.RULE_POSITION -> position = cursor.be64();
                case Nfta.RULE_EXPRESSIONS ->
                    expressions = cursor.bytes(new BytesView()).copy();
                case Nfta.RULE_USERDATA ->
                    comment = UserData.read(cursor.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                default -> {}
            }
        }
        return new Rule(
                Read.table(message, table), Read.name("a rule's chain", chain), comment, handle, position, expressions);
    }

    @Override
    public String toString() {
        return "rule " + table() + " " + PrintableText.of(chain) + (handle == 0 ? "" : " handle " + handle);
    }
}
