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
            statements.forEachIndexed { index, it ->
                Files.writeString(rule(directory, index), "add rule ${it.family} t ${it.chain} ${it.text}\n")
            }
            Files.writeString(directory.resolve("optional"), resource("optional.nft"))
            namespace.exec("nft", "-f", "$directory/tables")
            namespace.exec("sh", "-c", "nft -f $directory/optional 2>/dev/null; true")
            namespace.exec("sh", "-c", "for f in $directory/*.rule; do nft -f \$f 2>\$f.out && rm \$f.out; done; true")
            return statements
                .withIndex()
                .mapNotNull { (index, it) -> refusal(rule(directory, index))?.let { text -> it to text } }
                .toMap()
        } finally {
            directory.toFile().deleteRecursively()
        }
    }

    private fun rule(
        directory: Path,
        index: Int,
    ): Path = directory.resolve("%04d.rule".format(index))

    private fun refusal(rule: Path): String? {
        val output = Path.of("$rule.out")
        return if (Files.exists(output)) Files.readString(output) else null
    }

    private fun resource(name: String): String =
        checkNotNull(StatementCorpus::class.java.getResource("/nftables/$name")) { "no resource $name" }.readText()
}
