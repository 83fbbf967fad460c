// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import java.nio.file.Path
import kotlin.io.path.readText

internal val root: Path = Path.of(System.getProperty("basedir", "."), "../../..").normalize()

/** A page of the cookbook, whose own lines the tests execute. */
internal class Page(
    name: String,
) {
    private val file = root.resolve("docs/cookbook/$name.md")
    private val sections: Map<String, String> =
        file
            .readText()
            .split(
                Regex("(?m)^## "),
            ).drop(1)
            .associate { it.substringBefore('\n') to it.substringAfter('\n') }

    private fun blocks(
        section: String,
        language: String,
    ): List<String> {
        val text = checkNotNull(sections[section]) { "$file has no section $section" }
        val fence = Regex("(?ms)^```$language\\n(.*?)^```$")
        return fence.findAll(text).map { it.groupValues[1] }.toList()
    }

    /** The lines of shell in a section; a line that ends with a backslash goes on. */
    fun shell(section: String): List<String> =
        blocks(section, "shell")
            .joinToString("")
            .replace(Regex(" *\\\\\\n *"), " ")
            .lines()
            .filter { it.isNotBlank() }

    /** The rules of iptables. */
    val iptables: List<String> get() =
        shell(
            "Rules",
        ).also { check(it.isNotEmpty()) { "$file has no rules of iptables" } }

    /** The rules in the language of nft. */
    fun nft(section: String = "Rules"): String = blocks(section, "nft").single()

    /** The commands of nfkit, in their order. */
    val commands: List<String> get() = shell("Command").filter { it.startsWith("samples/nfkit ") }

    /** The other commands, in their order. */
    val tools: List<String> get() = shell("Command").filterNot { it.startsWith("samples/nfkit ") }

    /** The rule of iptables in the text, beside the blocks. */
    val queueRule: String get() =
        checkNotNull(
            Regex("`(iptables [^`]*)`").find(sections.getValue("Rules")),
        ).groupValues[1]
}
