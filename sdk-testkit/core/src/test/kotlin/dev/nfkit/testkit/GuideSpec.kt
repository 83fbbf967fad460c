// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.invariantSeparatorsPathString
import kotlin.io.path.readText
import kotlin.io.path.relativeTo

private val root = Path.of("../..").toRealPath()

/** A block of code, with the file that it comes from if the line before it names one. */
private val block = Regex("(?m)(?:^<!-- from (\\S+) -->\\n)?^```(\\w+)\\n(.*?)\\n```", RegexOption.DOT_MATCHES_ALL)

/** A link to a file, without the part after '#'. */
private val link = Regex("\\]\\((?![a-z]+:)([^)#\\s]+)")

/** The languages of the lines that the tests of the cookbook read from its pages, and execute. */
private val executed = listOf("shell", "nft")

/** What no build of this project reads. */
private val notCompiled = listOf("repositories { mavenLocal(); mavenCentral() }")

private val guides: List<Path> =
    listOf("docs", "samples")
        .flatMap { directory ->
            root
                .resolve(directory)
                .toFile()
                .walk()
                .onEnter { it.name != "target" }
                .filter { it.extension == "md" && it.name != "Module.md" }
                .map { it.toPath() }
        }.plusElement(root.resolve("README.md"))
        .sorted()

private fun name(guide: Path) = guide.relativeTo(root).invariantSeparatorsPathString

private fun unindented(text: String) = text.lines().joinToString("\n") { it.trimStart() }

class GuideSpec :
    FunSpec({
        test("the guides are found") {
            guides.map(::name) shouldContainAll
                listOf("README.md", "docs/TESTING.md", "docs/LOG.md", "samples/dns/README.md")
            guides.sumOf { block.findAll(it.readText()).count() } shouldBeGreaterThan 30
        }

        test("the index of the cookbook has a link to each recipe") {
            val recipes = guides.map(::name).filter { it.startsWith("docs/cookbook/") && !it.endsWith("README.md") }
            recipes.size shouldBeGreaterThan 11
            val index = root.resolve("docs/cookbook/README.md").readText()
            recipes.forEach { index shouldContain "(${it.substringAfterLast('/')})" }
        }

        for (guide in guides) {
            test("each block of code in ${name(guide)} is part of a file that the build compiles") {
                for (found in block.findAll(guide.readText())) {
                    val (file, language, code) = found.destructured
                    if (notCompiled.any(code::startsWith)) continue
                    if (file.isEmpty() && language in executed && name(guide).startsWith("docs/cookbook/")) continue
                    withClue(code) { file.isEmpty() shouldBe false }
                    withClue(file) { unindented(root.resolve(file).readText()) shouldContain unindented(code) }
                }
            }

            test("each link in ${name(guide)} leads to a file") {
                link
                    .findAll(guide.readText())
                    .map { it.groupValues[1] }
                    .filterNot { guide.resolveSibling(it).exists() }
                    .toList()
                    .shouldBeEmpty()
            }
        }
    })
