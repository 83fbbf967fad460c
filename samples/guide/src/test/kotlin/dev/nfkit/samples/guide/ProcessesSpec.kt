// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.coroutines.lookup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.packet.IpSummary
import dev.nfkit.process.Attribution
import dev.nfkit.process.Sockets
import dev.nfkit.process.UnknownReason
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeProcesses
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.net.InetAddress
import java.time.Duration
import java.util.OptionalLong

private val tuple =
    ConntrackTuple.tcp(InetAddress.getByName("10.0.0.1"), 40000, InetAddress.getByName("192.0.2.7"), 443)

private fun connection(port: Int) = SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 40000, "192.0.2.7", port)).tcp(3)

class ProcessesSpec :
    FunSpec({
        test("a new connection is printed with its process") {
            val kernel = FakeNetfilter()
            val processes = FakeProcesses().set(tuple, FakeProcesses.process("curl", 812, 1000))
            val out = ByteArrayOutputStream()
            ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).use { events ->
                kernel.conntrack().add(connection(443))
                events.poll<RuntimeException>({ Processes.follow(it, processes, PrintStream(out)) }, Duration.ZERO)
            }
            out.toString().trim() shouldBe
                "tcp src=10.0.0.1 dst=192.0.2.7 sport=40000 dport=443: curl (pid 812, uid 1000)"
        }

        test("an answer is a process or a reason") {
            val processes = FakeProcesses().set(tuple, FakeProcesses.process("curl", 812, 1000))
            Processes.describe(processes.lookup(tuple)) shouldBe "curl"
            Processes.describe(Attribution.Unknown(UnknownReason.KERNEL, OptionalLong.of(0))) shouldBe
                "KERNEL of user OptionalLong[0]"
        }

        test("the process of a packet is found, or the packet's user remains") {
            val kernel = FakeNetfilter()
            val bytes = SamplePackets.tcp("10.0.0.1", 40000, "192.0.2.7", 443, 2)
            val options = NflogOptions.builder().group(30) { it.threshold(1) }.build()
            val found = mutableListOf<Attribution>()
            NflogSession.open(kernel, options).use {
                kernel.nflog().log(30, SampleNflog.of(bytes).uid(1000))
                val ip = IpSummary()
                it.poll<RuntimeException>(
                    { packet ->
                        ip.wrap(packet.payload())
                        for (processes in listOf(
                            FakeProcesses(),
                            FakeProcesses().set(tuple, FakeProcesses.process("curl", 812, 1000)),
                        )) {
                            found += Processes.of(packet, ip, processes)
                        }
                    },
                    Duration.ZERO,
                )
            }
            found.map { "$it" } shouldContainExactly listOf("unknown: forwarded (uid 1000)", "curl (pid 812, uid 1000)")
        }

        test("connections to a port are ended") {
            val kernel = FakeNetfilter()
            kernel.processSockets().address("10.0.0.1")
            val socket = kernel.processSockets().connect(tuple, 1000)
            listOf(443, 80).forEach { kernel.conntrack().add(connection(it)) }
            Conntrack.open(kernel).use { table ->
                Sockets.open(kernel).use { Processes.end(table, it, 443) shouldBe 1 }
            }
            kernel.processSockets().destroyed() shouldContainExactly listOf(socket)
        }
    })
