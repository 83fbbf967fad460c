// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowReport
import dev.nfkit.flows.FlowTraffic
import dev.nfkit.packet.IpProtocol
import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.CaptureSection
import dev.nfkit.pcap.LinkType
import dev.nfkit.pcap.PcapngWriter
import dev.nfkit.process.Attribution
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import java.io.File
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.file.Files
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.util.concurrent.TimeUnit

/** Whether a test that needs a tool can run. It must if live tests are required. */
private fun available(tool: String): Enabled {
    val installed = System.getenv("PATH").split(File.pathSeparator).any { File(it, tool).canExecute() }
    return if (installed || System.getProperty("nfkit.live") == "required") {
        Enabled.enabled
    } else {
        Enabled.disabled("$tool is not installed")
    }
}

/** Runs a tool to its end; returns what it printed, without blank lines. Its exit code must be 0. */
private fun run(vararg command: String): List<String> {
    val process = ProcessBuilder(*command).redirectError(ProcessBuilder.Redirect.DISCARD)
    process.environment()["TZ"] = "UTC"
    val running = process.start()
    val lines =
        running.inputStream
            .reader()
            .readLines()
            .filter { it.isNotBlank() }
    check(running.waitFor() == 0) { "${command.joinToString(" ")} ended with ${running.exitValue()}" }
    return lines
}

private val A = address("10.0.0.1")
private val B = address("192.0.2.9")
private val A6 = address("2001:db8::1")
private val B6 = address("2001:db8:2::9")

/** One of each kind: no, source and destination NAT, both families, ICMP, no ports, an interval, a process. */
private val FLOWS =
    listOf(
        flow(interfaceName = "eth0"),
        flow(
            original = ConntrackTuple.tcp(A, 40_000, B, 443),
            reply = ConntrackTuple.tcp(address("10.9.9.9"), 8443, address("203.0.113.7"), 41_234),
            originalTraffic = FlowTraffic(1L shl 40, 1L shl 50, 5_000_000_000, 6_000_000_000_000),
            reason = FlowEnd.ACTIVE,
            process = Attribution.Known(CURL),
        ),
        flow(original = ConntrackTuple.udp(A6, 53_000, B6, 53), reason = FlowEnd.TIMED_OUT),
        flow(
            original = ConntrackTuple.udp(A6, 53_000, B6, 53),
            reply = ConntrackTuple.udp(B6, 53, address("2001:db8:7::7"), 2000),
            reason = FlowEnd.EVICTED,
        ),
        flow(original = ConntrackTuple.icmp(A, B, 7, 8, 0), reason = FlowEnd.DELETED),
        flow(original = ConntrackTuple.icmp(A6, B6, 7, 128, 0), reason = FlowEnd.LOST_SIGHT),
        flow(original = ConntrackTuple.of(IpProtocol.GRE, A, B)),
    )

private val MILLIS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS").withZone(ZoneOffset.UTC)

private fun endReason(end: FlowEnd) =
    when (end) {
        FlowEnd.TIMED_OUT -> 1
        FlowEnd.ACTIVE -> 2
        FlowEnd.CLOSED -> 3
        FlowEnd.DELETED, FlowEnd.LOST_SIGHT -> 4
        FlowEnd.EVICTED -> 5
    }

private fun FlowRecord.six() = original().source().address.size == 16

private fun hex(bytes: ByteArray) = bytes.joinToString(":") { "%02x".format(it) }

/** The datagrams of an exporter, one for each report, and those of its end. */
private fun exported(reports: List<FlowReport>): List<ByteArray> =
    DatagramSocket(0, InetAddress.getLoopbackAddress()).use { socket ->
        socket.soTimeout = 10_000
        export(socket.localPort, reports)
        List(reports.size + 1) {
            val packet = DatagramPacket(ByteArray(2048), 2048)
            socket.receive(packet)
            packet.data.copyOf(packet.length)
        }
    }

private fun export(
    port: Int,
    reports: List<FlowReport>,
) {
    val collector = InetSocketAddress(InetAddress.getLoopbackAddress(), port)
    IpfixExporter
        .open(collector, IpfixTransport.UDP, IpfixExporterOptions.builder().clock(CLOCK).build())
        .use { exporter ->
            reports.forEach {
                exporter.report(it)
                exporter.flush()
            }
        }
}

private fun capture(
    file: File,
    datagrams: List<ByteArray>,
) {
    PcapngWriter(file.outputStream(), CaptureSection.create()).use { writer ->
        val id = writer.addInterface(CaptureInterface.of(LinkType.RAW))
        for (datagram in datagrams) {
            val packet = SamplePackets.udp("127.0.0.1", 40_000, "127.0.0.1", 4739, *datagram)
            writer.packet(id, START, ByteBuffer.wrap(packet), 0, packet.size, packet.size.toLong(), 0, null)
        }
    }
}

/** What tshark should show of a flow, by its names of fields; a field of both directions has two values. */
private fun FlowRecord.shark(): Map<String, String> {
    val fields = mutableMapOf<String, String>()
    val v = if (six()) "v6" else ""
    fields["cflow.srcaddr$v"] = original().source().hostAddress.let { if (six()) A6_TEXT else it }
    fields["cflow.dstaddr$v"] = if (six()) B6_TEXT else original().destination().hostAddress
    fields["cflow.protocol"] = original().protocol().toString()
    if (original().hasPorts()) {
        fields["cflow.srcport"] = original().sourcePort().toString()
        fields["cflow.dstport"] = original().destinationPort().toString()
    }
    fields["cflow.permanent_octets"] = "${originalTraffic().bytes()},${replyTraffic().bytes()}"
    fields["cflow.permanent_packets"] = "${originalTraffic().packets()},${replyTraffic().packets()}"
    fields["cflow.octets"] = "${originalTraffic().deltaBytes()},${replyTraffic().deltaBytes()}"
    fields["cflow.packets"] = "${originalTraffic().deltaPackets()},${replyTraffic().deltaPackets()}"
    fields["cflow.flow_end_reason"] = endReason(reason()).toString()
    fields["cflow.biflow_direction"] = "1"
    if (translated() && original().hasPorts()) {
        val nat = if (six()) "nat_source_ipv6" to "nat_destination_ipv6" else "natsource_ipv4" to "natdestination_ipv4"
        fields["cflow.post_${nat.first}_address"] = if (six()) "2001:db8:7::7" else reply().destination().hostAddress
        fields["cflow.post_${nat.second}_address"] = if (six()) B6_TEXT else reply().source().hostAddress
        fields["cflow.post_naptsource_transport_port"] = reply().destinationPort().toString()
        fields["cflow.post_naptdestination_transport_port"] = reply().sourcePort().toString()
    }
    interfaceName().ifPresent { fields["cflow.if_name"] = it }
    return fields
}

private const val A6_TEXT = "2001:db8::1"
private const val B6_TEXT = "2001:db8:2::9"

private val SHARK_FIELDS = FLOWS.flatMap { it.shark().keys }.distinct() + listOf("cflow.enterprise_private_entry")

/** The bytes that wait at a port of the loopback address, as `/proc/net/udp` shows them; null if it is not bound. */
private fun waiting(port: Int): Long? =
    File("/proc/net/udp")
        .readLines()
        .map { it.trim().split(Regex(" +")) }
        .find { it[1] == "0100007F:%04X".format(port) }
        ?.let { it[4].substringAfter(':').toLong(16) }

/** Runs nfcapd while an action sends to its port; returns its file. */
private fun collected(
    directory: File,
    send: (Int) -> Unit,
): File {
    val port = DatagramSocket(0, InetAddress.getLoopbackAddress()).use { it.localPort }
    val log = File(directory, "nfcapd.log")
    val nfcapd =
        ProcessBuilder("nfcapd", "-w", directory.path, "-b", "127.0.0.1", "-p", port.toString())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start()
    try {
        val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20)
        while (waiting(port) == null) {
            check(nfcapd.isAlive && System.nanoTime() < deadline) { "nfcapd did not bind its port: ${log.readText()}" }
            Thread.sleep(10)
        }
        send(port)
        while (waiting(port) != 0L) {
            check(nfcapd.isAlive && System.nanoTime() < deadline) { "nfcapd did not read: ${log.readText()}" }
            Thread.sleep(10)
        }
    } finally {
        nfcapd.destroy() // SIGTERM: it completes its file
        check(nfcapd.waitFor(20, TimeUnit.SECONDS)) { "nfcapd did not end" }
    }
    return directory.listFiles()!!.single { it.name.startsWith("nfcapd.2") }
}

/** The numbers and texts of nfdump's JSON, one map for each flow. */
private fun nfdump(file: File): List<Map<String, String>> {
    val member = Regex("\"(\\w+)\" : (?:\"([^\"]*)\"|(\\d+))")
    return run("nfdump", "-q", "-r", file.path, "-o", "json").joinToString("\n").split("{\n").drop(1).map { flow ->
        member.findAll(flow).associate { it.groupValues[1] to it.groupValues[2].ifEmpty { it.groupValues[3] } }
    }
}

private fun FlowRecord.nfdump(): Map<String, String> {
    val fields = mutableMapOf<String, String>()
    val v = if (six()) 6 else 4
    fields["src${v}_addr"] = if (six()) A6_TEXT else original().source().hostAddress
    fields["dst${v}_addr"] = if (six()) B6_TEXT else original().destination().hostAddress
    fields["proto"] = original().protocol().toString()
    if (original().hasPorts()) {
        fields["src_port"] = original().sourcePort().toString()
        fields["dst_port"] = original().destinationPort().toString()
    }
    if (original().hasIcmp()) {
        fields["icmp_type"] = original().icmpType().toString()
        fields["icmp_code"] = original().icmpCode().toString()
    }
    fields["in_bytes"] = originalTraffic().deltaBytes().toString()
    fields["in_packets"] = originalTraffic().deltaPackets().toString()
    fields["out_bytes"] = replyTraffic().deltaBytes().toString()
    fields["out_packets"] = replyTraffic().deltaPackets().toString()
    fields["first"] = MILLIS.format(start().instant())
    fields["last"] = MILLIS.format(end().instant())
    if (translated() && original().hasPorts() && !six()) { // nfdump 1.7.1 reads no NAT of IPv6
        fields["src4_xlt_ip"] = reply().destination().hostAddress
        fields["dst4_xlt_ip"] = reply().source().hostAddress
        fields["src_xlt_port"] = reply().destinationPort().toString()
        fields["dst_xlt_port"] = reply().sourcePort().toString()
    }
    return fields
}

class IpfixToolsSpec :
    FunSpec({
        test("tshark reads each field of an export").config(enabledOrReasonIf = { available("tshark") }) {
            val file = File(tempdir(), "export.pcapng")
            capture(file, exported(FLOWS + loss()))
            val select = SHARK_FIELDS.flatMap { listOf("-e", it) }.toTypedArray()
            val decode =
                arrayOf("tshark", "-r", file.path, "-d", "udp.port==4739,cflow", "-T", "fields", "-E", "header=n")
            val lines = run(*decode, *select).map { it.split('\t') }
            lines.size shouldBe FLOWS.size + 1 // that of the statistics has none of these fields
            FLOWS.forEachIndexed { i, flow ->
                val shown = SHARK_FIELDS.zip(lines[i]).toMap().filterValues { it.isNotEmpty() }
                withClue("flow $i") { shown - "cflow.enterprise_private_entry" shouldBe flow.shark() }
                val own = shown.getValue("cflow.enterprise_private_entry").replace(":", "").split(',')
                own.contains("fedcba98") shouldBe true
                own.contains(hex(flow.host().toByteArray()).replace(":", "")) shouldBe true
            }
            val text = run("tshark", "-r", file.path, "-d", "udp.port==4739,cflow", "-V").joinToString("\n")
            text.contains("Malformed") shouldBe false
            text.contains("Not Sent Flows: 0") shouldBe true
            Regex("Expected Sequence Number").containsMatchIn(text) shouldBe false
        }

        test("nfdump reads each field of an export").config(enabledOrReasonIf = { available("nfcapd") }) {
            val directory = Files.createDirectory(tempdir().toPath().resolve("flows")).toFile()
            val flows = nfdump(collected(directory) { port -> export(port, FLOWS + loss()) })
            flows.size shouldBe FLOWS.size
            FLOWS.forEachIndexed { i, flow ->
                val expected = flow.nfdump()
                withClue("flow $i: ${flows[i]}") { flows[i].filterKeys { it in expected } shouldBe expected }
            }
        }
    })
