// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.build;

import dev.nfkit.nftables.Chain;
import dev.nfkit.nftables.NftSet;
import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.RulesetObject;
import dev.nfkit.nftables.SetElements;
import dev.nfkit.nftables.StatefulObject;
import dev.nfkit.nftables.Table;
import dev.nfkit.nftables.TableContents;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes a table with its sets, chains and rules.
 *
 * <pre>{@code
 * TableId id = TableId.inet("nfkit");
 * NftSet friends = NftSet.set(id, "friends", DataType.IPV4_ADDR);
 * Ruleset ruleset = TableBuilder.owned(id)
 *         .set(friends, SetElement.of(Constant.address(host)))
 *         .chain(
 *                 Chain.base(id, "input", ChainHook.of(id.family(), ChainType.FILTER, "input", "filter"))
 *                         .policy(ChainPolicy.DROP),
 *                 chain -> chain.rule("ct state established,related accept")
 *                         .rule(rule -> rule.matches(HeaderField.IP_SADDR, friends).counter().accept()))
 *         .ruleset();
 * nftables.commit(new Batch().add(ruleset));
 * }</pre>
 *
 * <p>For one thread. A rule may refer to the sets that were added before it.
 */
public final class TableBuilder {
    private final Table table;
    private final List<StatefulObject> objects = new ArrayList<>();
    private final Map<String, NftSet> sets = new LinkedHashMap<>();
    private final List<SetElements> elements = new ArrayList<>();
    private final Map<String, Chain> chains = new LinkedHashMap<>();
    private final List<Rule> rules = new ArrayList<>();

    private TableBuilder(Table table) {
        this.table = table;
    }

    /**
     * A table that belongs to the client that creates it, as {@link Table#owned}.
     *
     * @param id family and name
     * @return the builder
     */
    public static TableBuilder owned(TableId id) {
        return of(Table.owned(id));
    }

    /**
     * A table that stays until it is deleted, as {@link Table#shared}.
     *
     * @param id family and name
     * @return the builder
     */
    public static TableBuilder shared(TableId id) {
        return of(Table.shared(id));
    }

    /**
     * A table with its flags and comment.
     *
     * @param table the table
     * @return the builder
     */
    public static TableBuilder of(Table table) {
        return new TableBuilder(table);
    }

    /**
     * Adds a set or map.
     *
     * @param set the set, of this table
     * @param contents its elements
     * @return this builder
     * @throws IllegalArgumentException if it is of another table, or there is one of the same name
     */
    public TableBuilder set(NftSet set, SetElement... contents) {
        put(sets, set.name(), set);
        if (contents.length > 0) {
            elements.add(SetElements.of(set, contents));
        }
        return this;
    }

    /**
     * Adds a counter, a quota or another object.
     *
     * @param object the object, of this table
     * @return this builder
     * @throws IllegalArgumentException if it is of another table
     */
    public TableBuilder object(StatefulObject object) {
        objects.add(own(object));
        return this;
    }

    /**
     * Adds a chain without rules, which rules may jump to.
     *
     * @param chain the chain, of this table
     * @return this builder
     * @throws IllegalArgumentException if it is of another table, or there is one of the same name
     */
    public TableBuilder chain(Chain chain) {
        put(chains, chain.name(), chain);
        return this;
    }

    /**
     * Adds a chain with its rules.
     *
     * @param chain the chain, of this table
     * @param contents adds the rules, in order
     * @return this builder
     * @throws IllegalArgumentException if it is of another table, or there is one of the same name; as {@link
     *     ChainBuilder#rule(String)} for a rule
     */
    public TableBuilder chain(Chain chain, Consumer<ChainBuilder> contents) {
        chain(chain);
        ChainBuilder builder = new ChainBuilder(table.table(), chain.name(), this::type);
        contents.accept(builder);
        rules.addAll(builder.rules());
        return this;
    }

    /**
     * The table with all that was added.
     *
     * @return an immutable value
     */
    public TableContents build() {
        return new TableContents(
                table, objects, List.copyOf(sets.values()), elements, List.of(), List.copyOf(chains.values()), rules);
    }

    /**
     * A ruleset of this table alone.
     *
     * @return an immutable value
     */
    public Ruleset ruleset() {
        return Ruleset.of(List.of(build()));
    }

    private Optional<SetType> type(String name) {
        return Optional.ofNullable(sets.get(name)).map(NftSet::type);
    }

    private <T extends RulesetObject> void put(Map<String, T> named, String name, T object) {
        if (named.putIfAbsent(name, own(object)) != null) {
            throw new IllegalArgumentException("there is a " + object + " already");
        }
    }

    private <T extends RulesetObject> T own(T object) {
        if (!object.table().equals(table.table())) {
            throw new IllegalArgumentException(object + " is not of table " + table.table());
        }
        return object;
    }
}
