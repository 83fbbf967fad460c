// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.wire.MessageCursor
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Instant

private const val FLOWS = 200_000

private fun entry(number: Int): ConntrackEntry {
    val tuple = SampleTuple.tcp("10.${number shr 16}.1.1", number and 0xffff, "10.0.0.2", 443)
    val datagram =
        SampleConntrack
            .of(tuple)
            .id(number + 2L)
            .timeout(600)
            .toDatagram(ByteOrder.nativeOrder())
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, ByteOrder.nativeOrder())
    check(cursor.next())
    return ConntrackEntry.read(cursor)
}

private fun used(): Long {
    repeat(3) { System.gc() }
    return Runtime.getRuntime().let { it.totalMemory() - it.freeMemory() }
}

class FlowMemorySpec :
    FunSpec({
        test("an open flow takes at most 400 bytes, so that a million take less than half a GiB") {
            val options = FlowMeterOptions.builder().host("fw1").build()
            val counts = FlowCounts()
            val times = FlowTimes { Instant.EPOCH }
            val writer = FlowWriter(options, times, { 0 }) { error("no report: $it") }
            val flows = FlowTable(options, writer, LossAccount(counts), counts)
            val before = used()
            for (number in 0 until FLOWS) flows.begin(entry(number))
            val each = (used() - before) / FLOWS
            flows.open() shouldBe FLOWS
            println("an open flow takes $each bytes")
            each shouldBeLessThan 400
            flows.open() shouldBe FLOWS // reachable until here
        }
    })
