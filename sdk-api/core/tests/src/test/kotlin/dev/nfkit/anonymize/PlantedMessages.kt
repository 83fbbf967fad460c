// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.IpProtocol
import dev.nfkit.packet.PacketBuilder
import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.AttributeShape
import dev.nfkit.wire.AttributeType

private const val ERROR = 2
private const val DONE = 3

internal val families =
    mapOf(
        0x400 to NflogAttribute.SCHEMA,
        0x300 to NfqueueAttribute.SCHEMA,
        0x301 to NfqueueAttribute.SCHEMA,
        0x303 to NfqueueAttribute.SCHEMA,
        0x100 to ConntrackAttribute.SCHEMA,
        0x102 to ConntrackAttribute.SCHEMA,
        0x201 to ExpectationAttribute.SCHEMA,
    )

/**
 * The number of bytes of a value that may be unchanged, as [TraceAnonymizer] documents. The bytes after them are
 * secret.
 */
internal val visible: Map<AttributeType, Int> =
    mapOf(
        NflogAttribute.PACKET_HDR to 4,
        NflogAttribute.TIMESTAMP to 16,
        NfqueueAttribute.PACKET_HDR to 7,
        NfqueueAttribute.VERDICT_HDR to 8,
        NfqueueAttribute.TIMESTAMP to 16,
        ConntrackAttribute.LABELS to 16,
        ConntrackAttribute.LABELS_MASK to 16,
        ConntrackAttribute.Tcp.FLAGS_ORIGINAL to 2,
        ConntrackAttribute.Tcp.FLAGS_REPLY to 2,
    )

private val users = listOf(NflogAttribute.UID, NflogAttribute.GID, NfqueueAttribute.UID, NfqueueAttribute.GID)
private val names = listOf(ConntrackAttribute.Help.NAME, ExpectationAttribute.HELP_NAME, ExpectationAttribute.FN)
private val labels = listOf(ConntrackAttribute.LABELS, ConntrackAttribute.LABELS_MASK)
internal val payloads = listOf(NflogAttribute.PAYLOAD, NfqueueAttribute.PAYLOAD)
internal val linkHeaders = listOf(NflogAttribute.HWHEADER, NflogAttribute.L2HDR, NfqueueAttribute.L2HDR)

/** A value of a known attribute, of its own length or of another one. */
private fun Planted.value(
    type: AttributeType,
    depth: Int,
) {
    val nested = type.nested().orElse(null)
    val size = visible[type] ?: type.minimumLength()
    val surplus = if (random.nextBoolean()) 0 else random.nextInt(1, 40)
    when {
        nested != null -> {
            attributes(nested, depth + 1)
        }

        type in payloads -> {
            packet()
        }

        type in linkHeaders -> {
            header()
        }

        type == NflogAttribute.HWADDR || type == NfqueueAttribute.HWADDR -> {
            open(0, 6).secret(10 + surplus)
        }

        type !in labels && random.nextInt(10) == 0 -> {
            secret(random.nextInt(maxOf(1, size)))
        }

        type in names && random.nextBoolean() -> {
            open(*"ftp\u0000".toByteArray()).secret(surplus)
        }

        type in users -> {
            secret(4 + surplus)
        }

        type in visible || type.shape() !in listOf(AttributeShape.BYTES, AttributeShape.STRING) -> {
            open(*random.nextBytes(size)).secret(surplus)
        }

        // The first bits of addresses close to special ones are kept: here they are of 144 to 151 or 3000 to 3fff.
        size == 4 -> {
            secretAfter(byteArrayOf((0x90 + random.nextInt(8)).toByte()), 3 + surplus)
        }

        size == 16 -> {
            secretAfter(byteArrayOf((0x30 + random.nextInt(16)).toByte()), 15 + surplus)
        }

        else -> {
            secret(random.nextInt(20) + surplus)
        }
    }
}

private fun Planted.secretAfter(
    begin: ByteArray,
    length: Int,
) {
    val rest = newSecret(length)
    secrets += begin + rest
    open(*begin).open(*rest)
}

private fun Planted.header() {
    when (random.nextInt(3)) {
        0 -> secret(12).open(8, 0)
        1 -> secret(12).open(-127, 0, 0, 7, 8, 0)
        else -> secret(random.nextInt(40))
    }
}

/** Protocols of packets: those that are interpreted, some others, and an experimental one. */
internal val protocols =
    listOf(
        IpProtocol.TCP,
        IpProtocol.UDP,
        IpProtocol.ICMP,
        IpProtocol.ICMPV6,
        IpProtocol.SCTP,
        IpProtocol.GRE,
        IpProtocol.ESP,
        IpProtocol.IPIP,
        IpProtocol.IPV6,
        253,
    )

/** An address of which no part is kept: not close to a special one. */
private fun Planted.newAddress(version: Int): ByteArray {
    val address = random.nextBytes(if (version == 4) 4 else 16)
    address[0] = (if (version == 4) 0x90 + random.nextInt(8) else 0x30 + random.nextInt(16)).toByte()
    return address.also { secrets += it }
}

private fun Planted.secretAddress(version: Int): String = newAddress(version).hex()

/** Secrets that are not by chance the header of a message, attribute or packet, of which more is kept. */
private fun Planted.shapeless(length: Int) = newSecret(length).also { it.fill(0xfe.toByte(), 0, minOf(6, length)) }

/** A packet with secrets in every place in which a header, an option or data can contain one. */
private fun Planted.packet() {
    if (random.nextInt(8) == 0) {
        // Neither of version 4 nor 6.
        open(0x1f).secret(random.nextInt(100))
        return
    }
    if (random.nextInt(8) == 0) {
        open(0, 1, 8, 0, 6, 4, 0, 1)
            .secret(6)
            .open(*newAddress(4))
            .secret(6)
            .open(*newAddress(4))
            .secret(random.nextInt(20))
        return
    }
    val version = if (random.nextBoolean()) 4 else 6

    fun some(length: Int) = newSecret(length).hex()
    // Record route with a rest, router alerts of a wrong length, unknown options, bytes after the end.
    val options =
        listOf(
            "",
            "070704${secretAddress(4)}00",
            "070a04${secretAddress(4)}${some(3)}0000",
            "9408${some(6)}",
            "8808${some(6)}",
            "00${some(7)}",
        )
    val tcp =
        listOf("", "0209${some(7)}000000", "040a${some(8)}0000", "fd08${some(6)}", "00${some(7)}", "130a${some(8)}0000")
    val extensions =
        listOf(
            0 to "00 0504 ${some(4)}",
            0 to "01 0505 ${some(5)} 0105 0000000000",
            60 to "01 3c0c ${some(12)}",
            43 to "02 0401 ${some(4)} ${secretAddress(6)}",
            43 to "00 0900 ${some(4)}",
            51 to "04 0000 00000001 00000002 ${some(12)}",
        )
    val quoted =
        PacketBuilder(source = secretAddress(4), destination = secretAddress(4), payload = newSecret(20)).bytes()
    val icmp = listOf("0800", "0303", "0b00", "0501", "0c00", "0d00", "2a00")
    val icmpv6 = listOf("8000", "0100", "0200", "0300", "8500", "8600", "8700", "8800", "8900", "8f00", "c800")
    val protocol = protocols.random(random)
    val type = (if (version == 4) icmp else icmpv6).random(random)
    val data =
        when (random.nextInt(4)) {
            0 -> quoted

            // Options of neighbour discovery, some of an invalid length.
            1 -> shapeless(16) + byteArrayOf(1, 1) + newSecret(6) + byteArrayOf(5, 2) + newSecret(14)

            2 -> shapeless(8) + byteArrayOf(3, 2) + newSecret(14) + byteArrayOf(4, 1) + newSecret(6)

            else -> shapeless(random.nextInt(80))
        }
    // The numbers of a router advertisement are kept.
    val payload = ByteArray(if (type == "8600") 8 else 0) + data
    // The verification tag of SCTP is kept, as ports are.
    val ports = if (protocol == IpProtocol.SCTP) "1234567800000007" else "12345678"
    val bytes =
        PacketBuilder(
            version = version,
            protocol = protocol,
            ports = ports,
            source = secretAddress(version),
            destination = secretAddress(version),
            options = if (version == 4) options.random(random) else "",
            extensions = if (version == 6) List(random.nextInt(3)) { extensions.random(random) } else emptyList(),
            fragment = if (version == 4) listOf(0, 0, 0, 0x2000, 0x0010).random(random) else 0,
            tcpOptions = tcp.random(random),
            icmp = type,
            payload = payload,
            checksum = ChecksumState.values().filter { it != ChecksumState.UNKNOWN }.random(random),
        ).bytes()
    if (version == 6) {
        // The flow label; with the byte after it a run of four.
        secrets += bytes.copyOfRange(0, 4)
    }
    open(*bytes)
    secret(random.nextInt(2) * 12)
}

private fun Planted.attributes(
    schema: AttributeSchema,
    depth: Int = 0,
) {
    val types = schema.types().toList()
    repeat(if (depth == 0) 4 else 2) {
        val type = types.random(random)
        attribute(type.code()) { value(type, depth) }
    }
    if (random.nextInt(4) == 0) {
        attribute(random.nextInt(64, 16384)) { secret(random.nextInt(30)) }
    }
    if (random.nextInt(8) == 0) {
        // Malformed: longer than the remaining bytes, or shorter than its header.
        open16(if (random.nextBoolean()) 0x7fff else 3).secret(random.nextInt(20))
    }
}

internal fun Planted.nfgenmsg() = open(2, 0, 0, 30)

/** A message of any kind that a recording may contain, with secrets in every possible place. */
fun Planted.anyMessage() {
    when (random.nextInt(10)) {
        0 -> {
            message(listOf(0xa00, 0x110, 0x305, 0x17, 0x5).random(random)) { nfgenmsg().secret(random.nextInt(60)) }
        }

        1 -> {
            message(listOf(0x104, 0x105, 0x203).random(random)) {
                nfgenmsg().attribute(3) { open(0, 0, 0, 1).secret(12) }
            }
        }

        2 -> {
            message(listOf(0x302, 0x401).random(random)) {
                nfgenmsg()
                (1..9).forEach { attribute(it) { open(*ByteArray(5)).secret(random.nextInt(12)) } }
            }
        }

        3 -> {
            message(ERROR, 0x200) {
                open32(-17)
                message(0x100, 1) { nfgenmsg().attributes(ConntrackAttribute.SCHEMA) }
                attribute(1) { open(*"Invalid argument\u0000".toByteArray()).secret(9) }
                (2..9).forEach { attribute(it) { open(0, 0, 0, 0).secret(random.nextInt(12)) } }
            }
        }

        4 -> {
            message(
                ERROR,
                listOf(0, 0x100, 0x200, 0x300).random(random),
            ) { open32(-1).open(*shapeless(random.nextInt(70))) }
        }

        5 -> {
            message(DONE, listOf(0, 0x200).random(random)) { open32(0).open(*shapeless(random.nextInt(30))) }
        }

        else -> {
            val (type, schema) = families.entries.random(random).toPair()
            message(type) { nfgenmsg().attributes(schema) }
        }
    }
}
