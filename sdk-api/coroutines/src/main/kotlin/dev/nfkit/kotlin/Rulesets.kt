// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.coroutines.NfkitDsl
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.StatefulObject
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableContents
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.build.ChainBuilder
import dev.nfkit.nftables.build.RuleBuilder
import dev.nfkit.nftables.build.TableBuilder
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Expression
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.Stateful

/**
 * Makes a ruleset.
 *
 * ```
 * val rules = ruleset {
 *     table(Table.owned(TableId.inet("nfkit"))) {
 *         val friends = set("friends", DataType.IPV4_ADDR, keys = listOf(Constant.address(host)))
 *         chain("input", hook = "input", policy = ChainPolicy.DROP) {
 *             rule("ct state established,related accept")
 *             rule { matches(HeaderField.IP_SADDR, friends).counter().accept() }
 *         }
 *     }
 * }
 * nftables.commit(Batch().add(rules))
 * ```
 *
 * @param block adds the tables
 * @return an immutable value
 * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text of a rule cannot be read
 * @throws IllegalArgumentException if a name is not valid or occurs twice, or a rule cannot work
 */
public fun ruleset(block: RulesetScope.() -> Unit): Ruleset = Ruleset.of(RulesetScope().apply(block).tables)

/** The tables of a ruleset. */
@NfkitDsl
public class RulesetScope internal constructor() {
    internal val tables = mutableListOf<TableContents>()

    /**
     * Adds a table.
     *
     * @param table the table with its flags, such as `Table.owned(TableId.inet("nfkit"))`
     * @param block adds what it contains
     */
    public fun table(
        table: Table,
        block: TableScope.() -> Unit,
    ) {
        val builder = TableBuilder.of(table)
        TableScope(table.table(), builder).block()
        tables += builder.build()
    }
}

/** The contents of a table. Rules may refer to the sets that were added before them. */
@NfkitDsl
public class TableScope internal constructor(
    private val id: TableId,
    private val builder: TableBuilder,
) {
    /**
     * Adds a set.
     *
     * @param name the name
     * @param type the types of a key; more than one is a concatenation
     * @param keys the keys of its elements
     * @param options changes the set, such as `{ with(SetFlag.INTERVAL) }`
     * @return the set, to which rules can refer
     */
    public fun set(
        name: String,
        vararg type: DataType,
        keys: List<Expression> = emptyList(),
        options: NftSet.() -> NftSet = { this },
    ): NftSet = set(NftSet.set(id, name, *type).options(), keys.map(SetElement::of))

    /**
     * Adds a set or map with its elements.
     *
     * @param set the set, of this table
     * @param elements its elements
     * @return the set
     */
    public fun set(
        set: NftSet,
        elements: List<SetElement> = emptyList(),
    ): NftSet = set.also { builder.set(it, *elements.toTypedArray()) }

    /**
     * Adds an object with a state of its own.
     *
     * @param name the name, to which rules refer
     * @param state the state, such as `Counter.ZERO` or a quota
     */
    public fun stateful(
        name: String,
        state: Stateful,
    ) {
        builder.`object`(StatefulObject.of(id, name, state))
    }

    /**
     * Adds a chain that rules jump to.
     *
     * @param name the name
     * @param block adds the rules
     */
    public fun chain(
        name: String,
        block: ChainScope.() -> Unit = {},
    ) {
        chain(Chain.regular(id, name), block)
    }

    /**
     * Adds a chain that the kernel sends packets through.
     *
     * @param name the name
     * @param hook where, as in nft: `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress` or `egress`
     * @param type what the chain is for
     * @param priority its place among the chains of the hook: a name or a number, as in nft
     * @param policy the verdict on packets that no rule decides on
     * @param block adds the rules
     */
    public fun chain(
        name: String,
        hook: String,
        type: ChainType = ChainType.FILTER,
        priority: String = "filter",
        policy: ChainPolicy = ChainPolicy.ACCEPT,
        block: ChainScope.() -> Unit = {},
    ) {
        chain(Chain.base(id, name, ChainHook.of(id.family(), type, hook, priority)).policy(policy), block)
    }

    /**
     * Adds a chain.
     *
     * @param chain the chain, of this table
     * @param block adds the rules
     */
    public fun chain(
        chain: Chain,
        block: ChainScope.() -> Unit,
    ) {
        builder.chain(chain) { ChainScope(it).block() }
    }
}

/** The rules of a chain, in order. */
@NfkitDsl
public class ChainScope internal constructor(
    private val builder: ChainBuilder,
) {
    /**
     * Adds a rule in the language of nft.
     *
     * @param text one rule, such as `tcp dport { 22, 443 } ct state new counter accept`
     */
    public fun rule(text: String) {
        builder.rule(text)
    }

    /**
     * Adds a rule, statement by statement.
     *
     * @param block adds the statements
     */
    public fun rule(block: RuleBuilder.() -> Unit) {
        builder.rule { it.block() }
    }
}
