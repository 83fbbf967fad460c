// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.Bytes
import dev.nfkit.conntrack.ConntrackMessage
import dev.nfkit.samples.cli.Ran
import dev.nfkit.samples.cli.conntrack.print.datagram
import dev.nfkit.samples.cli.conntrack.print.tuples
import dev.nfkit.samples.cli.conntrack.print.web
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.traceNames
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.trace.TraceWriter
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

private val order = ByteOrder.nativeOrder()

private fun message(
    type: Int,
    flags: Int = 0,
    body: MessageWriter.() -> Unit = {},
): ByteArray {
    val datagram = MessageWriter(512, order).apply { begin(type, flags, 7).apply(body).end() }.datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

/** The kernel's error for a request that is only a header, with more bytes after it in the same message. */
private fun error(
    flags: Int = 0,
    more: MessageWriter.() -> Unit = {},
) = message(Netlink.NLMSG_ERROR, flags) {
    rawHost32(-2)
    rawHost32(16)
    rawHost32(0x0100)
    rawHost32(7)
    rawHost32(0)
    more()
}

private fun ByteArray.length(value: Int) = copyOf().also { ByteBuffer.wrap(it).order(order).putInt(0, value) }

/** One packet of each kind, so that each part of the command reads the recording. */
private val good =
    listOf(
        SampleNflog.of(SamplePackets.udp4(1)).toDatagram(order),
        SampleNfqueue.of(SamplePackets.udp4(1)).id(1).toDatagram(order),
        datagram(ConntrackMessage.CT_NEW) { tuples(web) },
    )

private fun recording(
    file: File,
    datagrams: List<ByteArray>,
    kind: TraceKind = TraceKind.FROM_KERNEL,
    truncated: Boolean = false,
) = file.apply {
    TraceWriter(outputStream(), order, "spec").use { writer ->
        for (datagram in datagrams) {
            val bytes = Bytes.of(*datagram)
            writer.write(TraceEntry(kind, 5, Netlink.NETLINK_NETFILTER, bytes, truncated, null))
        }
    }
}

private fun Ran.lines() = out.lines().filter { it.isNotEmpty() }

class ReplayDamageSpec :
    FunSpec({
        val damaged =
            mapOf(
                "no bytes at all" to ByteArray(0),
                "a datagram of 1 byte" to ByteArray(1),
                "a datagram of 15 bytes" to ByteArray(15),
                "a length of 0" to good[0].length(0),
                "a length below a header" to good[1].length(15),
                "a length beyond the datagram" to good[2].length(good[2].size + 1),
                "a length with all bits" to good[0].length(-1),
                "a packet without its nfgenmsg" to message(0x400),
                "a queued packet without its nfgenmsg" to message(0x300) { rawHost32(0) }.length(19).copyOf(19),
                "a connection without its nfgenmsg" to message(0x100),
                "a message of an unknown family, without its nfgenmsg" to message(0x1234),
                "an error without the request" to message(Netlink.NLMSG_ERROR) { rawHost32(-2) },
                "a few bytes after an error" to error() + ByteArray(3),
                "a packet after an error" to error() + good[1],
                "a damaged header after an error" to error() + good[0].length(3),
                "an error with an attribute that is cut" to
                    error(Netlink.NLM_F_ACK_TLVS) { rawHost32(0x00010020) },
                "an error whose request is longer than the error" to
                    error(Netlink.NLM_F_ACK_TLVS).also { ByteBuffer.wrap(it).order(order).putInt(20, 4000) },
                "bytes after a packet" to good[0] + ByteArray(5) { 1 },
            )

        context("each damaged datagram is reported once, with its entry's number, and code 1") {
            withData(damaged) { datagram ->
                for (around in listOf(emptyList(), good)) {
                    val file = recording(File(tempdir(), "damaged.pcapng"), around + listOf(datagram))
                    val ran = nfkit("replay", file.path)
                    ran.code shouldBe 1
                    val reports = ran.messages
                    reports shouldHaveSize 2
                    reports[0] shouldStartWith "nfkit: ${file.path}: entry ${around.size + 1}: malformed "
                    reports[1] shouldStartWith "nfkit: ${file.path}: 1 malformed, the first: "
                    (ran.lines().size >= around.size) shouldBe true
                }
            }
        }

        test("damage is also found in messages to the kernel") {
            for (datagram in listOf(ByteArray(15), good[1].length(15), message(0x301))) {
                val file = recording(File(tempdir(), "sent.pcapng"), listOf(datagram), TraceKind.TO_KERNEL)
                val ran = nfkit("replay", file.path, "--json")
                ran.code shouldBe 1
                ran.err shouldContain "1 malformed"
            }
        }

        test("all malformed messages are counted, and a bounded number is printed") {
            val file = recording(File(tempdir(), "many.pcapng"), List(250) { ByteArray(7) })
            val ran = nfkit("replay", file.path)
            ran.code shouldBe 1
            ran.err shouldContain "250 malformed"
            ran.err.lines().filter { ": entry " in it } shouldHaveSize MalformedReport.MOST_LINES
        }

        test("a datagram that the recording truncated is counted once as cut, and not as malformed") {
            for (datagram in good) {
                val cut = datagram.copyOf(datagram.size - 4)
                val file = recording(File(tempdir(), "cut.pcapng"), listOf(cut), truncated = true)
                val ran = nfkit("replay", file.path)
                ran.code shouldBe 1
                ran.err shouldBe "nfkit: ${file.path}: 1 datagrams are cut in this recording\n"
            }
        }

        context("no datagram of the recordings is reported as damaged") {
            withData(listOf("nflog", "nfqueue", "ctnetlink").flatMap(::traceNames)) { name ->
                val found = mutableListOf<String>()
                val report = MalformedReport(name)
                RecordingCheck.of(replayed(name), report)
                report.first()?.let { found += it.message!! }
                found.shouldBeEmpty()
            }
            traceNames("ctnetlink").shouldNotBeEmpty()
        }

        test("errors and acknowledgements of each form are valid") {
            val sound =
                listOf(
                    error(),
                    error(Netlink.NLM_F_CAPPED),
                    error(Netlink.NLM_F_CAPPED or Netlink.NLM_F_ACK_TLVS) { string(1, "the kernel's words") },
                    error(Netlink.NLM_F_ACK_TLVS) { string(1, "the kernel's words") },
                    message(Netlink.NLMSG_DONE) { rawHost32(0) },
                    good[2] + message(Netlink.NLMSG_DONE),
                )
            val entries =
                sound.map {
                    TraceEntry(
                        TraceKind.FROM_KERNEL,
                        5,
                        Netlink.NETLINK_NETFILTER,
                        Bytes.of(*it),
                        false,
                        null,
                    )
                }
            val report = MalformedReport("sound")
            RecordingCheck.of(Trace(entries, order), report) shouldBe 0
            report.first() shouldBe null
        }
    })
