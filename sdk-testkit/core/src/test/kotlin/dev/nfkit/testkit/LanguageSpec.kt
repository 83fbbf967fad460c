// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.invariantSeparatorsPathString
import kotlin.io.path.readText
import kotlin.io.path.relativeTo

private val root = Path.of("../..").toRealPath()

/** The right column of the glossary in CONTRIBUTING.md. If a word has a proper use, [allowed] has the phrase. */
private val avoided =
    Regex(
        "\\b(who|whom|whoever|nobody|somebody|anybody|everybody|strangers?|told|tells?|telling|says?|said|saying|" +
            "behind|ahead\\s+of|rooms?|floors?|house|farewells?|bidden|roused?|tak(e|es|ing)\\s+leave|" +
            "(how|so)\\s+many|can't\\s+be\\s+had)\\b",
        RegexOption.IGNORE_CASE,
    )

/** A phrase that is right although it contains an avoided word, and the file that contains it. */
private data class Allowed(
    val file: String,
    val phrase: String,
)

private val allowed =
    listOf(
        Allowed("docs/COMMAND-LINE.md", "An observer who sent"), // "who" is right for a person
        Allowed("samples/cli/src/main/java/dev/nfkit/samples/cli/demo/DemoTraffic.java", "who is there?"),
        Allowed("sdk-api/core/src/main/java/dev/nfkit/anonymize/TraceAnonymizer.java", "A reader who knows"),
        Allowed("sdk-api/core/src/main/java/dev/nfkit/anonymize/TraceAnonymizer.java", "a person who sent"),
    )

/** The directories whose sources are checked, those of tests included. */
private val checkedSources = listOf("sdk-api", "sdk-linux", "sdk-testkit", "samples")

/** The table of the glossary, and the code in Markdown, which comes from files that are checked by themselves. */
private val glossary = Regex("(?m)^## Language$.*?(?=^## )", RegexOption.DOT_MATCHES_ALL)
private val fence = Regex("(?m)^```.*?^```", RegexOption.DOT_MATCHES_ALL)

/** The lines of a comment as one text, so that a phrase is found across a line break. */
private val lineBreak = Regex("\\s*\\n\\s*(\\*(?!/)|//)?\\s*")

private fun violations(
    file: String,
    text: String,
): List<String> {
    val own = if (file.endsWith(".md")) text.replace(glossary, "").replace(fence, "") else text
    val joined = own.replace(lineBreak, " ")
    val rest = allowed.filter { it.file == file }.fold(joined) { left, it -> left.replace(it.phrase, "") }
    return avoided
        .findAll(rest)
        .map { found ->
            val around = rest.substring(maxOf(0, found.range.first - 40), minOf(rest.length, found.range.last + 40))
            "$file: \"${found.value}\" in \"…$around…\""
        }.toList()
}

private fun files(
    directory: Path,
    vararg extensions: String,
): List<Path> =
    directory
        .toFile()
        .walk()
        .onEnter { it.name != "target" && (it.name == ".ci" || !it.name.startsWith(".") || it.toPath() == directory) }
        .map { it.toPath() }
        .filter { it.extension in extensions }
        .sorted()
        .toList()

private fun nameOf(file: Path) = file.relativeTo(root).invariantSeparatorsPathString

class LanguageSpec :
    FunSpec({
        test("documents use the words of the glossary") {
            val documents = files(root, "md")
            documents.size shouldBeGreaterThan 20
            documents.flatMap { violations(nameOf(it), it.readText()) }.joinToString("\n") shouldBe ""
        }

        for (directory in checkedSources) {
            test("comments, messages and names of $directory use the words of the glossary") {
                val sources = files(root.resolve(directory), "java", "kt").filterNot { it.endsWith("LanguageSpec.kt") }
                sources.size shouldBeGreaterThan 10
                sources.flatMap { violations(nameOf(it), it.readText()) }.joinToString("\n") shouldBe ""
            }
        }

        test("an allowed phrase is in its file") {
            allowed
                .filterNot { it.phrase in root.resolve(it.file).readText().replace(lineBreak, " ") }
                .shouldBeEmpty()
        }

        test("an avoided word is found in any case and across lines, and the glossary and code are not searched") {
            violations("A.java", "/** Nobody\n * calls it. */").map { it.substringBefore(" in") } shouldContainExactly
                listOf("A.java: \"Nobody\"")
            violations("A.java", "     * Returns how\n     * many. */").size shouldBeGreaterThan 0
            violations("A.md", "## Language\n\nnot \"who\"\n\n## Next\n\n```\ntold\n```\n").shouldBeEmpty()
            violations("A.java", "/** The whole tool is foretold, the roommate too. */").shouldBeEmpty()
        }
    })
