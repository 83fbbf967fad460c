// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.packet.IpProtocol
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessInfo
import dev.nfkit.process.Sockets
import dev.nfkit.process.UnknownReason
import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.Schemas
import dev.nfkit.samples.cli.conntrack.arguments.ChangeArguments
import dev.nfkit.samples.cli.conntrack.arguments.EntryArguments
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection
import dev.nfkit.samples.cli.conntrack.arguments.MaskArguments
import dev.nfkit.samples.cli.conntrack.arguments.NatArguments
import dev.nfkit.samples.cli.conntrack.arguments.ProtocolArguments
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments
import dev.nfkit.samples.cli.conntrack.names.LabelNames
import dev.nfkit.samples.cli.conntrack.print.ConntrackClock
import dev.nfkit.samples.cli.conntrack.print.ConntrackColumns
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson
import dev.nfkit.samples.cli.conntrack.print.ConntrackLines
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeProcesses
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import java.io.ByteArrayOutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.time.Duration
import java.util.Optional
import java.util.OptionalLong

private val ID = "0123456789abcdef".repeat(4)

private fun tcp(port: Int) =
    ConntrackTuple.tcp(InetAddress.getByName("10.0.0.1"), port, InetAddress.getByName("10.0.0.2"), 80)

private fun withTable(body: (FakeNetfilter, Conntrack) -> Unit) {
    val kernel = FakeNetfilter()
    kernel.processSockets().address("10.0.0.1")
    Conntrack.open(kernel).use { body(kernel, it) }
}

private fun FakeNetfilter.connection(port: Int) =
    conntrack().add(SampleConntrack.of(SampleTuple.tcp("10.0.0.1", port, "10.0.0.2", 80)).tcp(3))

private fun list(
    table: Conntrack,
    printer: ConntrackPrinter,
): List<String> {
    val lines = mutableListOf<String>()
    table.dump<RuntimeException> { entry ->
        lines += StringBuilder().also { printer.entry(entry, ConntrackPrinter.NO_TIME, it) }.toString()
    }
    return lines
}

private fun lines(processes: FakeProcesses) =
    ConntrackLines(
        ConntrackColumns.parse(listOf("process"), LabelNames(listOf())),
        ConntrackClock.EPOCH,
        null,
        processes,
    )

private fun all() =
    EntrySelection.of(
        EntryOptions(
            TupleArguments(),
            MaskArguments(),
            EntryArguments(),
            ProtocolArguments(),
            ChangeArguments(),
            NatArguments(),
            LabelNames(listOf()),
        ),
    )

class ConntrackProcessesSpec :
    FunSpec({
        val nginx =
            ProcessInfo(
                812,
                Duration.ofMillis(5230),
                "ng\u001binx",
                Optional.of("/usr/sbin/nginx"),
                listOf("nginx", "-g", "daemon off;"),
                33,
                Optional.of("/system.slice/docker-$ID.scope"),
            )

        test("a line ends with the process of the connection, or with the reason why it is unknown") {
            withTable { kernel, table ->
                (1..3).forEach { kernel.connection(it) }
                val processes =
                    FakeProcesses()
                        .set(tcp(1), nginx)
                        .set(tcp(2), Attribution.Unknown(UnknownReason.NO_PERMISSION, OptionalLong.of(7)))
                val lines = list(table, lines(processes))
                lines[0] shouldEndWith " process=ng.inx pid=812 uid=33 unit=docker-$ID.scope container=$ID"
                lines[1] shouldEndWith " process=[no-permission] uid=7"
                lines[2] shouldEndWith " process=[forwarded]"
            }
        }

        test("JSON has the process as an object") {
            withTable { kernel, table ->
                (1..2).forEach { kernel.connection(it) }
                val printed = list(table, ConntrackJson(null, FakeProcesses().set(tcp(1), nginx)))
                printed.forEach(Schemas::check)
                val objects = printed.map { parseJson(it)["process"] }
                objects[0] shouldBe
                    mapOf(
                        "pid" to 812L,
                        "name" to "ng\u001binx",
                        "started_after_boot" to 5.23,
                        "executable" to "/usr/sbin/nginx",
                        "command_line" to listOf("nginx", "-g", "daemon off;"),
                        "uid" to 33L,
                        "cgroup" to "/system.slice/docker-$ID.scope",
                        "unit" to "docker-$ID.scope",
                        "container" to ID,
                    )
                objects[1] shouldBe mapOf("unknown" to "forwarded")
            }
        }

        test("every reason is in the schema") {
            withTable { kernel, table ->
                kernel.connection(1)
                for (reason in UnknownReason.entries) {
                    val processes = FakeProcesses().set(tcp(1), Attribution.unknown(reason))
                    list(table, ConntrackJson(null, processes)).forEach(Schemas::check)
                }
            }
        }

        test("the sockets of the connections are ended and these printed, and others are counted") {
            withTable { kernel, table ->
                (1..4).forEach { kernel.connection(it) }
                kernel.conntrack().add(SampleConntrack.of(SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, 7)))
                val ended = listOf(1, 2).map { kernel.processSockets().connect(tcp(it), 1000) }
                kernel.processSockets().listen(IpProtocol.TCP, "10.0.0.1", 3, 0)
                val out = ByteArrayOutputStream()
                val text = TextOutput(out)
                Sockets.open(kernel).use { sockets ->
                    val processes = FakeProcesses().set(tcp(1), FakeProcesses.process("curl", 5, 6))
                    val output = ConntrackOutput(lines(processes), text, false)
                    ConntrackKilling(table, sockets, output).kill(all()) shouldBe 0
                    ConntrackKilling(table, sockets, output).kill(all()) shouldBe 1
                }
                text.flush()
                val printed = out.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() }
                printed.map { it.substringAfter("process=") } shouldContainExactly
                    listOf("curl pid=5 uid=6", "[forwarded]")
                kernel.processSockets().destroyed() shouldContainExactly ended
            }
        }

        test("processes are listed, and the socket of a connection is ended").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                netns.track()
                val loopback = InetAddress.getByName("127.0.0.1")
                NetworkNamespace.named(netns.name).call { ServerSocket(0, 5, loopback) }.use { server ->
                    val port = "${server.localPort}"
                    val connect = "exec 3<>/dev/tcp/127.0.0.1/$port; read"
                    val client = ProcessBuilder("ip", "netns", "exec", netns.name, "bash", "-c", connect).start()
                    try {
                        val accepted = server.accept()
                        val listed = nfkit("conntrack", "--netns", netns.name, "-L", "-o", "process", "--json")
                        val process = parseJson(listed.out.trim())["process"] as Map<*, *>
                        process["pid"] shouldBe client.pid()
                        process["name"] shouldBe "bash"
                        val kill = arrayOf("conntrack", "--netns", netns.name, "--kill", "-p", "tcp", "--dport", port)
                        nfkit(*kill).messages shouldContainExactly listOf("nfkit conntrack: 1 sockets have been ended.")
                        runCatching { accepted.getInputStream().read() }.isFailure shouldBe true
                        val again = nfkit(*kill)
                        again.code shouldBe 1
                        again.err shouldContain "have no socket here"
                    } finally {
                        client.destroyForcibly().waitFor()
                    }
                }
            }
        }
    })
