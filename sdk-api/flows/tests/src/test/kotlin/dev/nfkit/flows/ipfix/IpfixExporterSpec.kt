// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import dev.nfkit.flows.FlowRecord
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.io.IOException
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.UnknownHostException
import java.nio.ByteBuffer
import java.time.Duration

private val LOOPBACK = InetAddress.getLoopbackAddress()

private fun options(configure: IpfixExporterOptions.Builder.() -> Unit = {}) =
    IpfixExporterOptions
        .builder()
        .clock(CLOCK)
        .apply(configure)
        .build()

private fun udp(
    port: Int,
    configure: IpfixExporterOptions.Builder.() -> Unit = {},
) = IpfixExporter.open(InetSocketAddress(LOOPBACK, port), IpfixTransport.UDP, options(configure))

private fun tcp(
    port: Int,
    configure: IpfixExporterOptions.Builder.() -> Unit = {},
) = IpfixExporter.open(InetSocketAddress(LOOPBACK, port), IpfixTransport.TCP, options(configure))

private fun DatagramSocket.next(): ByteBuffer {
    soTimeout = 10_000
    val packet = DatagramPacket(ByteArray(65_536), 65_536)
    receive(packet)
    return ByteBuffer.wrap(packet.data, 0, packet.length).slice()
}

/** The next message of a stream. */
private fun Socket.next(): ByteBuffer {
    soTimeout = 10_000
    val header = getInputStream().readNBytes(4)
    val length = ByteBuffer.wrap(header).getShort(2).toInt() and 0xffff
    return ByteBuffer.wrap(header + getInputStream().readNBytes(length - 4))
}

private class Session(
    transport: IpfixTransport,
) {
    private val reader = IpfixReader("test", transport, IpfixReaderOptions.defaults(), System::nanoTime)
    val read = Read()
    val statistics get() = reader.statistics()

    fun read(message: ByteBuffer) = apply { reader.read(message, read) }

    val sequences get() = read.reports.map { (it as FlowRecord).sequence() }
}

class IpfixExporterSpec :
    FunSpec({
        test("reports are sent as datagrams when they are flushed, and statistics at the end") {
            DatagramSocket(0, LOOPBACK).use { socket ->
                val exporter = udp(socket.localPort)
                val session = Session(IpfixTransport.UDP)
                exporter.report(flow())
                exporter.report(loss())
                exporter.flush()
                session.read(socket.next()).read.reports shouldContainExactly listOf(flow(), loss())
                exporter.close()
                val text =
                    session
                        .read(socket.next())
                        .read.records
                        .joinToString("\n")
                val process = ProcessHandle.current().pid()
                text shouldBe "observationDomainId=0 exportedMessageTotalCount=1 exportedFlowRecordTotalCount=2 " +
                    "exportedOctetTotalCount=545\n" +
                    "exportingProcessId=$process notSentFlowTotalCount=0 notSentPacketTotalCount=0 notSentOctetTotalCount=0"
                session.statistics.lost() shouldBe 0
                exporter.statistics().records() shouldBe 4
                exporter.close()
                exporter.flush()
                shouldThrow<IOException> { exporter.report(flow()) }
            }
        }

        test("a full message is sent without a flush") {
            DatagramSocket(0, LOOPBACK).use { socket ->
                udp(socket.localPort).use { exporter ->
                    repeat(20) { exporter.report(flow(sequence = it.toLong())) }
                    val session = Session(IpfixTransport.UDP).read(socket.next())
                    session.sequences.first() shouldBe 0
                    exporter.flush()
                    while (session.sequences.size < 20) session.read(socket.next())
                    session.sequences shouldContainExactly List(20) { it.toLong() }
                }
            }
        }

        test("a report that stays for a second is sent with the next one") {
            var now = 0L
            DatagramSocket(0, LOOPBACK).use { socket ->
                udp(socket.localPort) { nanoTime { now } }.use { exporter ->
                    exporter.report(flow())
                    now = 1_000_000_001
                    exporter.report(flow(sequence = 1))
                    Session(IpfixTransport.UDP).read(socket.next()).sequences shouldContainExactly listOf(0L, 1L)
                }
            }
        }

        test("templates are repeated over UDP by time and by messages, and statistics by time") {
            var now = 0L
            DatagramSocket(0, LOOPBACK).use { socket ->
                udp(socket.localPort) {
                    nanoTime { now }
                    templateInterval(Duration.ofSeconds(30))
                    templateMessages(3)
                    statisticsInterval(Duration.ofSeconds(45))
                }.use { exporter ->
                    fun hasTemplate(): Boolean {
                        exporter.report(flow())
                        exporter.flush()
                        return socket.next().getShort(16) == 2.toShort()
                    }
                    List(8) { hasTemplate() } shouldBe listOf(true, false, false, true, false, false, true, false)
                    now = Duration.ofSeconds(30).toNanos()
                    hasTemplate() shouldBe true
                    hasTemplate() shouldBe false
                    now = Duration.ofSeconds(45).toNanos()
                    exporter.flush()
                    Session(IpfixTransport.UDP)
                        .read(socket.next())
                        .read.records.size shouldBe 2
                }
            }
        }

        test("a port that nothing listens to is counted, and the exporter goes on") {
            val port = DatagramSocket(0, LOOPBACK).use { it.localPort }
            udp(port).use { exporter ->
                var attempts = 0
                while (exporter.statistics().refused() == 0L && attempts++ < 100) {
                    exporter.report(flow())
                    exporter.flush()
                    Thread.sleep(1)
                }
                exporter.statistics().refused() shouldBeGreaterThan 0
                exporter.statistics().messages() shouldBeGreaterThan 1
            }
        }

        test("a datagram that the socket refuses is counted with its flows' packets and bytes") {
            DatagramSocket(0, LOOPBACK).use { socket ->
                // more than any datagram has
                udp(socket.localPort) { format(IpfixFormat.defaults().withMessageSize(65_535)) }.use { exporter ->
                    val flows = 400L
                    repeat(flows.toInt() - 1) { exporter.report(flow()) }
                    exporter.report(flow(host = "h".repeat(885)))
                    exporter.flush()
                    val statistics = exporter.statistics()
                    statistics.notSentMessages() shouldBe 1
                    statistics.notSentPackets() shouldBe 7 * statistics.notSentRecords()
                    statistics.notSentOctets() shouldBe 5_300 * statistics.notSentRecords()
                    statistics.records() + statistics.notSentRecords() shouldBe flows
                }
            }
        }

        test("messages of TCP begin with their templates, once a connection") {
            ServerSocket(0, 1, LOOPBACK).use { server ->
                tcp(server.localPort).use { exporter ->
                    server.accept().use { connection ->
                        val session = Session(IpfixTransport.TCP)
                        repeat(3) {
                            exporter.report(flow(sequence = it.toLong()))
                            exporter.flush()
                        }
                        repeat(3) { session.read(connection.next()) }
                        session.sequences shouldContainExactly listOf(0L, 1L, 2L)
                        session.statistics.templates() shouldBe 1
                        exporter.statistics().connections() shouldBe 1
                    }
                }
            }
        }

        test("a connection that the collector closes is made again, and what was not sent is counted") {
            var now = 0L
            ServerSocket(0, 1, LOOPBACK).use { server ->
                tcp(server.localPort) { nanoTime { now } }.use { exporter ->
                    server.accept().close()
                    var sequence = 0L

                    fun report() {
                        exporter.report(flow(sequence = sequence++))
                        exporter.flush()
                    }
                    while (exporter.statistics().notSentRecords() == 0L) report()
                    val lost = exporter.statistics().notSentRecords()
                    report()
                    exporter.statistics().notSentRecords() shouldBe lost + 1
                    now = Duration.ofSeconds(2).toNanos()
                    while (exporter.statistics().connections() < 2) report()
                    server.accept().use { connection ->
                        val session = Session(IpfixTransport.TCP)
                        val first = sequence - 1
                        session.read(connection.next()).sequences shouldContainExactly listOf(first)
                        report()
                        session.read(connection.next()).sequences shouldContainExactly listOf(first, first + 1)
                    }
                    val statistics = exporter.statistics()
                    statistics.records() + statistics.notSentRecords() shouldBe sequence
                }
            }
        }

        test("a collector that reads nothing delays a report by the timeout only, and loses the connection") {
            ServerSocket(0, 1, LOOPBACK).use { server ->
                tcp(server.localPort) {
                    sendTimeout(Duration.ofMillis(50))
                    format(IpfixFormat.defaults().withMessageSize(65_535))
                }.use { exporter ->
                    server.accept().use {
                        var reports = 0L
                        while (exporter.statistics().notSentRecords() == 0L) {
                            repeat(1_000) { exporter.report(flow()) }
                            reports += 1_000
                        }
                        exporter.flush()
                        val statistics = exporter.statistics()
                        statistics.records() + statistics.notSentRecords() shouldBe reports
                    }
                }
            }
        }

        test("an interrupt does not close the socket") {
            DatagramSocket(0, LOOPBACK).use { socket ->
                udp(socket.localPort).use { exporter ->
                    Thread.currentThread().interrupt()
                    exporter.report(flow())
                    exporter.flush()
                    Thread.interrupted() shouldBe true
                    exporter.report(flow(sequence = 1))
                    exporter.flush()
                    val session = Session(IpfixTransport.UDP).read(socket.next()).read(socket.next())
                    session.sequences shouldContainExactly listOf(0L, 1L)
                }
            }
        }

        test("opening fails if nothing listens, and for a name that is not resolved") {
            val port = ServerSocket(0, 1, LOOPBACK).use { it.localPort }
            shouldThrow<IOException> { tcp(port) }
            val unresolved = InetSocketAddress.createUnresolved("collector.invalid", 4739)
            shouldThrow<UnknownHostException> { IpfixExporter.open(unresolved, IpfixTransport.UDP, options()) }
        }

        test("options out of range are refused with their names") {
            shouldThrow<IllegalArgumentException> { options { templateMessages(0) } }.message shouldBe
                "templateMessages is from 1, not 0"
            shouldThrow<IllegalArgumentException> { options { sendTimeout(Duration.ZERO) } }.message shouldBe
                "sendTimeout is from PT0.001S to PT24H, not PT0S"
            shouldThrow<IllegalArgumentException> { IpfixFormat.defaults().withMessageSize(511) }.message shouldBe
                "messageSize is from 512 to 65535, not 511"
            shouldThrow<IllegalArgumentException> { IpfixFormat.defaults().withEnterprise(29305) }
            shouldThrow<IllegalArgumentException> { IpfixFormat.defaults().withObservationDomain(-1) }
        }
    })
