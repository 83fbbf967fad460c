// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.build;

import dev.nfkit.nftables.NftSet;
import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictStatement;
import dev.nfkit.nftables.text.RuleParser;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a rule, statement by statement.
 *
 * <pre>{@code
 * Rule rule = RuleBuilder.in(table, "input")
 *         .matches(HeaderField.TCP_DPORT, 22, 443)
 *         .matches(ConnectionSelector.STATE, "new")
 *         .counter()
 *         .accept()
 *         .build();
 * }</pre>
 *
 * <p>This is the rule {@code tcp dport { 22, 443 } ct state new counter accept}. What the headers require, such as {@code
 * meta l4proto tcp} here, is added when the rule is installed. For one thread.
 */
public final class RuleBuilder {
    private final TableId table;
    private final String chain;
    private final SetType.Lookup others;
    private final Map<String, SetType> sets = new HashMap<>();
    private final List<Statement> statements = new ArrayList<>();
    private @Nullable String comment;

    RuleBuilder(TableId table, String chain, SetType.Lookup others) {
        this.table = table;
        this.chain = chain;
        this.others = others;
    }

    /**
     * A rule without statements.
     *
     * @param table the chain's table
     * @param chain the chain's name
     * @return the builder
     */
    public static RuleBuilder in(TableId table, String chain) {
        return new RuleBuilder(table, chain, SetType.Lookup.NONE);
    }

    /**
     * Adds any statement.
     *
     * @param statement the statement
     * @return this builder
     */
    public RuleBuilder statement(Statement statement) {
        statements.add(statement);
        return this;
    }

    /**
     * Adds statements in the language of nft.
     *
     * @param text statements, such as {@code limit rate 5/second}; a comment becomes that of the rule
     * @return this builder
     * @throws RuleSyntaxException if they cannot be read, with line and column
     */
    public RuleBuilder text(String text) {
        var read = RuleParser.parse(table.family(), this::type, text);
        statements.addAll(read.statements());
        read.comment().ifPresent(this::comment);
        return this;
    }

    /**
     * Continues with packets that have one of these numbers.
     *
     * @param selector what is compared, such as {@code HeaderField.TCP_DPORT}
     * @param numbers the numbers, at least one, unsigned
     * @return this builder
     * @throws IllegalArgumentException if there is none, or one exceeds the size of what is compared
     */
    public RuleBuilder matches(Selector selector, long... numbers) {
        return oneOf(
                selector,
                LongStream.of(numbers)
                        .<Expression>mapToObj(number -> Constant.of(selector, number))
                        .toList());
    }

    /**
     * Continues with packets that have one of these addresses.
     *
     * @param selector what is compared, such as {@code HeaderField.IP_SADDR}
     * @param addresses the addresses, at least one
     * @return this builder
     * @throws IllegalArgumentException if there is none
     */
    public RuleBuilder matches(Selector selector, InetAddress... addresses) {
        return oneOf(
                selector,
                Arrays.stream(addresses).<Expression>map(Constant::address).toList());
    }

    /**
     * Continues with packets that have a value.
     *
     * @param selector what is compared
     * @param value the value, such as a prefix, an interval or a set
     * @return this builder
     */
    public RuleBuilder matches(Selector selector, Expression value) {
        return statement(Match.of(selector, value));
    }

    /**
     * Continues with packets whose value is in a named set.
     *
     * @param selector what is compared
     * @param set a set of the same table
     * @return this builder
     */
    public RuleBuilder matches(Selector selector, NftSet set) {
        sets.put(set.name(), set.type());
        return matches(selector, new SetReference(set.name()));
    }

    /**
     * Continues with packets that compare as the language of nft has it.
     *
     * <pre>{@code
     * builder.matches(HeaderField.IP_SADDR, "10.0.0.0/8").matches(HeaderField.TCP_DPORT, "!= { 22, 8000-8999 }")
     * }</pre>
     *
     * @param selector what is compared
     * @param comparison what would follow it in a rule: an operator or none, and a value; also {@code vmap} and a map of
     *     verdicts
     * @return this builder
     * @throws RuleSyntaxException if it cannot be read; columns count from the start of the comparison
     */
    public RuleBuilder matches(Selector selector, String comparison) {
        return statement(RuleParser.comparison(table.family(), this::type, selector, comparison));
    }

    /**
     * Continues with packets that do not have a value.
     *
     * @param selector what is compared
     * @param value the value, such as a prefix, an interval or a set
     * @return this builder
     */
    public RuleBuilder differs(Selector selector, Expression value) {
        return statement(new Match(selector, Match.Operator.NOT_EQUAL, value));
    }

    /**
     * Continues with packets whose value is not in a named set.
     *
     * @param selector what is compared
     * @param set a set of the same table
     * @return this builder
     */
    public RuleBuilder differs(Selector selector, NftSet set) {
        sets.put(set.name(), set.type());
        return differs(selector, new SetReference(set.name()));
    }

    /**
     * Counts packets and bytes.
     *
     * @return this builder
     */
    public RuleBuilder counter() {
        return statement(Counter.ZERO);
    }

    /**
     * Logs the packet to an NFLOG group.
     *
     * @param group 0 to 65535
     * @return this builder
     * @throws IllegalArgumentException if the group is out of range
     */
    public RuleBuilder log(int group) {
        return statement(Log.group(group));
    }

    /**
     * Sets the packet's mark.
     *
     * @param mark 0 to 2³²−1
     * @return this builder
     * @throws IllegalArgumentException if the mark is out of range
     */
    public RuleBuilder mark(long mark) {
        return statement(new Assignment(Meta.MARK, Constant.of(Meta.MARK, mark)));
    }

    /**
     * Passes the packet to a queue. It is dropped if no process listens.
     *
     * @param queue 0 to 65535
     * @return this builder
     * @throws IllegalArgumentException if the number is out of range
     */
    public RuleBuilder queue(int queue) {
        return statement(Queue.to(queue));
    }

    /**
     * Accepts the packet. Base chains of lower priority still see it.
     *
     * @return this builder
     */
    public RuleBuilder accept() {
        return verdict(Verdict.ACCEPT);
    }

    /**
     * Drops the packet.
     *
     * @return this builder
     */
    public RuleBuilder drop() {
        return verdict(Verdict.DROP);
    }

    /**
     * Drops the packet and reports to its sender that the port is not reachable.
     *
     * @return this builder
     */
    public RuleBuilder reject() {
        return statement(Reject.PORT_UNREACHABLE);
    }

    /**
     * Continues in another chain, and comes back if that decides nothing.
     *
     * @param target a chain of the same table that is no base chain
     * @return this builder
     */
    public RuleBuilder jump(String target) {
        return verdict(Verdict.jump(target));
    }

    /**
     * Continues in another chain, and does not come back.
     *
     * @param target a chain of the same table that is no base chain
     * @return this builder
     */
    public RuleBuilder goTo(String target) {
        return verdict(Verdict.goTo(target));
    }

    /**
     * Ends the chain: the rule after the jump to it decides, or in a base chain the policy.
     *
     * @return this builder
     */
    public RuleBuilder leave() {
        return verdict(Verdict.RETURN);
    }

    /**
     * Sets the comment.
     *
     * @param text at most 128 bytes of UTF-8
     * @return this builder
     */
    public RuleBuilder comment(String text) {
        comment = text;
        return this;
    }

    /**
     * The rule.
     *
     * @return an immutable value
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     * @throws IllegalArgumentException if it has no statement, the chain's name is not valid, or the comment is too long
     */
    public Rule build() {
        if (statements.isEmpty()) {
            throw new IllegalArgumentException("a rule of chain " + chain + " needs a statement, such as accept()");
        }
        Map<String, SetType> known = Map.copyOf(sets);
        SetType.Lookup lookup = name -> Optional.ofNullable(known.get(name)).or(() -> others.find(name));
        Rule rule = Rule.of(table, chain, statements, lookup);
        return comment == null ? rule : rule.comment(comment);
    }

    private RuleBuilder verdict(Verdict verdict) {
        return statement(new VerdictStatement(verdict));
    }

    private RuleBuilder oneOf(Selector selector, List<Expression> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("matches needs a value to compare " + selector + " with");
        }
        return matches(selector, values.size() == 1 ? values.get(0) : SetLiteral.of(values.toArray(Expression[]::new)));
    }

    private Optional<SetType> type(String name) {
        return Optional.ofNullable(sets.get(name)).or(() -> others.find(name));
    }
}
