// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowTime
import dev.nfkit.flows.FlowTraffic
import dev.nfkit.kafka.FlowMessages
import dev.nfkit.kafka.schema.FlowMessage
import dev.nfkit.process.Attribution
import dev.nfkit.process.UnknownReason
import java.math.BigInteger
import java.net.InetAddress
import java.time.Instant
import java.util.Optional
import java.util.UUID

internal fun ip(text: String): InetAddress = InetAddress.getByName(text)

internal fun nanos(time: Instant): Long = time.epochSecond * 1_000_000_000 + time.nano

/** A connection of ten seconds that ended now, with 3000 bytes. */
internal fun record(
    host: String = "client",
    original: ConntrackTuple = ConntrackTuple.tcp(ip("10.0.0.1"), 40_000, ip("203.0.113.80"), 443),
    reply: ConntrackTuple = original.inverted(),
    end: Instant = Instant.now(),
    reason: FlowEnd = FlowEnd.CLOSED,
    sequence: Long = 0,
) = FlowRecord(
    host,
    UUID.nameUUIDFromBytes("$host $original".toByteArray()),
    1_000,
    sequence,
    original,
    reply,
    0,
    0,
    BigInteger.ZERO,
    7,
    FlowTraffic.whole(10, 1_000),
    FlowTraffic.whole(8, 2_000),
    FlowTime.byKernel(nanos(end) - 10_000_000_000),
    FlowTime.byKernel(nanos(end) - 10_000_000_000),
    FlowTime.byKernel(nanos(end)),
    reason,
    setOf(),
    Optional.empty(),
    Attribution.unknown(UnknownReason.NOT_ASKED),
)

/** The record as an agent sends it. */
internal fun FlowRecord.spooled(number: Long): FlowMessage =
    FlowMessages
        .toMessage(this)
        .toBuilder()
        .setSpoolMadeNs(5)
        .setSpoolNumber(number)
        .build()
