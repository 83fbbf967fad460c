// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.nftables

import dev.nfkit.linux.Namespace
import java.nio.file.Files
import java.nio.file.Path

/** A statement of `statements.txt`. */
internal data class Statement(
    val family: String,
    val chain: String,
    val text: String,
    /** What a kernel may lack, or empty. */
    val needs: String,
) {
    override fun toString(): String = "$family $chain: $text"
}

/** The statements, each of which becomes a rule of the tables in `tables.nft`. */
internal object StatementCorpus {
    val statements: List<Statement> =
        resource("statements.txt")
            .lines()
            .filter { it.isNotBlank() && !it.startsWith("#") }
            .map { line ->
                val (place, rest) = line.split(": ", limit = 2)
                val (family, chain) = place.split(" ")
                Statement(family, chain, rest.substringBefore(" # "), rest.substringAfter(" # ", ""))
            }

    /** Adds all of them. Returns nft's refusals. */
    fun install(namespace: Namespace): Map<Statement, String> {
        val directory = Files.createTempDirectory("nfkit-statements")
        try {
            Files.writeString(directory.resolve("tables"), resource("tables.nft"))
            Files.writeString(directory.resolve("optional"), resource("optional.nft"))
            namespace.exec("nft", "-f", "$directory/tables")
            namespace.exec("sh", "-c", "nft -f $directory/optional 2>/dev/null; true")
            val refusals = linkedMapOf<Statement, String>()
            do {
                val refused = refused(namespace, directory.resolve("rules"), statements - refusals.keys)
                refusals += refused
            } while (refused.isNotEmpty())
            return refusals
        } finally {
            directory.toFile().deleteRecursively()
        }
    }

    /** Adds rules, all at once: each start of nft takes time. If some are refused, none is added. */
    private fun refused(
        namespace: Namespace,
        file: Path,
        rules: List<Statement>,
    ): Map<Statement, String> {
        Files.write(file, rules.map { "add rule ${it.family} t ${it.chain} ${it.text}" })
        val output = namespace.exec("sh", "-c", "nft -f $file 2>&1; true")
        val refused =
            Regex("(?m)^$file:(\\d+):\\S+ Error: .*").findAll(output).associate {
                rules[it.groupValues[1].toInt() - 1] to it.value
            }
        check(refused.isNotEmpty() || output.isBlank()) { output }
        return refused
    }

    private fun resource(name: String): String =
        checkNotNull(StatementCorpus::class.java.getResource("/nftables/$name")) { "no resource $name" }.readText()
}
