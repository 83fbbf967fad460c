// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging

import dev.nfkit.samples.cli.Main
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import picocli.CommandLine
import picocli.CommandLine.Command
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters

/** The requests of man(7) and roff(7) that pages use. */
private val REQUESTS = setOf(".TH", ".nh", ".ad", ".SH", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi")

private val commands: List<CommandLine> = ManPage.commands(Main.all())

private fun page(command: CommandLine): List<String> = ManPage(command).text().lines()

private fun bold(name: String) = "\\fB${name.replace("-", "\\-")}\\fR"

class ManPageSpec :
    FunSpec({
        test("each option, argument and subcommand of each command has an entry in its page") {
            var options = 0
            for (command in commands) {
                withClue(command.commandName) {
                    val lines = page(command)
                    val tags = lines.indices.filter { lines[it] == ".TP" }.map { lines[it + 1] }
                    val spec = command.commandSpec
                    for (option in spec.optionsMap().values.filterNot { it.hidden() }) {
                        val names = option.names().joinToString(", ", transform = ::bold)
                        tags.filter { it.startsWith(names) }.size.shouldBeGreaterThan(0)
                        options++
                    }
                    tags shouldContainAll
                        spec.positionalParameters().filterNot { it.hidden() }.map {
                            "\\fI${it.paramLabel().replace("-", "\\-")}\\fR"
                        }
                    val below =
                        command.subcommands
                            .filterNot {
                                it.value.commandSpec
                                    .usageMessage()
                                    .hidden()
                            }.keys
                    tags shouldContainAll (below - "help").map(::bold)
                }
            }
            options shouldBeGreaterThan 100
        }

        test("each page has its sections, and only requests of man(7)") {
            for (command in commands) {
                withClue(command.commandName) {
                    val lines = page(command)
                    lines.filter { it.startsWith(".SH ") }.map { it.substring(4) } shouldContainAll
                        listOf("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO")
                    (lines.filter { it.startsWith(".") }.map { it.substringBefore(' ') } - REQUESTS).shouldBeEmpty()
                    lines.filter { it.startsWith("'") }.shouldBeEmpty()
                    lines.count { it == ".nf" } shouldBe lines.count { it == ".fi" }
                    lines.count { it.startsWith(".RS") } shouldBe lines.count { it == ".RE" }
                }
            }
        }

        test("hidden commands have no page and are in none") {
            val text = commands.joinToString("") { ManPage(it).text() }
            text shouldNotContain "demo\\-inside"
        }

        test("a synopsis is not broken within an option") {
            val conntrack = commands.single { it.commandName == "conntrack" }
            ManPage(conntrack).text() shouldContain " [\\-r=ADDRESS[/LEN]] "
        }

        test("text is printed as it is: backslashes, hyphens, apostrophes, and dots at the beginning of a line") {
            @Command(
                name = "made",
                description = ["Makes C:\\new with -x."],
                footer = [".SH is no request here", "'tis neither", "  .br"],
            )
            class Made {
                @Option(names = ["--a-b"], description = [".5%% of them\\n"])
                var a = ""

                @Parameters(paramLabel = "IN-OUT", description = ["It's -."])
                var b = ""
            }

            val lines = page(CommandLine(Made()))
            lines shouldContainAll
                listOf(
                    "made \\- makes C",
                    "Makes C:\\enew with \\-x.",
                    "\\&.SH is no request here",
                    "\\(aqtis neither",
                    "\\&.br",
                    "\\fB\\-\\-a\\-b\\fR=\\fI<a>\\fR",
                    "\\&.5% of them\\en",
                    "\\fIIN\\-OUT\\fR",
                    "It\\(aqs \\-.",
                )
            lines.dropLast(1) shouldContain ".SH NOTES"
        }
    })
