// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Help
import dev.nfkit.conntrack.ConntrackAttribute.SecCtx
import dev.nfkit.conntrack.ConntrackMessage
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.samples.cli.conntrack.names.LabelNames
import dev.nfkit.samples.cli.conntrack.print.ConntrackClock
import dev.nfkit.samples.cli.conntrack.print.ConntrackColumns
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson
import dev.nfkit.samples.cli.conntrack.print.ConntrackLines
import dev.nfkit.samples.cli.conntrack.print.datagram
import dev.nfkit.samples.cli.conntrack.print.entry
import dev.nfkit.samples.cli.conntrack.print.expectation
import dev.nfkit.samples.cli.conntrack.print.nest
import dev.nfkit.samples.cli.conntrack.print.tuples
import dev.nfkit.samples.cli.conntrack.print.web
import dev.nfkit.samples.cli.output.JsonPrinter
import dev.nfkit.samples.cli.output.LinePrinter
import dev.nfkit.samples.cli.output.NflogFields
import dev.nfkit.samples.cli.output.NfqueueFields
import dev.nfkit.samples.cli.output.PacketPrinter
import dev.nfkit.samples.cli.output.Terminal
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.trace.TraceWriter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path

/** Sets a title, rings, sets colours by C1, changes the direction of text, begins new lines. */
private const val HOSTILE = "\u001b]0;title\u0007\u007f\u009b31m\u202Ereversed\u2066\u2028\u2029\n\u0085\u200bend"

/** [HOSTILE] as it is printed in lines. */
private const val SHOWN = ".]0;title...31m.reversed......end"

private val unsafe = Regex("""[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}&&[^\n]]""")

private fun safe(printed: String) =
    unsafe
        .findAll(printed)
        .map { it.value }
        .toList()
        .shouldBeEmpty()

private fun cursor(datagram: ByteArray): MessageCursor =
    MessageCursor()
        .wrap(ByteBuffer.wrap(datagram), 0, datagram.size, ByteOrder.nativeOrder())
        .also { check(it.next()) }

private val nflogDatagram =
    SampleNflog
        .of(SamplePackets.udp4(1))
        .prefix(HOSTILE)
        .inDevice(7)
        .outDevice(7)
        .toDatagram(ByteOrder.nativeOrder())

private val nfqueueDatagram =
    SampleNfqueue
        .of(SamplePackets.udp4(1))
        .securityContext(*HOSTILE.toByteArray())
        .inDevice(7)
        .toDatagram(ByteOrder.nativeOrder())

private val logged: NflogPacket = NflogPacket.read(cursor(nflogDatagram), 5)

private val queued: QueuedPacket = QueuedPacket.read(cursor(nfqueueDatagram), 5)

private val connection: MessageWriter.() -> Unit = {
    tuples(web)
    nest(ConntrackAttribute.HELP) { string(Help.NAME.code(), HOSTILE) }
    nest(ConntrackAttribute.SECCTX) { string(SecCtx.NAME.code(), HOSTILE) }
    bytes(ConntrackAttribute.LABELS.code(), 1, 0, 0, 0)
}

private val expected: MessageWriter.() -> Unit = {
    web.writeTo(this, ExpectationAttribute.MASTER.code())
    web.writeTo(this, ExpectationAttribute.TUPLE.code())
    string(ExpectationAttribute.HELP_NAME.code(), HOSTILE)
}

private fun <P : NetfilterPacket> PacketPrinter<P>.printed(packet: P) =
    StringBuilder().also { print(packet, null, it) }.toString()

private fun line(append: (StringBuilder) -> Unit) = StringBuilder().also(append).toString()

/** A recording with text from outside in each place that can contain it. */
private fun recording(file: File) =
    file.apply {
        TraceWriter(outputStream(), ByteOrder.nativeOrder(), HOSTILE).use { writer ->
            val socket = writer.socket(Netlink.NETLINK_NETFILTER, HOSTILE)
            socket.note(1, HOSTILE)
            val datagrams =
                listOf(
                    nflogDatagram,
                    nfqueueDatagram,
                    datagram(ConntrackMessage.CT_NEW, attributes = connection),
                    datagram(ConntrackMessage.CT_DELETE, attributes = connection),
                    datagram(ConntrackMessage.EXP_NEW, Netlink.NLM_F_CREATE, attributes = expected),
                )
            datagrams.forEach { socket.fromKernel(2, ByteBuffer.wrap(it), 0, it.size, false) }
            socket.toKernel(3, ByteBuffer.wrap(datagram(ConntrackMessage.CT_NEW, 1, 9, attributes = connection)))
        }
    }

class SafeTextSpec :
    FunSpec({
        val kernel = FakeNetfilter().kernel().networkInterface(7, HOSTILE)
        val labels = ConntrackColumns.parse(listOf("labels"), LabelNames(listOf("0 $HOSTILE".replace("\n", ""))))
        val lines = ConntrackLines(labels, ConntrackClock.OF_DAY)
        val events =
            listOf(
                ConntrackEvent.New(entry(connection)),
                ConntrackEvent.Updated(entry(connection)),
                ConntrackEvent.Destroyed(entry(connection)),
                ConntrackEvent.ExpectationNew(expectation(expected)),
                ConntrackEvent.ExpectationUpdated(expectation(expected)),
                ConntrackEvent.ExpectationDestroyed(expectation(expected)),
            )

        context(
            "printers of lines replace unsafe characters in names of devices, prefixes, helpers, labels and contexts",
        ) {
            withData(
                nameFn = { it.first },
                listOf(
                    "a logged packet" to { LinePrinter(NflogFields(), kernel).printed(logged) },
                    "a queued packet" to { LinePrinter(NfqueueFields(), kernel).printed(queued) },
                    "a connection" to { line { lines.entry(entry(connection), 5L, it) } },
                    "an expectation" to { line { lines.expectation(expectation(expected), 5, it) } },
                ) + events.map { it.javaClass.simpleName to { line { line -> lines.event(it, 5, line) } } },
            ) { (_, print) ->
                val printed = print()
                safe(printed)
                printed shouldNotContain "\n"
                printed shouldContain if ("label" in printed) SHOWN.dropLast(6) else SHOWN
            }
        }

        context("printers of JSON escape unsafe characters, and a parser gets the original text") {
            val json = ConntrackJson()
            withData(
                nameFn = { it.first },
                listOf(
                    "a logged packet" to { JsonPrinter(NflogFields(), kernel).printed(logged) },
                    "a connection" to { line { json.entry(entry(connection), 5, it) } },
                    "an expectation" to { line { json.expectation(expectation(expected), 5, it) } },
                ) + events.map { it.javaClass.simpleName to { line { line -> json.event(it, 5, line) } } },
            ) { (_, print) ->
                val printed = print()
                safe(printed)
                printed shouldNotContain "\n"
                printed shouldContain "\\u001b]0;title\\u0007\\u007f\\u009b31m\\u202ereversed\\u2066\\u2028\\u2029"
                val parsed = parseJson(printed)
                val help = parsed["help"] as? Map<*, *>
                (parsed["prefix"] ?: help?.get("name") ?: parsed["help_name"]) shouldBe HOSTILE
            }
        }

        test("replay prints a recording's texts safely, as lines and as JSON, with any name of the file") {
            val file = recording(File(tempdir(), "re\u001b[2Jcording\u009b.pcapng"))
            val text = nfkit("replay", file.path)
            text.code shouldBe 0
            text.out
                .lines()
                .filter { SHOWN in it }
                .size shouldBe 4
            val json = nfkit("replay", "--json", file.path)
            json.code shouldBe 0
            json.out
                .lines()
                .filter { it.isNotEmpty() }
                .map(::parseJson)
                .size shouldBe 6
            for (printed in listOf(text.out, text.err, json.out, json.err)) {
                safe(printed)
            }
            val cut =
                File(
                    file.parentFile,
                    "cut\u001b[2J.pcapng",
                ).apply { writeBytes(file.readBytes().dropLast(3).toByteArray()) }
            for (args in listOf(listOf("replay", cut.path), listOf("anonymize", cut.path, "${cut.path}\u0007"))) {
                val failed = nfkit(*args.toTypedArray())
                failed.code shouldBe 2
                failed.err shouldContain "cut.[2J.pcapng"
                safe(failed.err)
            }
            safe(nfkit("anonymize", file.path, "${file.path}\u0007copy").err)
        }

        test("a refusal with the process that owns a queue is safe, and the command prints it so") {
            val fake = FakeNetfilter()
            fake.kernel().ownQueue(7, 4711).owner(4711, SocketOwner(812, HOSTILE))
            val refusal =
                shouldThrow<dev.nfkit.KernelRefusedException> {
                    NfqueueSession.open(fake, NfqueueOptions.builder().queue(7).build())
                }
            refusal.message!! shouldContain "($SHOWN, pid 812)"
            safe(refusal.message!!)
        }

        test("wrong arguments are printed safely") {
            for (args in listOf(
                listOf("capture", "-i", "nflog:\u001b[31m\u009b"),
                listOf("queue", "-i", "nfqueue:0", "--drop", "udp \u001b[31m\u202e"),
                listOf("conntrack", "-L", "--netns", "\u001b[31m\u2028x"),
                listOf("conntrack", "-L", "-p", "\u001b[31m"),
                listOf("top", "--interval", "\u001b[31m"),
                listOf("flows", "--ipfix", "\u001b[31m:x"),
                listOf("flows", "--collect", "\u001b[31m\u202e"),
                listOf("record", "-o", "\u001b[31m/\u009b/x", "--", "top"),
                listOf("\u001b[31m"),
            )) {
                val ran = nfkit(*args.toTypedArray())
                ran.code shouldBe 2
                ran.err shouldContain "[31m"
                safe(ran.err)
            }
        }

        test("each line of standard output and of a terminal is safe, from any printer") {
            val out = ByteArrayOutputStream()
            val text = TextOutput(out)
            text.line("plain")
            text.line("12\tcolumns é")
            text.line(HOSTILE)
            text.line("\u001b")
            text.flush()
            out.toString(Charsets.UTF_8) shouldBe "plain\n12\tcolumns é\n$SHOWN\n.\n"
            out.reset()
            Terminal(text).show(listOf(HOSTILE), Terminal.Size(24, 80))
            val screen = out.toString(Charsets.UTF_8)
            screen shouldContain SHOWN
            screen shouldNotContain HOSTILE
            safe(screen.replace("\u001b[H", "").replace("\u001b[K\r\n", "").replace("\u001b[J", ""))
        }

        test("no class prints in another way") {
            val sources = Path.of(System.getProperty("basedir", "."), "src/main/java")
            val printing =
                Files.walk(sources).use { files ->
                    files
                        .filter { it.toString().endsWith(".java") }
                        .filter {
                            Regex("""System\.(err|out)\b|FileDescriptor\.(out|err)|getErr\(|getOut\(""") in
                                Files.readString(it)
                        }.map { it.fileName.toString().removeSuffix(".java") }
                        .toList()
                }
            printing.shouldNotBeEmpty()
            // Lines, messages, counts, the texts of the demo, and capture files.
            printing shouldContainExactlyInAnyOrder
                listOf(
                    "TextOutput",
                    "Messages",
                    "CounterLine",
                    "DemoCommand",
                    "DemoScreen",
                    "BinaryOutput",
                )
        }
    })
