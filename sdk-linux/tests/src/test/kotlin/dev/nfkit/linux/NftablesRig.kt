// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.RefusedChange
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.collections.shouldHaveSize

/** Why nft(8) cannot run here, or null if it can. */
private val noNft: String? by lazy {
    Live.noNamespaces ?: Live.demanded(runCatching { run("nft", "--version") }.exceptionOrNull()?.message)
}

internal val needsNft: (TestCase) -> Enabled = { Live.enabled(noNft) }

/** A namespace and a client of its ruleset. */
internal class Ruleset(
    val namespace: Namespace,
    val client: Nftables,
) {
    /** The ruleset as nft lists it, without tabs and empty lines. */
    fun listed(vararg options: String): List<String> =
        namespace
            .exec("nft", *options, "list", "ruleset")
            .lines()
            .map { it.trim() }
            .filter { it.isNotEmpty() }

    fun nft(vararg command: String): String = namespace.exec("nft", *command)

    /** The only change that is refused. */
    fun refused(batch: Batch): RefusedChange {
        val refusal = shouldThrow<BatchRefusedException> { client.commit(batch) }
        refusal.refused() shouldHaveSize 1
        return refusal.refused().single()
    }
}

internal fun withRuleset(test: Ruleset.() -> Unit) {
    Namespace().use { namespace ->
        Nftables.open(namespace.transport).use { client -> Ruleset(namespace, client).test() }
    }
}

internal val nfkit: TableId = TableId.inet("nfkit")

internal fun filter(
    hook: String,
    priority: String = "filter",
    family: AddressFamily = AddressFamily.INET,
): ChainHook = ChainHook.of(family, ChainType.FILTER, hook, priority)
