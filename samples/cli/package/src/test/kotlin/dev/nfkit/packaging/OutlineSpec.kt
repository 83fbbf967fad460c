// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging

import dev.nfkit.samples.cli.Main
import dev.nfkit.samples.cli.outline.Outline
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import picocli.CommandLine
import picocli.CommandLine.Command
import picocli.CommandLine.MutuallyExclusiveArgsException
import picocli.CommandLine.Option
import picocli.CommandLine.ParameterException
import picocli.CommandLine.Parameters
import picocli.CommandLine.ParseResult
import picocli.CommandLine.UnmatchedArgumentException
import java.lang.reflect.Modifier
import kotlin.jvm.optionals.getOrNull

private val program: CommandLine = Main.all()

private val outlines: Map<String, String> = OutlineText.all(program)

/** A command object of its own. */
private fun command(name: String): Any =
    program.subcommands
        .getValue(name)
        .getCommand<Any>()
        .javaClass
        .getDeclaredConstructor()
        .also { it.isAccessible = true }
        .newInstance()

private fun CommandLine.asInNfkit() = setCaseInsensitiveEnumValuesAllowed(true).setExpandAtFiles(false)

private fun described(name: String): CommandLine = CommandLine(command(name)).asInNfkit()

private fun outline(
    name: String,
    args: List<String>,
): CommandLine? =
    Outline.of(outlines.getValue(name), command(name), args).getOrNull()?.let { CommandLine(it).asInNfkit() }

/** The values of all fields that picocli may set, with those of the objects that they refer to. */
private fun values(holder: Any): Map<String, String> =
    holder.javaClass.declaredFields
        .filterNot { Modifier.isStatic(it.modifiers) || it.type == CommandLine.Model.CommandSpec::class.java }
        .flatMap { field ->
            field.isAccessible = true
            val value = field.get(holder)
            val name = "${holder.javaClass.simpleName}.${field.name}"
            if (value == null || value is Enum<*> || !value.javaClass.name.startsWith("dev.nfkit.samples")) {
                listOf(name to "$value")
            } else {
                values(value).toList()
            }
        }.toMap()

private fun names(result: ParseResult): Set<String> = result.matchedOptions().map { it.longestName() }.toSet()

/** Parses arguments by the annotations and by the outline, and compares what commands get. */
private fun compare(
    name: String,
    args: List<String>,
) = withClue("$name $args") {
    val byAnnotations = described(name)
    val expected = byAnnotations.parseArgs(*args.toTypedArray())
    val byOutline = outline(name, args)!!
    val result = byOutline.parseArgs(*args.toTypedArray())
    values(byOutline.getCommand()) shouldBe values(byAnnotations.getCommand())
    names(result) shouldBe names(expected)
}

/** A value that an option takes. */
private fun value(option: CommandLine.Model.OptionSpec): String {
    val type = if (option.isMultiValue) option.auxiliaryTypes()[0] else option.type()
    return if (type.isEnum) type.enumConstants.last().toString() else "7"
}

class OutlineSpec :
    FunSpec({
        test("commands have an outline unless they have subcommands, a parent or a list of groups") {
            (program.subcommands.keys - outlines.keys) shouldContainExactly
                setOf("queue", "record", "rules", "demo", "help")
        }

        test("each option sets by the outline what it sets by the annotations, in each of its forms") {
            var compared = 0
            for (name in outlines.keys) {
                val command = described(name).commandSpec
                val needed = if (command.argGroups().isEmpty()) emptyList() else listOf("-L")
                val parameters = command.positionalParameters().filter { it.required() }.map { "x" }
                for (option in command
                    .optionsMap()
                    .values
                    .distinct()
                    .filterNot { it.usageHelp() || it.versionHelp() }) {
                    val before = if (option.group() == null) needed else emptyList()
                    for (word in option.names()) {
                        val attached = if (word.startsWith("--")) "$word=${value(option)}" else word + value(option)
                        if (option.arity().min() == 0) compare(name, before + listOf(word) + parameters)
                        if (option.arity().max() > 0) compare(name, before + listOf(attached) + parameters)
                        if (option.arity().min() > 0) compare(name, before + listOf(word, value(option)) + parameters)
                        compared++
                    }
                }
            }
            compared shouldBeGreaterThan 100
        }

        test("options and parameters are combined as with the annotations") {
            val lines =
                """
                conntrack -L
                conntrack -L expect
                conntrack -Lptcp -o extended,id --json
                conntrack -L -o id -o labels -u ASSURED,!SEEN_REPLY dying
                conntrack -n -L
                conntrack -L -n 10.0.0.1
                conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 -t 60
                conntrack -R -
                capture -i nflog:30 -a duration:1 tcp port 80
                capture -w /tmp/x -- -i
                top --once --sort BYTES
                replay --json trace.pcap
                doctor
                """.trimIndent().lines()
            for (line in lines) compare(line.substringBefore(' '), line.split(' ').drop(1))
        }

        test("an option has its default value if it is not given, and its fallback if it has no value") {
            @Command(name = "made")
            class Made {
                @Option(names = ["-d"], defaultValue = "given")
                var default: String? = null

                @Option(names = ["-f"], arity = "0..1", fallbackValue = "none")
                var fallback: String? = null

                @Option(names = ["-n"], required = true)
                var number = 0
            }

            val text = OutlineText.of(CommandLine(Made())).get()
            val made = Made()
            CommandLine(Outline.of(text, made, listOf("-f", "-n", "1")).get()).parseArgs("-f", "-n", "1")
            made.default shouldBe "given"
            made.fallback shouldBe "none"
            // The required option is missing.
            val missing = CommandLine(Outline.of(text, Made(), listOf("-f")).get())
            shouldThrow<ParameterException> { missing.parseArgs("-f") }
        }

        test("what needs texts is left to the annotations") {
            outline("conntrack", listOf("-L", "--help")) shouldBe null
            outline("conntrack", listOf("-Lh")) shouldBe null
            outline("conntrack", listOf("-w", "-V")) shouldBe null
            outline("conntrack", listOf()) shouldBe null
            outline("conntrack", listOf("expect")) shouldBe null
            shouldThrow<UnmatchedArgumentException> { outline("doctor", listOf("--x"))!!.parseArgs("--x") }
            shouldThrow<MutuallyExclusiveArgsException> {
                outline(
                    "conntrack",
                    listOf("-L", "-E"),
                )!!.parseArgs("-L", "-E")
            }
            shouldThrow<ParameterException> { outline("capture", listOf("-c", "x"))!!.parseArgs("-c", "x") }
        }

        test("what an outline does not have is refused, not left out") {
            class Twice {
                @Option(names = ["-x"], negatable = true)
                var x = false
            }

            class Interactive {
                @Parameters(interactive = true, arity = "0..1")
                var x = ""
            }

            for (command in listOf(Twice(), Interactive())) {
                shouldThrow<IllegalArgumentException> { OutlineText.of(CommandLine(command)) }
                    .message!! shouldContain "an outline cannot have"
            }
        }

        test("an outline of another command is refused") {
            @Command(name = "other")
            class Other

            shouldThrow<IllegalStateException> { Outline.of(outlines.getValue("doctor"), Other(), listOf("--json")) }
                .message!! shouldContain "does not fit the command"
        }
    })
