package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import picocli.CommandLine

private class Wrong(
    val says: String,
    vararg val args: String,
)

private val queue = arrayOf("queue", "-i", "nfqueue:0")

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
                Wrong("-i nflog:30-29: the range 30-29 is empty", "capture", "-i", "nflog:30-29"),
                Wrong("-i nflog:0: not known; give nfqueue:QUEUE", "queue", "-i", "nflog:0"),
                Wrong("-i nfqueue:0-: not known", "queue", "-i", "nfqueue:0-"),
                Wrong("queue 65536 is out of 0 to 65535", "queue", "-i", "nfqueue:65530-65536"),
                Wrong("queue 2 stands twice", "queue", "-i", "nfqueue:0-3", "-i", "nfqueue:2"),
                Wrong("--drop 'udp dpor 53', at character 5: \"dpor\"", *queue, "--drop", "udp dpor 53"),
                Wrong("--drop '5%: udp dpor 53', at character 9: \"dpor\"", *queue, "--drop", "5%: udp dpor 53"),
                Wrong("--drop '0%: udp', at character 1: 0% is not", *queue, "--drop", "0%: udp"),
                Wrong("at character 4: \"50ms\" is no setting of it; --drop", *queue, "--drop", "5% 50ms: udp"),
                Wrong("--mark MARK[/MASK] [PERCENT%][: FILTER] is wanted", *queue, "--mark", "udp"),
                Wrong("a mark of 0 to 0xffffffff", *queue, "--mark", "0x1/0xf0: udp"),
                Wrong("--delay TIME [JITTER] [PERCENT%][: FILTER] is wanted", *queue, "--delay", "udp"),
                Wrong("\"50\" is no span of time", *queue, "--delay", "50: udp"),
                Wrong("a jitter longer than the delay", *queue, "--delay", "50ms 60ms: udp"),
                Wrong("bit or byte, not both", *queue, "--corrupt", "bit byte: udp"),
                Wrong("\"7\" is no setting of it; --corrupt", *queue, "--corrupt", "7: udp"),
                Wrong("--corrupt needs whole packets", *queue, "--corrupt", "udp", "-s", "64"),
                Wrong("takes longer", *queue, "--delay", "50ms 10ms: udp", "--deadline", "60ms"),
                Wrong("--deadline 5: a span of time", *queue, "--deadline", "5"),
                Wrong("deadline PT0.0005S is out of", *queue, "--deadline", "500us"),
                Wrong("maximumLength 0 is less than 1", *queue, "--max-length", "0"),
                Wrong("'--default': expected one of", *queue, "--default", "reject"),
                Wrong("only duration:SECONDS and packets:N", *queue, "-a", "filesize:1"),
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

        test("rules keep the order in which they were typed, whatever their actions") {
            val command = QueueCommand()
            CommandLine(command).parseArgs(
                *arrayOf("-i", "nfqueue:0-3", "--mark", "7: tcp", "--drop", "udp", "--drop", "50%: icmp", "-q"),
                *arrayOf("--mark", "0x8/0xff", "--delay=1.5s 20ms 10%: ip6", "--accept", "src ::1", "--drop=any"),
                *arrayOf("--corrupt", "checksums byte 0.5%: len > 100"),
            )
            command.rules().map { "$it" } shouldBe
                listOf(
                    "--mark '0x7: tcp'",
                    "--drop 'udp'",
                    "--drop '50%: icmp'",
                    "--mark '0x8/0xff: any'",
                    "--delay '10% 1.5s 20ms: ip6'",
                    "--accept 'src ::1'",
                    "--drop 'any'",
                    "--corrupt '0.5% byte checksums: len > 100'",
                )
        }

        test("help and version are no errors") {
            nfkit("--version").code shouldBe 0
            nfkit("capture", "--help").code shouldBe 0
            nfkit("queue", "--help").code shouldBe 0
        }
    })
