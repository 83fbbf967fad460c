// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.Bytes
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.run.Failure
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.trace.TraceWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder

private val order = ByteOrder.nativeOrder()

private fun trace(vararg datagrams: ByteArray): Trace =
    Trace(
        datagrams.map { TraceEntry(TraceKind.FROM_KERNEL, 5, Netlink.NETLINK_NETFILTER, Bytes.of(*it), false, null) },
        order,
    )

private fun good() = SampleNflog.of(byteArrayOf(1, 2, 3)).toDatagram(order)

class ReplaySpec :
    FunSpec({
        val bad =
            mapOf(
                "a prefix without NUL" to SampleNflog.of(byteArrayOf(1)).attribute(10, 65, 66).toDatagram(order),
                "an attribute shorter than its type" to
                    SampleNflog.of(byteArrayOf(1)).attribute(2, 1, 2).toDatagram(order),
                "a datagram cut in the middle" to good().let { it.copyOf(it.size - 6) },
            )
        for ((what, datagram) in bad) {
            test("$what is reported in one line with code 1, and the other packets are printed") {
                val out = ByteArrayOutputStream()
                val failure =
                    shouldThrow<Failure> {
                        ReplayCommand.replay(trace(good(), datagram, good()), "recording", true, TextOutput(out))
                    }
                failure.exitCode() shouldBe 1
                failure.message shouldContain "recording: 1 malformed, the first: "
                out.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() } shouldHaveSize 2
            }
        }

        test("a trace without packets prints so, with code 0") {
            val empty = tempdir().resolve("empty.pcapng")
            TraceWriter(empty.outputStream(), order, "spec").close()
            val ran = nfkit("replay", empty.path)
            ran.code shouldBe 0
            ran.out shouldBe ""
            ran.err shouldBe "nfkit replay: 0 packets and 0 messages of conntrack in $empty\n"
        }
    })
