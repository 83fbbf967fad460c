// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowReport
import dev.nfkit.process.Attribution
import dev.nfkit.process.UnknownReason
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import java.util.HexFormat
import kotlin.random.Random

private fun reader() = IpfixReader("test", IpfixTransport.UDP, IpfixReaderOptions.defaults(), System::nanoTime)

private fun read(
    messages: List<ByteBuffer>,
    reader: IpfixReader = reader(),
): Read = Read().also { read -> messages.forEach { reader.read(it, read) } }

private fun sequence(message: ByteBuffer) = message.getInt(8)

class IpfixWriterSpec :
    FunSpec({
        test("what is written is read unchanged") {
            checkAll(150, Arb.long()) { seed ->
                val random = Random(seed)
                val reports = List(20) { random.report() }
                val format =
                    IpfixFormat
                        .defaults()
                        .withCommandLines(true)
                        .withMessageSize(random.nextInt(4096, 65_536))
                        .withEnterprise(random.nextLong(30_000, 1L shl 32))
                val written = Written(format).add(*reports.toTypedArray())
                written.flush().forEach { it.remaining() shouldBeLessThanOrEqual format.messageSize() }
                val options = IpfixReaderOptions.defaults().withEnterprise(format.enterprise())
                val reader = IpfixReader("test", IpfixTransport.TCP, options, System::nanoTime)
                read(written.messages, reader).reports shouldBe reports
                reader.statistics().lost() shouldBe 0
                written.contents.sumOf { it.records() } shouldBe reports.size
                written.writer.shortened() shouldBe 0
            }
        }

        test("texts are shortened if a record exceeds a message, and counted") {
            checkAll(100, Arb.long()) { seed ->
                val random = Random(seed)
                val flows = List(5) { random.flow() }
                val written = Written(IpfixFormat.defaults().withMessageSize(512)).add(*flows.toTypedArray())
                written.flush().forEach { it.remaining() shouldBeLessThanOrEqual 512 }
                val read = read(written.messages)
                read.reports.size shouldBe flows.size
                flows.zip(read.reports.map { it as FlowRecord }).forEach { (flow, other) ->
                    other.flow() shouldBe flow.flow()
                    other.original() shouldBe flow.original()
                    other.host() shouldBe flow.host().take(other.host().length)
                }
            }
            val long = flow(host = "é".repeat(1_000), process = Attribution.Known(CURL))
            val written = Written().add(long)
            (read(written.flush()).reports.single() as FlowRecord).host().length shouldBeLessThan 1_000
            written.writer.shortened() shouldBe 1
        }

        test("a loss with a long host name is shortened too") {
            val written = Written(IpfixFormat.defaults().withMessageSize(512)).add(loss(host = "h".repeat(600)))
            read(written.flush())
                .reports
                .single()
                .host()
                .length shouldBeLessThan 512
            written.writer.shortened() shouldBe 1
        }

        test("command lines are left out by default") {
            val known = flow(process = Attribution.Known(CURL))
            val process = (read(Written().add(known).flush()).reports.single() as FlowRecord).process()
            process
                .known()
                .get()
                .commandLine()
                .shouldBeEmpty()
            process.known().get().executable() shouldBe CURL.executable()
        }

        test("a template precedes the first record of its kind, and is not repeated") {
            val written = Written()
            written.add(flow()).flush()
            written.add(flow(sequence = 1)).flush()
            (written.messages[1].remaining() < written.messages[0].remaining() / 2) shouldBe true
            written.writer.repeatTemplates()
            written.add(flow()).flush()
            written.messages[2].remaining() shouldBe written.messages[0].remaining()
            read(written.messages.drop(2)).reports.size shouldBe 1
        }

        test("sequence numbers count the data records before a message, and begin again with a session") {
            val written = Written()
            repeat(40) { written.add(flow(sequence = it.toLong())) }
            written.add(loss())
            val messages = written.flush()
            var records = 0
            messages.forEachIndexed { i, message ->
                sequence(message) shouldBe records
                records += written.contents[i].records()
            }
            records shouldBe 41
            written.writer.restart()
            written.add(flow()).flush()
            sequence(messages.last()) shouldBe 0
            read(messages.takeLast(1)).reports.size shouldBe 1
        }

        test("a flow without a protocol or with directions that differ is not added") {
            val other = ConntrackTuple.udp(address("::1"), 1, address("::2"), 2)
            val written = Written()
            written.writer.add(flow(reply = other)) shouldBe false
            written.flush().shouldBeEmpty()
        }

        test("a target that throws gets the report again, and the next message is complete") {
            var fails = true
            val messages = mutableListOf<ByteBuffer>()
            val writer =
                IpfixWriter<IllegalStateException>(IpfixFormat.defaults().withMessageSize(512), CLOCK) { message, _ ->
                    check(!fails)
                    messages += ByteBuffer.allocate(message.remaining()).put(message).flip()
                }
            writer.add(flow())
            shouldThrow<IllegalStateException> { writer.add(flow(sequence = 1)) }
            fails = false
            writer.repeatTemplates()
            writer.add(flow(sequence = 1))
            writer.flush()
            sequence(messages.first()) shouldBe 1
            read(messages).reports.map { (it as FlowRecord).sequence() } shouldBe listOf(1L)
        }

        test("the bytes of a message are these") {
            val message = Written().add(flow(), loss()).flush().single()
            val bytes = ByteArray(message.remaining()).also { message.duplicate().get(it) }
            val expected = IpfixWriterSpec::class.java.getResource("/ipfix/message.hex")!!.readText()
            HexFormat
                .of()
                .formatHex(bytes)
                .chunked(64)
                .joinToString("\n") shouldBe expected.trim()
        }

        test("a flow allocates nothing, and a message little") {
            val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
            var messages = 0L
            val writer = IpfixWriter<RuntimeException>(IpfixFormat.defaults(), CLOCK) { _, _ -> messages++ }
            val reports: Array<FlowReport> =
                arrayOf(
                    flow(),
                    flow(process = Attribution.Known(CURL), interfaceName = "eth0"),
                    flow(process = Attribution.unknown(UnknownReason.FORWARDED)),
                    flow(reply = ConntrackTuple.tcp(address("192.0.2.9"), 443, address("203.0.113.7"), 41_234)),
                )

            fun run(flows: Int): Long {
                val before = threads.currentThreadAllocatedBytes
                for (i in 0 until flows) writer.add(reports[i and 3])
                return threads.currentThreadAllocatedBytes - before
            }
            run(20_000)
            messages = 0
            val flows = 20_000
            val allocated = run(flows)
            messages shouldBeGreaterThan 1_000L
            println("IpfixWriter: ${allocated / flows} bytes a flow, ${allocated / messages} a message")
            allocated / messages shouldBeLessThan 200L
        }
    })
