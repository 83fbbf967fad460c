// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.build;

import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.expression.SetType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Collects the rules of a chain, in order. {@link TableBuilder#chain} lends it for the call. For one thread. */
public final class ChainBuilder {
    private final TableId table;
    private final String chain;
    private final SetType.Lookup sets;
    private final List<Rule> rules = new ArrayList<>();

    ChainBuilder(TableId table, String chain, SetType.Lookup sets) {
        this.table = table;
        this.chain = chain;
        this.sets = sets;
    }

    /**
     * Adds a rule in the language of nft.
     *
     * @param text one rule, as in nft(8); it may end with a comment
     * @return this builder
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     */
    public ChainBuilder rule(String text) {
        rules.add(Rule.of(table, chain, text, sets));
        return this;
    }

    /**
     * Adds a rule, statement by statement.
     *
     * @param statements adds the statements
     * @return this builder
     * @throws dev.nfkit.nftables.statement.InvalidRuleException if the rule cannot work
     * @throws IllegalArgumentException if it has no statement, or the comment is too long
     */
    public ChainBuilder rule(Consumer<RuleBuilder> statements) {
        RuleBuilder builder = new RuleBuilder(table, chain, sets);
        statements.accept(builder);
        rules.add(builder.build());
        return this;
    }

    List<Rule> rules() {
        return rules;
    }
}
