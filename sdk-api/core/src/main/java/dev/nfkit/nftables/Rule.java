// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.RuleParser;
import dev.nfkit.nftables.text.RulePrinter;
import dev.nfkit.nftables.text.RuleText;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.List;
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
    private final RuleBody body;

    private Rule(TableId table, String chain, @Nullable String comment, long handle, long position, RuleBody body) {
        super(table);
        this.chain = chain;
        this.comment = comment;
        this.handle = handle;
        this.position = position;
        this.body = body;
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
        return new Rule(table, Names.object("chain", chain), null, 0, 0, RuleBody.EMPTY);
    }

    /**
     * A rule in the language of nft.
     *
     * <pre>{@code
     * Rule.of(table, "input", "tcp dport { 22, 443 } ct state new counter accept comment \"services\"")
     * }</pre>
     *
     * @param table the table
     * @param chain the chain's name, 1 to 255 bytes
     * @param text one rule, as in nft(8); it may end with a comment
     * @return the rule
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     */
    public static Rule of(TableId table, String chain, String text) {
        return of(table, chain, text, SetType.Lookup.NONE);
    }

    /**
     * A rule in the language of nft that refers to named sets or maps. Their types are needed to read values that are
     * stored in a map, and to look up in intervals.
     *
     * @param table the table
     * @param chain the chain's name, 1 to 255 bytes
     * @param text one rule, as in nft(8); it may end with a comment
     * @param sets the table's sets
     * @return the rule
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     */
    public static Rule of(TableId table, String chain, String text, SetType.Lookup sets) {
        return of(table, chain, RuleParser.parse(table.family(), sets, text), sets);
    }

    /**
     * A rule of statements.
     *
     * @param table the table
     * @param chain the chain's name, 1 to 255 bytes
     * @param statements the statements, in order
     * @return the rule
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     */
    public static Rule of(TableId table, String chain, Statement... statements) {
        return of(table, chain, List.of(statements), SetType.Lookup.NONE);
    }

    /**
     * A rule of statements that refer to named sets or maps.
     *
     * @param table the table
     * @param chain the chain's name, 1 to 255 bytes
     * @param statements the statements, in order
     * @param sets the table's sets
     * @return the rule
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     */
    public static Rule of(TableId table, String chain, List<Statement> statements, SetType.Lookup sets) {
        return of(table, chain, new RuleText(statements, Optional.empty()), sets);
    }

    /** A rule that was read from text, with the places of its statements. */
    static Rule of(TableId table, String chain, RuleText text, SetType.Lookup sets) {
        RuleBody body = RuleBody.of(table.family(), text.statements(), sets, text.places());
        Rule rule = new Rule(table, Names.object("chain", chain), null, 0, 0, body);
        return text.comment().map(rule::comment).orElse(rule);
    }

    /**
     * The same rule with a comment.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public Rule comment(String text) {
        return new Rule(table(), chain, Names.comment(text), handle, position, body);
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
        return new Rule(table(), chain, comment, this.handle, Names.handle(handle), body);
    }

    /**
     * The same rule with a handle, to replace or delete the rule of that handle.
     *
     * @param handle the rule's handle, from 1
     * @return a new value
     * @throws IllegalArgumentException if it is not positive
     */
    public Rule handle(long handle) {
        return new Rule(table(), chain, comment, Names.handle(handle), position, body);
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

    /**
     * What the rule does.
     *
     * @return the statements of a rule that was made of text or statements, or that a {@link Ruleset} contains; empty for one
     *     of {@link Listing#rules}, which {@link RuleReader#statements} reads
     */
    public List<Statement> statements() {
        return body.statements();
    }

    /**
     * The rule as {@code nft list ruleset} prints it, with the comment. Devices are those of this process's namespace.
     *
     * @return one line without a line end
     * @throws IllegalStateException if it is a rule of {@link Listing#rules}, which {@link RuleReader#text} reads
     */
    public String toText() {
        if (body.isInstalled()) {
            throw new IllegalStateException(this + " was not read; RuleReader.text reads it");
        }
        return RulePrinter.print(table().family(), body.named(), body.statements(), comment());
    }

    /** The sets that its statements name. */
    SetType.Lookup named() {
        return body.named();
    }

    /** The same rule, with what was read of its instructions. */
    Rule read(List<Statement> statements, SetType.Lookup sets) {
        return new Rule(table(), chain, comment, handle, 0, body.withStatements(table().family(), statements, sets));
    }

    /** The same rule at its place, with what was read of its instructions. */
    Rule ofEvent(List<Statement> statements, SetType.Lookup sets) {
        return new Rule(table(), chain, comment, handle, position, RuleBody.read(table().family(), statements, sets));
    }

    /** The same rule at another place of its chain; 0 for no handle or position. */
    Rule placed(long newHandle, long newPosition) {
        return new Rule(table(), chain, comment, newHandle, newPosition, body);
    }

    /** The same rule with the states of an installed one that does the same. */
    Rule withStatesOf(Rule installed) {
        RuleBody its = RuleBody.read(table().family(), installed.statements(), body.named());
        return new Rule(table(), chain, comment, 0, 0, its);
    }

    RuleBody body() {
        return body;
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.RULE;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writeNew(writer, 1);
    }

    /** Writes the rule; the first of the sets that it contains has this id in the batch. */
    void writeNew(MessageWriter writer, long firstId) {
        writer.string(Nfta.RULE_TABLE, table().name()).string(Nfta.RULE_CHAIN, chain);
        body.write(writer, firstId);
        if (comment != null) {
            writer.bytes(
                    Nfta.RULE_USERDATA, new UserData().text(COMMENT, comment).toArray());
        }
    }

    /** Writes the sets that the rule contains, which must exist before it. Returns the id of the first one. */
    long writeSets(BatchWriter target) {
        return body.writeSets(target, table());
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
        RuleBody body = RuleBody.EMPTY;
        long handle = 0;
        long position = 0;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.RULE_TABLE -> table = cursor.string();
                case Nfta.RULE_CHAIN -> chain = cursor.string();
                case Nfta.RULE_HANDLE -> handle = cursor.be64();
                case Nfta.RULE_POSITION -> position = cursor.be64();
                case Nfta.RULE_EXPRESSIONS ->
                    body = RuleBody.installed(cursor.bytes(new BytesView()).copy(), message.order());
                case Nfta.RULE_USERDATA ->
                    comment = UserData.read(cursor.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                default -> {}
            }
        }
        return new Rule(
                Read.table(message, table), Read.name("a rule's chain", chain), comment, handle, position, body);
    }

    @Override
    public String toString() {
        return "rule " + table() + " " + PrintableText.of(chain) + (handle == 0 ? "" : " handle " + handle);
    }
}
