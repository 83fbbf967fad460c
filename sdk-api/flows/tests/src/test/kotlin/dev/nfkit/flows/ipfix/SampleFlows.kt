// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.flows.FlowDoubt
import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowReport
import dev.nfkit.flows.FlowTime
import dev.nfkit.flows.FlowTraffic
import dev.nfkit.packet.IpProtocol
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessInfo
import dev.nfkit.process.UnknownReason
import java.math.BigInteger
import java.net.Inet6Address
import java.net.InetAddress
import java.nio.ByteBuffer
import java.time.Duration
import java.time.Instant
import java.time.InstantSource
import java.util.Optional
import java.util.OptionalLong
import java.util.UUID
import kotlin.random.Random

internal val CLOCK = InstantSource { Instant.ofEpochSecond(1_700_000_000) }
internal const val START = 1_700_000_000_123_456_789L

internal fun address(text: String): InetAddress = InetAddress.getByName(text)

/** A record whose members a test changes. */
internal fun flow(
    original: ConntrackTuple = ConntrackTuple.tcp(address("10.0.0.1"), 40_000, address("192.0.2.9"), 443),
    reply: ConntrackTuple = original.inverted(),
    host: String = "fw1",
    sequence: Long = 0,
    process: Attribution = Attribution.unknown(UnknownReason.NOT_ASKED),
    originalTraffic: FlowTraffic = FlowTraffic(10, 2_000, 4, 800),
    replyTraffic: FlowTraffic = FlowTraffic(8, 90_000, 3, 4_500),
    reason: FlowEnd = FlowEnd.CLOSED,
    interfaceName: String? = null,
    labels: BigInteger = BigInteger.ZERO,
    start: FlowTime = FlowTime.byKernel(START),
    end: FlowTime = FlowTime.byKernel(START + 5_000_000_000),
    doubts: Set<FlowDoubt> = setOf(),
): FlowRecord =
    FlowRecord(
        host,
        UUID(0x0123456789abcdef, -2),
        1_700_000_000_000_000_001,
        sequence,
        original,
        reply,
        7,
        0xfedcba98,
        labels,
        3,
        originalTraffic,
        replyTraffic,
        start,
        FlowTime.atReceipt(START + 1),
        end,
        reason,
        doubts,
        Optional.ofNullable(interfaceName),
        process,
    )

internal val CURL =
    ProcessInfo(
        812,
        Duration.ofMillis(123_450),
        "curl",
        Optional.of("/usr/bin/curl"),
        listOf("curl", "-u", "me:secret", ""),
        1000,
        Optional.of("/user.slice/user-1000.slice"),
    )

internal fun loss(host: String = "fw1"): FlowLoss =
    FlowLoss(
        host,
        FlowLoss.Place.SOCKET,
        FlowTime.byKernel(START),
        FlowTime.atReceipt(START + 9),
        1_000,
        20,
        30,
        475,
    )

private fun <T> Random.of(values: Array<T>): T = values[nextInt(values.size)]

private fun Random.tuple(
    kind: Int,
    six: Boolean,
    protocol: Int,
): ConntrackTuple {
    val length = if (six) 16 else 4

    fun address() =
        nextBytes(length).let {
            if (six) Inet6Address.getByAddress(null, it, -1) else InetAddress.getByAddress(it)
        }
    return when (kind) {
        0 -> ConntrackTuple.of(protocol, address(), address())
        1 -> ConntrackTuple.of(protocol, address(), nextInt(65_536), address(), nextInt(65_536))
        else -> ConntrackTuple.icmp(address(), address(), nextInt(65_536), nextInt(256), nextInt(256))
    }
}

private fun Random.text(longest: Int): String =
    buildString { repeat(nextInt(longest + 1)) { appendCodePoint(of(arrayOf(0x41, 0xe9, 0x20ac, 0x1f600, 0x1b))) } }

private fun Random.time() = FlowTime(nextLong(-1_000_000_000_000, Long.MAX_VALUE), of(FlowTime.Source.values()))

private fun Random.traffic(): FlowTraffic {
    val packets = nextLong(Long.MAX_VALUE)
    val bytes = nextLong(1000)
    return FlowTraffic(packets, bytes, nextLong(packets + 1), nextLong(bytes + 1))
}

private fun Random.process(): Attribution =
    when (nextInt(3)) {
        0 -> {
            Attribution.unknown(UnknownReason.NOT_ASKED)
        }

        1 -> {
            Attribution.Unknown(
                of(UnknownReason.values()),
                if (nextBoolean()) OptionalLong.empty() else OptionalLong.of(nextLong(1L shl 32)),
            )
        }

        else -> {
            Attribution.Known(
                ProcessInfo(
                    nextLong(1, 1L shl 22),
                    Duration.ofMillis(10 * nextLong(1L shl 28)),
                    text(5),
                    Optional.of("/" + text(300)).filter { nextBoolean() },
                    List(nextInt(4)) { text(9) },
                    nextLong(1L shl 32),
                    Optional.of("/" + text(40)).filter { nextBoolean() },
                ),
            )
        }
    }

/** Any flow that the kernel can have, whatever its values. */
internal fun Random.flow(): FlowRecord {
    val six = nextBoolean()
    val kind = nextInt(3)
    val protocol = if (kind == 2) (if (six) IpProtocol.ICMPV6 else IpProtocol.ICMP) else nextInt(256)
    val original = tuple(kind, six, protocol)
    val reply =
        if (nextBoolean()) {
            tuple(kind, six, protocol)
        } else {
            when (kind) {
                2 -> ConntrackTuple.icmp(original.destination(), original.source(), nextInt(65_536), nextInt(256), 0)
                else -> original.inverted()
            }
        }

    fun ConntrackTuple.maybeInZone() = if (nextInt(4) == 0) inZone(nextInt(65_536)) else this
    return FlowRecord(
        text(20),
        UUID(nextLong(), nextLong()),
        nextLong(Long.MAX_VALUE),
        nextLong(Long.MAX_VALUE),
        original.maybeInZone(),
        reply.maybeInZone(),
        nextInt(65_536),
        nextLong(1L shl 32),
        if (nextBoolean()) BigInteger.ZERO else BigInteger(1, nextBytes(nextInt(17))),
        nextInt(-1, 256),
        traffic(),
        traffic(),
        time(),
        time(),
        time(),
        of(FlowEnd.values()),
        FlowDoubt.values().filter { nextBoolean() }.toSet(),
        Optional.of("eth" + text(3)).filter { nextBoolean() },
        process(),
    )
}

internal fun Random.report(): FlowReport =
    if (nextInt(8) == 0) {
        FlowLoss(
            text(20),
            of(FlowLoss.Place.values()),
            time(),
            time(),
            nextLong(Long.MAX_VALUE),
            nextLong(Long.MAX_VALUE),
            nextLong(Long.MAX_VALUE),
            nextLong(Long.MAX_VALUE),
        )
    } else {
        flow()
    }

/** A writer that keeps its messages. */
internal class Written(
    format: IpfixFormat = IpfixFormat.defaults(),
) {
    val messages = mutableListOf<ByteBuffer>()
    val contents = mutableListOf<MessageTarget.Contents>()
    val writer =
        IpfixWriter<RuntimeException>(format, CLOCK) { message, inside ->
            messages += ByteBuffer.allocate(message.remaining()).put(message).flip()
            contents += inside
        }

    fun add(vararg reports: FlowReport): Written {
        reports.forEach { writer.add(it) }
        return this
    }

    /** The messages so far, with the one that is being made. */
    fun flush(): List<ByteBuffer> {
        writer.flush()
        return messages
    }
}

/** Keeps what a reader delivers. */
internal class Read : IpfixSink<RuntimeException> {
    val reports = mutableListOf<FlowReport>()
    val records = mutableListOf<DataRecord>()
    val losses = mutableListOf<Long>()

    override fun report(report: FlowReport) {
        reports += report
    }

    override fun record(record: DataRecord) {
        records += record
    }

    override fun lost(
        exporter: String,
        domain: Long,
        number: Long,
    ) {
        losses += number
    }
}
