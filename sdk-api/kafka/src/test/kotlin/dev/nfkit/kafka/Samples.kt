// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowDoubt
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowTime
import dev.nfkit.flows.FlowTraffic
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessInfo
import dev.nfkit.process.UnknownReason
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.string
import java.math.BigInteger
import java.net.Inet6Address
import java.net.InetAddress
import java.time.Duration
import java.util.Optional
import java.util.OptionalLong
import java.util.UUID

internal fun record(
    number: Int,
    reason: FlowEnd = FlowEnd.CLOSED,
): FlowRecord {
    val original = ConntrackTuple.tcp(ip(10, 0, 0, 1), 1024 + number % 60_000, ip(10, 0, 0, 2), 443)
    return FlowRecord(
        "fw1",
        UUID(7, number.toLong()),
        1_000,
        0,
        original,
        original.inverted(),
        0,
        0,
        BigInteger.ZERO,
        7,
        FlowTraffic.whole(10, 1_000),
        FlowTraffic.whole(8, 9_000),
        FlowTime.byKernel(2_000),
        FlowTime.byKernel(2_000),
        FlowTime.byKernel(3_000),
        reason,
        setOf(),
        Optional.empty(),
        Attribution.unknown(UnknownReason.NOT_ASKED),
    )
}

private fun ip(vararg bytes: Int): InetAddress = InetAddress.getByAddress(ByteArray(bytes.size) { bytes[it].toByte() })

private fun Arb.Companion.address(six: Boolean) =
    arbitrary { source ->
        val bytes = source.random.nextBytes(if (six) 16 else 4)
        if (six) Inet6Address.getByAddress(null, bytes, -1) else InetAddress.getByAddress(bytes)
    }

private fun Arb.Companion.tuple() =
    arbitrary {
        val six = Arb.int(0..1).bind() == 1
        val source = Arb.address(six).bind()
        val destination = Arb.address(six).bind()
        val port = Arb.int(0..65_535)
        val tuple =
            when (Arb.int(0..3).bind()) {
                0 -> ConntrackTuple.icmp(source, destination, port.bind(), if (six) 128 else 8, Arb.int(0..255).bind())
                1 -> ConntrackTuple.of(Arb.int(0..255).bind(), source, destination)
                else -> ConntrackTuple.of(Arb.int(0..255).bind(), source, port.bind(), destination, port.bind())
            }
        if (Arb.int(0..3).bind() == 0) tuple.inZone(port.bind()) else tuple
    }

private fun Arb.Companion.traffic() =
    arbitrary {
        val packets = Arb.long(0..Long.MAX_VALUE).bind()
        val bytes = Arb.long(0..Long.MAX_VALUE).bind()
        FlowTraffic(packets, bytes, Arb.long(0..packets).bind(), Arb.long(0..bytes).bind())
    }

private fun Arb.Companion.time() =
    arbitrary { FlowTime(Arb.long(0..Long.MAX_VALUE).bind(), Arb.enum<FlowTime.Source>().bind()) }

private fun Arb.Companion.attribution(): Arb<Attribution> =
    arbitrary {
        val uid = Arb.long(0..0xffff_ffffL).bind()
        if (Arb.int(0..1).bind() == 0) {
            Attribution.Unknown(
                Arb.enum<UnknownReason>().bind(),
                if (uid % 2 == 0L) OptionalLong.of(uid) else OptionalLong.empty(),
            )
        } else {
            Attribution.Known(
                ProcessInfo(
                    Arb.long(1..Int.MAX_VALUE.toLong()).bind(),
                    Duration.ofMillis(Arb.long(0..1_000_000_000L).bind()),
                    Arb.string(0, 15).bind(),
                    if (uid % 2 == 0L) Optional.of(Arb.string().bind()) else Optional.empty(),
                    List(Arb.int(0..3).bind()) { Arb.string().bind() },
                    uid,
                    if (uid % 3 == 0L) Optional.of(Arb.string().bind()) else Optional.empty(),
                ),
            )
        }
    }

internal fun Arb.Companion.record() =
    arbitrary { source ->
        val original = Arb.tuple().bind()
        FlowRecord(
            Arb.string(0, 30).bind(),
            UUID(source.random.nextLong(), source.random.nextLong()),
            Arb.long(0..Long.MAX_VALUE).bind(),
            Arb.long(0..Long.MAX_VALUE).bind(),
            original,
            Arb.tuple().bind(),
            Arb.int(0..65_535).bind(),
            Arb.long(0..0xffff_ffffL).bind(),
            BigInteger(128, java.util.Random(source.random.nextLong())),
            Arb.int(-1..255).bind(),
            Arb.traffic().bind(),
            Arb.traffic().bind(),
            Arb.time().bind(),
            Arb.time().bind(),
            Arb.time().bind(),
            Arb.enum<FlowEnd>().bind(),
            FlowDoubt.values().filter { source.random.nextBoolean() }.toSet(),
            if (source.random.nextBoolean()) Optional.of("eth" + Arb.int(0..9).bind()) else Optional.empty(),
            Arb.attribution().bind(),
        )
    }
