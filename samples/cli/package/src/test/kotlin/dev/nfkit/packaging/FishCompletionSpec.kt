// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging

import dev.nfkit.samples.cli.Main
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import picocli.CommandLine
import picocli.CommandLine.Command
import picocli.CommandLine.Option

/** A text in quotes: in it, only a backslash or an apostrophe follows a backslash. */
private const val QUOTED = "'(?:[^'\\\\]|\\\\['\\\\])*'"

/** A command, or an option with one or more names and possibly a value. */
private val LINE =
    Regex("complete -c nfkit -n ($QUOTED)(?: -f -a [\\w-]+|(?: -[ls] \\S+)+(?: -r| -x -a $QUOTED)?)(?: -d $QUOTED)?")

private val lines: List<String> = FishCompletion.of(Main.all()).trimEnd().lines()

private fun names(names: Array<String>): List<String> =
    names.map { if (it.startsWith("--")) "-l ${it.substring(2)}" else "-s ${it.substring(1)}" }

class FishCompletionSpec :
    FunSpec({
        test("each line has the form of complete(1)") {
            lines.filterNot(LINE::matches).shouldBeEmpty()
        }

        test("each option of each command is completed after the command, and the commands before") {
            val program = Main.all()
            var options = 0
            for ((name, command) in program.subcommands.filterNot {
                it.value.commandSpec
                    .usageMessage()
                    .hidden()
            }) {
                lines
                    .filter {
                        it.startsWith(
                            "complete -c nfkit -n '__fish_use_subcommand' -f -a $name",
                        )
                    }.size shouldBeGreaterThan
                    0
                val own = lines.filter { it.contains("__fish_seen_subcommand_from $name") }
                for (option in command.commandSpec
                    .optionsMap()
                    .values
                    .distinct()
                    .filterNot { it.hidden() }) {
                    withClue("$name ${option.longestName()}") {
                        own.count { it.contains(" " + names(option.names()).joinToString(" ")) } shouldBeGreaterThan 0
                    }
                    options++
                }
                for (below in command.subcommands.keys) own.count { it.contains(" -f -a $below") } shouldBeGreaterThan 0
            }
            options shouldBeGreaterThan 100
        }

        test("hidden commands are not completed") {
            lines.filter { it.contains("demo-inside") }.shouldBeEmpty()
        }

        test("apostrophes and backslashes of texts are escaped, values that are known are completed") {
            @Command(name = "made")
            class Made {
                @Option(names = ["-p", "--path"], description = ["It's C:\\new; not old."])
                var path = ""

                @Option(names = ["--when"], description = ["With -E: at that time."])
                var time = Thread.State.NEW
            }

            val made = FishCompletion.of(CommandLine(Made()))
            made shouldContain " -s p -l path -r -d 'It\\'s C:\\\\new'\n"
            made shouldContain
                " -l when -x -a 'new runnable blocked waiting timed_waiting terminated' -d 'With -E: at that time'\n"
            made shouldNotContain "not old"
        }
    })
