// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Reads rules, such as {@code tcp dport 22 ct state new counter accept}.
 *
 * <pre>{@code
 * RuleText rule = RuleParser.parse(AddressFamily.INET, SetType.Lookup.NONE, "tcp dport ssh accept");
 * }</pre>
 */
public final class RuleParser {
    private final TokenStream in;
    private final AddressFamily family;
    private final StatementParser statements;

    /**
     * A parser that reads rules from a larger text.
     *
     * @param scope the tokens and what they depend on
     */
    public RuleParser(Scope scope) {
        this.in = scope.in();
        this.family = scope.family();
        this.statements = new StatementParser(scope);
    }

    /**
     * Reads one rule. Devices are those of this process's namespace.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param text the rule
     * @return the rule
     * @throws RuleSyntaxException if the text is no rule, or uses what is not supported
     */
    public static RuleText parse(AddressFamily family, SetType.Lookup sets, String text) {
        return parse(family, sets, Host.CURRENT, text);
    }

    /**
     * Reads one rule.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param host the devices and the time zone
     * @param text the rule
     * @return the rule
     * @throws RuleSyntaxException if the text is no rule, or uses what is not supported
     */
    public static RuleText parse(AddressFamily family, SetType.Lookup sets, Host host, String text) {
        TokenStream in = new TokenStream(text);
        in.skipNewlines();
        RuleText rule = new RuleParser(new Scope(in, family, sets, host)).rule();
        in.accept(";");
        in.skipNewlines();
        if (in.peek().kind() != Token.Kind.END) {
            throw in.refused("a rule ends at the end of its line: expected one rule");
        }
        return rule;
    }

    /**
     * Reads a comparison whose left side is known.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param left the left side
     * @param text what follows it in a rule, such as {@code != 22}
     * @return a match or a lookup of a verdict
     * @throws RuleSyntaxException if it cannot be read
     */
    public static Statement comparison(AddressFamily family, SetType.Lookup sets, Expression left, String text) {
        TokenStream in = new TokenStream(text);
        Scope scope = new Scope(in, family, sets, Host.CURRENT);
        Statement statement = new MatchParser(scope, new ExpressionParser(scope)).match(left);
        if (in.peek().kind() != Token.Kind.END) {
            throw in.expected("the end of the comparison");
        }
        return statement;
    }

    /**
     * Reads one rule, up to the end of its line, a semicolon or a closing brace, which are not consumed.
     *
     * @return the rule
     * @throws RuleSyntaxException if there is no rule, or it uses what is not supported
     */
    public RuleText rule() {
        List<Statement> found = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        Conflicts conflicts = new Conflicts(family);
        while (!in.atEnd() && !in.at("comment")) {
            Token place = in.peek();
            if (!found.isEmpty() && ends(found.get(found.size() - 1))) {
                throw in.refused(place, "a statement after one that decides has no effect");
            }
            statements.statement(found);
            places.addAll(Collections.nCopies(found.size() - places.size(), in.placeFrom(place)));
            conflicts.with(found.get(found.size() - 1)).ifPresent(reason -> {
                throw in.refused(place, reason);
            });
        }
        if (found.isEmpty()) {
            throw in.expected("a statement, such as tcp dport 22, counter or accept");
        }
        Optional<String> comment = in.accept("comment") ? Optional.of(ElementParser.comment(in)) : Optional.empty();
        if (!in.atEnd()) {
            throw in.expected("the end of the rule after its comment");
        }
        return new RuleText(found, comment, places);
    }

    /** Whether no statement can follow. */
    private static boolean ends(Statement statement) {
        return statement instanceof Reject
                || statement instanceof Nat
                || statement instanceof Forward
                || (statement instanceof VerdictStatement verdict && verdict.verdict() != Verdict.CONTINUE);
    }
}
