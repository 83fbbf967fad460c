// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.io.IOException
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.nio.ByteBuffer
import java.time.Duration
import kotlin.concurrent.thread

private val LOOPBACK = InetAddress.getLoopbackAddress()
private val LONG = Duration.ofSeconds(10)

private fun ByteBuffer.array(length: Int = remaining()) = ByteArray(length).also { duplicate().get(it) }

private class Collecting(
    configure: IpfixCollectorOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val collector: IpfixCollector =
        IpfixCollector.open(InetSocketAddress(LOOPBACK, 0), IpfixCollectorOptions.builder().apply(configure).build())
    val port = collector.address().port
    val read = Read()
    val statistics: CollectorStatistics get() = collector.statistics()

    fun until(condition: () -> Boolean) {
        val deadline = System.nanoTime() + LONG.toNanos()
        while (!condition()) {
            check(System.nanoTime() - deadline < 0) { "not within $LONG: $statistics" }
            collector.poll(read, Duration.ofMillis(20))
        }
    }

    fun export(transport: IpfixTransport): IpfixExporter =
        IpfixExporter.open(
            InetSocketAddress(LOOPBACK, port),
            transport,
            IpfixExporterOptions.builder().build(),
        )

    override fun close() = collector.close()
}

private fun DatagramSocket.send(
    bytes: ByteArray,
    port: Int,
) = send(DatagramPacket(bytes, bytes.size, LOOPBACK, port))

class IpfixCollectorSpec :
    FunSpec({
        for (transport in IpfixTransport.entries) {
            test("what an exporter sends over $transport arrives") {
                Collecting().use { collecting ->
                    collecting.export(transport).use { exporter ->
                        repeat(500) { exporter.report(flow(sequence = it.toLong())) }
                        exporter.report(loss())
                        exporter.flush()
                        collecting.until { collecting.read.reports.size == 501 }
                        collecting.read.reports shouldBe List(500) { flow(sequence = it.toLong()) } + loss()
                        collecting.statistics.read().lost() shouldBe 0
                    }
                }
            }
        }

        test("a message of TCP arrives in pieces of any size, and may be longer than the first buffer") {
            val format = IpfixFormat.defaults().withMessageSize(65_535)
            val written = Written(format)
            repeat(300) { written.add(flow(sequence = it.toLong())) }
            val bytes = written.flush().map { it.array() }.reduce { a, b -> a + b }
            Collecting().use { collecting ->
                Socket(LOOPBACK, collecting.port).use { socket ->
                    for (piece in bytes.toList().chunked(7_001)) {
                        socket.getOutputStream().write(piece.toByteArray())
                        collecting.collector.poll(collecting.read, Duration.ofMillis(1))
                    }
                    collecting.until { collecting.read.reports.size == 300 }
                }
                collecting.until { collecting.statistics.exporters() == 0 }
                collecting.statistics.brokenConnections() shouldBe 0
            }
        }

        test("a malformed message ends its connection over TCP, and others go on") {
            val good = Written().add(flow()).flush().single()
            Collecting().use { collecting ->
                Socket(LOOPBACK, collecting.port).use { other ->
                    Socket(LOOPBACK, collecting.port).use { socket ->
                        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".toByteArray())
                        collecting.until { collecting.statistics.brokenConnections() == 1L }
                        socket.soTimeout = 10_000
                        runCatching { socket.getInputStream().read() }.getOrDefault(-1) shouldBe -1
                    }
                    other.getOutputStream().write(good.array())
                    collecting.until { collecting.read.reports.size == 1 }
                    other.getOutputStream().write(good.array(20))
                }
                collecting.until { collecting.statistics.brokenConnections() == 2L }
                collecting.statistics.exporters() shouldBe 0
            }
        }

        test("a malformed datagram is counted, and the next one is read") {
            val good = Written().add(flow()).flush().single()
            Collecting().use { collecting ->
                DatagramSocket().use { socket ->
                    socket.send(ByteArray(0), collecting.port)
                    socket.send(good.array(good.limit() - 1), collecting.port)
                    socket.send(good.array(), collecting.port)
                    collecting.until { collecting.read.reports.size == 1 }
                    collecting.statistics.read().malformed() shouldBe 2
                }
            }
        }

        test("more exporters and connections than the limit are counted, and the known ones go on") {
            val good =
                Written()
                    .add(flow())
                    .flush()
                    .single()
                    .array()
            Collecting { maxExporters(2) }.use { collecting ->
                val sockets = List(4) { DatagramSocket() }
                sockets.forEach { it.send(good, collecting.port) }
                collecting.until { collecting.statistics.refusedMessages() == 2L }
                collecting.read.reports.size shouldBe 2
                sockets.first().send(good, collecting.port)
                collecting.until { collecting.read.reports.size == 3 }
                sockets.forEach { it.close() }

                val connections = List(3) { Socket(LOOPBACK, collecting.port) }
                collecting.until { collecting.statistics.refusedConnections() == 1L }
                connections.forEach { it.close() }
                collecting.until { collecting.statistics.exporters() == 2 }
            }
        }

        test("the fields of templates are limited over all exporters, and returned with a connection") {
            val template = Written().add(flow()).flush().single()
            val fields = template.getShort(22).toInt()
            Collecting { reading(IpfixReaderOptions.defaults().withMaxFields(fields)) }.use { collecting ->
                Socket(LOOPBACK, collecting.port).use { first ->
                    first.getOutputStream().write(template.array())
                    collecting.until { collecting.read.reports.size == 1 }
                    Socket(LOOPBACK, collecting.port).use { second ->
                        second.getOutputStream().write(template.array())
                        collecting.until { collecting.statistics.read().refusedTemplates() == 1L }
                    }
                }
                collecting.until { collecting.statistics.exporters() == 0 }
                Socket(LOOPBACK, collecting.port).use { third ->
                    third.getOutputStream().write(template.array())
                    collecting.until { collecting.read.reports.size == 2 }
                }
            }
        }

        test("a sink that throws stops the poll, and the next message is read") {
            val good =
                Written()
                    .add(flow())
                    .flush()
                    .single()
                    .array()
            Collecting().use { collecting ->
                DatagramSocket().use { socket ->
                    socket.send(good, collecting.port)
                    shouldThrow<IOException> {
                        while (true) collecting.collector.poll<IOException>({ throw IOException("full") }, LONG)
                    }
                    socket.send(good, collecting.port)
                    collecting.until { collecting.read.reports.size == 1 }
                }
            }
        }

        test("wakeup and close end a poll") {
            val collecting = Collecting()
            collecting.collector.wakeup()
            collecting.collector.poll(collecting.read, LONG) shouldBe 0
            val results = mutableListOf<Int>()
            val poller = thread { results += collecting.collector.poll(collecting.read, LONG) }
            collecting.close()
            poller.join(LONG.toMillis())
            results shouldBe listOf(-1)
            collecting.close()
            collecting.collector.poll(collecting.read, Duration.ZERO) shouldBe -1
            Collecting().use { other ->
                shouldThrow<IOException> {
                    IpfixCollector.open(
                        InetSocketAddress(LOOPBACK, other.port),
                        IpfixCollectorOptions.builder().build(),
                    )
                }
                shouldThrow<IllegalArgumentException> { other.collector.poll(other.read, Duration.ofSeconds(-1)) }
            }
        }

        test("exporters of one host are apart by their ports") {
            Collecting().use { collecting ->
                val names = mutableSetOf<String>()
                val sink =
                    object : IpfixSink<RuntimeException> {
                        override fun report(report: dev.nfkit.flows.FlowReport) = Unit

                        override fun record(record: DataRecord) {
                            names += record.exporter()
                        }
                    }
                val sockets = List(2) { DatagramSocket() }
                sockets.forEach { it.send(foreign(), collecting.port) }
                while (names.size < 2) collecting.collector.poll(sink, Duration.ofMillis(20))
                names shouldContainExactlyInAnyOrder sockets.map { "127.0.0.1:${it.localPort}" }
                sockets.forEach { it.close() }
            }
        }
    })

/** A message of another exporter: a template of octetDeltaCount, and one record. */
private fun foreign(): ByteArray =
    ByteBuffer
        .allocate(36)
        .putShort(10)
        .putShort(36)
        .putInt(1_700_000_000)
        .putInt(0)
        .putInt(0)
        .putShort(2)
        .putShort(12)
        .putShort(256)
        .putShort(1)
        .putShort(1)
        .putShort(4)
        .putShort(256)
        .putShort(8)
        .putInt(1500)
        .array()
