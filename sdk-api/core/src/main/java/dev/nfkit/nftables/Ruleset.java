// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.text.Place;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tables with their chains, rules, sets, elements and objects, as a value.
 *
 * <pre>{@code
 * Ruleset ruleset = Ruleset.parse("""
 *         table inet nfkit {
 *             set friends { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
 *             chain input {
 *                 type filter hook input priority filter; policy drop;
 *                 ip saddr @friends tcp dport { 22, 443 } accept
 *             }
 *         }
 *         """);
 * nftables.commit(new Batch().add(ruleset));
 * }</pre>
 *
 * <p>Immutable. {@link Listing#ruleset()} reads what is installed.
 */
public final class Ruleset {
    private final List<TableContents> tables;
    /** Where objects were read from, by identity. */
    private final IdentityHashMap<RulesetObject, Place> places;

    private Ruleset(List<TableContents> tables, IdentityHashMap<RulesetObject, Place> places) {
        this.tables = List.copyOf(tables);
        this.places = places;
    }

    /**
     * A ruleset of tables.
     *
     * @param tables the tables
     * @return the ruleset
     */
    public static Ruleset of(List<TableContents> tables) {
        return new Ruleset(tables, new IdentityHashMap<>());
    }

    /**
     * Reads a ruleset in the language of nft: blocks of tables, as {@code nft list ruleset} prints them. Commands,
     * {@code define}, {@code include}, {@code typeof} of others than header fields, {@code meta} and {@code ct}, flow tables, and
     * objects other than counters, quotas and limits are refused. Devices are those of this process's namespace.
     *
     * @param text the text
     * @return the ruleset
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no ruleset, uses what is not supported, or has a
     *     rule that cannot work; with line and column
     */
    public static Ruleset parse(String text) {
        IdentityHashMap<RulesetObject, Place> places = new IdentityHashMap<>();
        return new Ruleset(RulesetParser.parse(text, places), places);
    }

    /**
     * The tables.
     *
     * @return in order
     */
    public List<TableContents> tables() {
        return tables;
    }

    /** Where an object was read from; null if not from text. */
    @Nullable
    Place place(RulesetObject object) {
        return places.get(object);
    }

    /**
     * The ruleset as {@code nft list ruleset} prints it. Devices are those of this process's namespace.
     *
     * @return lines, each with a line end; empty if there is no table
     */
    public String toText() {
        return tables.stream().map(RulesetText::print).collect(Collectors.joining());
    }

    /**
     * The ruleset as {@code nft -j list ruleset} prints it: one object of the schema of libnftables-json(5). Handles
     * are only in what was read from the kernel. Devices are those of this process's namespace.
     *
     * <p>Three things have no form in the schema. An update of a map is a string in the language of nft, as nft 1.0.6 prints
     * it. A match or target of iptables has its name only. An object other than a counter, quota or limit has its name and
     * comment only.
     *
     * @return one line, without a line end
     */
    public String toJson() {
        return RulesetJson.print(tables);
    }

    /**
     * The number of tables.
     *
     * @return text such as {@code ruleset of 2 tables}
     */
    @Override
    public String toString() {
        return "ruleset of " + tables.size() + (tables.size() == 1 ? " table" : " tables");
    }
}
