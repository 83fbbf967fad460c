package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith

private class Wrong(
    val says: String,
    vararg val args: String,
)

class UsageSpec :
    FunSpec({
        val wrong =
            listOf(
                Wrong("-i eth0: not known; give nflog:GROUP", "capture", "-i", "eth0"),
                Wrong("-i nflog:x: not known", "capture", "-i", "nflog:x"),
                Wrong("group 65536 is out of 0 to 65535", "capture", "-i", "nflog:65536"),
                Wrong("group 30 stands twice", "capture", "-i", "nflog:30", "-i", "nflog:31,30"),
                Wrong("copy range is out of 0 to 65531", "capture", "-i", "nflog:30", "-s", "65532"),
                Wrong("out of 3776 to 131072", "capture", "-i", "nflog:30", "--nlbufsiz", "131073"),
                Wrong("out of 3776 to 131072", "capture", "-i", "nflog:30", "--nlbufsiz", "3775"),
                Wrong("1 to 1023 MiB", "capture", "-i", "nflog:30", "-B", "1024"),
                Wrong("--timeout 15", "capture", "-i", "nflog:30", "--timeout", "15"),
                Wrong("threshold 0 is less than 1", "capture", "-i", "nflog:30", "--threshold", "0"),
                Wrong("-a foo:1: not known", "capture", "-i", "nflog:30", "-a", "foo:1"),
                Wrong("-a duration:x", "capture", "-i", "nflog:30", "-a", "duration:x"),
                Wrong("-a packets:0", "capture", "-i", "nflog:30", "-a", "packets:0"),
                Wrong("-a filesize needs -w", "capture", "-i", "nflog:30", "-a", "filesize:1"),
                Wrong("-b needs -w", "capture", "-i", "nflog:30", "-b", "packets:1"),
                Wrong("-b files needs to know", "capture", "-i", "nflog:30", "-b", "files:2", "-w", "x"),
                Wrong("-b needs files", "capture", "-i", "nflog:30", "-b", "packets:2", "-w", "-"),
                Wrong("-a files needs -b", "capture", "-i", "nflog:30", "-a", "files:2", "-w", "x"),
                Wrong("both want standard output", "capture", "-i", "nflog:30", "--json", "-w", "-"),
                Wrong("-c 0: a number from 1", "capture", "-i", "nflog:30", "-c", "0"),
                Wrong("'abc' is not a long", "capture", "-i", "nflog:30", "-c", "abc"),
                Wrong("Unknown option: '--bogus'", "capture", "-i", "nflog:30", "--bogus"),
                Wrong("--interface", "capture"),
                Wrong("a command is missing"),
                Wrong("FILE", "replay"),
                Wrong("No such file or directory", "replay", "/nowhere/at/all"),
                Wrong("Is a directory", "replay", "/"),
            )

        context("wrong usage ends with code 2 and one line that says what is right") {
            withData(nameFn = { it.args.joinToString(" ", "nfkit ") }, wrong) { case ->
                val ran = nfkit(*case.args)
                ran.code shouldBe 2
                ran.err.lines().filter { it.isNotEmpty() } shouldHaveSize 1
                ran.err shouldStartWith "nfkit: "
                ran.err shouldContain case.says
            }
        }

        test("a trace that is no pcap is refused with code 2 and one line") {
            val file = tempdir().resolve("no.pcap").apply { writeText("this is no capture file") }
            val ran = nfkit("replay", file.path)
            ran.code shouldBe 2
            ran.err.lines().filter { it.isNotEmpty() } shouldHaveSize 1
            ran.err shouldContain "expected a pcap or pcapng header"
        }

        test("an unknown namespace is refused with code 2") {
            val ran = nfkit("capture", "-i", "nflog:30", "--netns", "nfkit-no-such")
            ran.code shouldBe 2
            ran.err shouldContain "nfkit-no-such"
        }

        test("help and version are no errors") {
            nfkit("--version").code shouldBe 0
            nfkit("capture", "--help").code shouldBe 0
        }
    })
