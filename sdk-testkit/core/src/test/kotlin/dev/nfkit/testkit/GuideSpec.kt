package dev.nfkit.testkit

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path
import kotlin.io.path.readText

private val root = Path.of("../..")
private val snippet = Regex("<!-- from (\\S+) -->\n```\\w+\n(.*?)\n```", RegexOption.DOT_MATCHES_ALL)

private fun unindented(text: String) = text.lines().joinToString("\n") { it.trimStart() }

class GuideSpec :
    FunSpec({
        mapOf("README.md" to 0, "docs/TESTING.md" to 5, "docs/RULES.md" to 4, "docs/JSON.md" to 16).forEach {
            val (guide, fewer) = it
            test("the snippets of $guide are those of the samples") {
                val snippets = snippet.findAll(root.resolve(guide).readText()).toList()
                snippets.size shouldBeGreaterThan fewer
                for (found in snippets) {
                    val (file, code) = found.destructured
                    withClue(file) { unindented(root.resolve(file).readText()) shouldContain unindented(code) }
                }
            }
        }
    })
