// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet

import dev.nfkit.Bytes
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlin.random.Random

class InternetChecksumSpec :
    FunSpec({
        test("the examples of RFC 1071 and RFC 1624 have the documented results") {
            val bytes = hex("0001f203f4f5f6f7")
            InternetChecksum.fold(InternetChecksum.sum(bytes, 0, 8)) shouldBe 0xddf2
            InternetChecksum.of(bytes, 0, 8) shouldBe 0x220d
            InternetChecksum.update(0xdd2f, 0x5555, 0x3285) shouldBe 0x0000
        }

        test("a sum of any size folds to 16 bits, with each carry added") {
            InternetChecksum.fold(0) shouldBe 0
            InternetChecksum.fold(0xffffL) shouldBe 0xffff
            InternetChecksum.fold(0x1_0000L) shouldBe 1
            InternetChecksum.fold(0x0001_0000_ffff_ffffL) shouldBe 1
            InternetChecksum.fold(0x7fff_ffff_ffff_ffffL) shouldBe 0x7fff
            InternetChecksum.finish(0x0001_0000_ffff_ffffL) shouldBe 0xfffe
        }

        test("random ranges have the sum of the definition, at every offset and length") {
            val random = Random(60)
            repeat(20_000) {
                val array = random.nextBytes(random.nextInt(1, 300))
                if (random.nextInt(4) == 0) array.fill(if (random.nextBoolean()) -1 else 0)
                val offset = random.nextInt(array.size)
                val length = random.nextInt(array.size - offset + 1)
                val sum = InternetChecksum.fold(InternetChecksum.sum(Bytes.of(*array), offset, length))
                sum shouldBe slowSum(array, offset, offset + length)
                InternetChecksum.fold(InternetChecksum.sum(array, offset, length)) shouldBe sum
            }
            val large = random.nextBytes(70_000)
            InternetChecksum.of(Bytes.of(*large), 1, 69_998) shouldBe (slowSum(large, 1, 69_999) xor 0xffff)
        }

        test("an update gives the same result as a new sum") {
            val random = Random(61)
            repeat(20_000) {
                val array = random.nextBytes(64)
                val before = InternetChecksum.of(Bytes.of(*array), 0, 64)
                val at = random.nextInt(30) * 2
                val length = random.nextInt(1, 33).coerceAtMost(64 - at)
                val old = InternetChecksum.sum(Bytes.of(*array), at, length)
                random.nextBytes(length).copyInto(array, at)
                val new = InternetChecksum.sum(Bytes.of(*array), at, length)
                InternetChecksum.update(before, old, new) shouldBe InternetChecksum.of(Bytes.of(*array), 0, 64)
            }
        }

        test("a range outside the bytes, and released bytes, are refused") {
            val bytes = hex("00112233")
            listOf(-1 to 2, 0 to 5, 3 to 2, 4 to 1, 0 to -1, 2 to Int.MAX_VALUE).forEach { (offset, length) ->
                shouldThrow<IndexOutOfBoundsException> { InternetChecksum.sum(bytes, offset, length) }
            }
            shouldThrow<IndexOutOfBoundsException> { InternetChecksum.sum(bytes, 3, 2) }.message shouldBe
                "bytes 3 to 5 of 4"
            InternetChecksum.sum(bytes, 4, 0) shouldBe 0
            shouldThrow<IndexOutOfBoundsException> { InternetChecksum.sum(ByteArray(4), 3, 2) }
            bytes.release()
            shouldThrow<IllegalStateException> { InternetChecksum.of(bytes, 0, 0) }
        }

        test("recorded packets have correct checksums, or none yet if the machine sent them itself") {
            val checksums = PacketChecksums()

            fun states(name: String) =
                payloads(name).filter { checksums.wrap(it) }.map {
                    checksums.wrap(it)
                    checksums.header() to checksums.transport()
                }
            states("ipv4-icmp") shouldContainExactly List(3) { ChecksumState.RIGHT to ChecksumState.RIGHT }
            states("ipv6-tcp") shouldContainExactly List(7) { ChecksumState.NONE to ChecksumState.NOT_READY }
            states("seq-flags").distinct() shouldContainExactly
                listOf(ChecksumState.RIGHT to ChecksumState.NOT_READY)
        }

        test("each state of a checksum is distinguished, in every protocol") {
            val checksums = PacketChecksums()
            for (version in listOf(4, 6)) {
                for (protocol in listOf(6, 17, if (version == 4) 1 else 58)) {
                    for (state in ChecksumState.entries - ChecksumState.UNKNOWN) {
                        if (state == ChecksumState.NONE && protocol != 17) continue
                        if (state == ChecksumState.NOT_READY && protocol == 1) continue
                        val packet = PacketBuilder(version, protocol, checksum = state).bytes()
                        checksums.wrap(Bytes.of(*packet, 0, 0, 0)) shouldBe true
                        checksums.transport() shouldBe state
                        checksums.computeTransport() shouldBe Found(packet).right
                        checksums.header() shouldBe if (version == 4) ChecksumState.RIGHT else ChecksumState.NONE
                        if (version == 4) {
                            checksums.computeHeader() shouldBe u16(packet, 10)
                            packet[8]++
                            checksums.wrap(Bytes.of(*packet))
                            checksums.header() shouldBe ChecksumState.WRONG
                        }
                    }
                }
            }
        }

        test("a checksum of 0 that is sent as 65535 is right too, unless it is not 0") {
            val checksums = PacketChecksums()
            val packet = PacketBuilder(protocol = 1, payload = ByteArray(2)).bytes()
            packet.put16(28, Found(packet).right) // the data's sum is 65535 now
            for ((stands, state) in listOf(0 to ChecksumState.RIGHT, 0xffff to ChecksumState.RIGHT)) {
                checksums.wrap(Bytes.of(*packet.put16(22, stands))) shouldBe true
                checksums.computeTransport() shouldBe 0
                checksums.transport() shouldBe state
            }
            checksums.wrap(Bytes.of(*packet.put16(28, 1).put16(22, 0xffff))) shouldBe true
            checksums.transport() shouldBe ChecksumState.WRONG
        }

        test("a header of IPv6 without anything after it is whole, and has no checksum to compute") {
            val checksums = PacketChecksums()
            val packet = PacketBuilder(6, protocol = 59).bytes().copyOf(40)
            checksums.wrap(Bytes.of(*packet)) shouldBe true
            checksums.header() shouldBe ChecksumState.NONE
            shouldThrow<IllegalStateException> { checksums.computeHeader() }
        }

        test("released bytes have no states, whatever they were") {
            for (packet in listOf(PacketBuilder(), PacketBuilder(fragment = 0x2000))) {
                val bytes = packet.toBytes()
                val checksums = PacketChecksums().also { it.wrap(bytes) }
                bytes.release()
                shouldThrow<IllegalStateException> { PacketChecksums().wrap(bytes) }
                shouldThrow<IllegalStateException> { checksums.transport() }
                shouldThrow<IllegalStateException> { checksums.computeTransport() }
                shouldThrow<IllegalStateException> { checksums.computeHeader() }
                shouldThrow<IllegalStateException> { checksums.header() }
            }
        }

        test("a checksum of ICMP that holds a pseudo header's sum is wrong, because ICMP has none") {
            val checksums = PacketChecksums()
            val packet = PacketBuilder(protocol = 1).bytes()
            packet.put16(22, slowSum(packet.copyOfRange(12, 20) + byteArrayOf(0, 1, 0, (packet.size - 20).toByte())))
            checksums.wrap(Bytes.of(*packet)) shouldBe true
            checksums.transport() shouldBe ChecksumState.WRONG
        }

        test("a checksum that cannot be determined is unknown, and not computed") {
            val checksums = PacketChecksums()
            val packet = PacketBuilder(protocol = 6, options = "01010101").bytes()
            for (length in packet.indices) {
                checksums.wrap(Bytes.of(*packet.copyOf(length))) shouldBe (length >= 24)
                checksums.known() shouldBe false
                checksums.transport() shouldBe ChecksumState.UNKNOWN
                checksums.header() shouldBe if (length >= 24) ChecksumState.RIGHT else ChecksumState.UNKNOWN
                shouldThrow<IllegalStateException> { checksums.computeTransport() }
            }
            checksums.wrap(hex("60".repeat(39))) shouldBe false
            shouldThrow<IllegalStateException> { checksums.computeHeader() }
            checksums.wrap(PacketBuilder(fragment = 0x2000).toBytes()) shouldBe true
            checksums.transport() shouldBe ChecksumState.UNKNOWN
        }

        test("an echo reply of only zeros has the checksum 65535") {
            val checksums = PacketChecksums()
            val packet = PacketBuilder(protocol = 1, icmp = "0000", payload = ByteArray(2)).bytes()
            packet.fill(0, 20)
            checksums.wrap(Bytes.of(*packet)) shouldBe true
            checksums.computeTransport() shouldBe 0xffff
            checksums.transport() shouldBe ChecksumState.WRONG
            checksums.wrap(Bytes.of(*packet.put16(22, 0xffff))) shouldBe true
            checksums.transport() shouldBe ChecksumState.RIGHT
        }
    })
