// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

import dev.nfkit.samples.cli.conntrack.names.ProtocolFile
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.run.Failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.StringReader

private fun words(text: String) = LoadedFile.parse("x", StringReader(text)).lines().map { it.words() }

class LoadedFileSpec :
    FunSpec({
        test("a line is split at spaces and tabs, and quotes keep words together") {
            words("-D -s 1.1.1.1\n\t-F  -f\tipv4 ") shouldBe
                listOf(listOf("-D", "-s", "1.1.1.1"), listOf("-F", "-f", "ipv4"))
            words("-I \"a b\" \"\" c\"d e\"\"f\" \"\\\"\\\\\"") shouldBe
                listOf(listOf("-I", "a b", "", "cd ef", "\"\\"))
        }

        test("empty lines and comments are ignored, and an error names the line of the file") {
            val lines = LoadedFile.parse("x", StringReader("\n \t\n# -F\n  # -F\n-F\n")).lines()
            lines.map { it.place() } shouldBe listOf("x, line 5")
            words("") shouldBe emptyList()
        }

        test("an unclosed quote is refused with its line") {
            shouldThrow<Failure> { words("-F\n-I \"a") }.message shouldBe "x, line 2: a double quote is not closed"
        }

        context("a file with an unsupported command is refused before any command runs") {
            val file = tempdir().resolve("commands")
            withData(
                "-L" to "-L: only -I, -A, -U, -D and -F for connections can be in a file",
                "-D expect -p 99 -s ::1 -d ::2" to "-D: only -I",
                "-R other" to "-R: only -I",
                "-F --netns other" to "--netns: not supported in a file",
                "-D -o xml" to "-o xml: not supported in a file",
                "-D -t 5" to "--timeout: not supported with -D",
                "-I -s 1.1.1.1" to "-s and -d, or -r and -q, are missing",
                "-X" to "Unknown option: '-X'",
            ) { (command, message) ->
                file.writeText("-F\n$command\n")
                val ran = nfkit("conntrack", "-R", "$file")
                ran.code shouldBe 2
                ran.err shouldStartWith "nfkit: $file, line 2: "
                ran.err shouldContain message
            }
        }

        test("a word that begins with @ is taken as it is, even if there is a file of that name") {
            val words = tempdir().resolve("words").apply { writeText("1.1.1.1") }
            val file = tempdir().resolve("commands").apply { writeText("-D -s @$words\n") }
            val ran = nfkit("conntrack", "-R", "$file")
            ran.code shouldBe 2
            ran.err shouldStartWith "nfkit: $file, line 1: -s: \"@$words\" is no IP prefix"
        }

        test("protocols have the names and aliases of /etc/protocols") {
            val file =
                ProtocolFile(listOf("# a comment", "igmp 2 IGMP # group", "hopopt 0 HOPOPT ip6", "wide 256 WIDE", "x"))
            file.find("IGMP").asInt shouldBe 2
            file.find("ip6").asInt shouldBe 0
            file.find("wide").isPresent shouldBe false
            file.find("x").isPresent shouldBe false
            file.find("group").isPresent shouldBe false
        }
    })
