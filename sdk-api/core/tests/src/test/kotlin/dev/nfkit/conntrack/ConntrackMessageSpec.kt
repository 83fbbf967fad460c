// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.codec.MessageTypes
import dev.nfkit.conntrack.table.NewExpectation
import dev.nfkit.conntrack.table.write
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.optional.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private fun written(write: MessageWriter.() -> Unit): ByteArray {
    val datagram = MessageWriter(1024, ByteOrder.LITTLE_ENDIAN).apply(write).datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

private fun entry(write: MessageWriter.() -> Unit): ConntrackEntry {
    val bytes = written(write)
    return ConntrackEntry(EntryAttributes(null).wrap(bytes))
}

class ConntrackMessageSpec :
    FunSpec({
        test("types are those of requests, and each is found by its number") {
            ConntrackMessage.CT_NEW.type() shouldBe MessageTypes.CT_NEW
            ConntrackMessage.CT_GET_UNCONFIRMED.type() shouldBe MessageTypes.CT_GET_UNCONFIRMED
            ConntrackMessage.EXP_NEW.type() shouldBe MessageTypes.EXP_NEW
            ConntrackMessage.EXP_GET_STATS_CPU.type() shouldBe MessageTypes.EXP_GET_STATS_CPU
            for (message in ConntrackMessage.entries) {
                ConntrackMessage.of(message.type()).get() shouldBe message
                message.kernelName() shouldBe "IPCTNL_MSG_${message.name}"
                message.ofExpectations() shouldBe message.name.startsWith("EXP")
            }
            ConntrackMessage.of(0x108).shouldBeEmpty()
            ConntrackMessage.of(0x400).shouldBeEmpty()
        }

        test("an expectation read from a message keeps its attributes unchanged") {
            val tuple =
                ConntrackTuple.of(
                    99,
                    InetAddress.getByName("10.0.0.1"),
                    InetAddress.getByName("10.0.0.2"),
                )
            val bytes =
                written {
                    begin(ConntrackMessage.EXP_NEW.type(), Netlink.NLM_F_CREATE, 1).nfgenmsg(2, 0)
                    write(NewExpectation.of(tuple, tuple, tuple, Duration.ofSeconds(9)))
                    be32(60, 7)
                    end()
                }
            val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN)
            cursor.next() shouldBe true
            val expectation = ConntrackExpectation.read(cursor)
            expectation.timeout().asLong shouldBe 9
            expectation.order() shouldBe ByteOrder.LITTLE_ENDIAN
            bytes.fill(0)
            val walked =
                AttributeCursor().wrap(
                    expectation.attributes().toByteBuffer(),
                    0,
                    expectation.attributes().length(),
                    expectation.order(),
                    "",
                )
            val types = generateSequence { if (walked.next()) walked.type() else null }.toList()
            types.first() shouldBe ExpectationAttribute.MASTER.code()
            types.last() shouldBe 60
        }

        test("an expectation has the translation of its message: the tuple and the direction") {
            fun tuple(source: String) =
                ConntrackTuple.of(99, InetAddress.getByName(source), InetAddress.getByName("10.0.0.2"))
            val plain = tuple("10.0.0.1").let { NewExpectation.of(it, it, it, Duration.ofSeconds(9)) }

            fun read(expectation: NewExpectation): ConntrackExpectation {
                val bytes =
                    written {
                        begin(ConntrackMessage.EXP_NEW.type(), Netlink.NLM_F_CREATE, 1).nfgenmsg(2, 0)
                        write(expectation)
                        end()
                    }
                val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN)
                cursor.next() shouldBe true
                return ConntrackExpectation.read(cursor)
            }
            read(plain).nat().shouldBeEmpty()
            read(plain).natDirection().shouldBeEmpty()
            for (direction in Direction.entries) {
                val read = read(plain.nat(direction, tuple("10.0.0.7")))
                read.nat().get().source() shouldBe InetAddress.getByName("10.0.0.7")
                read.natDirection().get() shouldBe direction
                read.tuple().get().source() shouldBe InetAddress.getByName("10.0.0.1")
            }
        }

        test("nests without their essential members are distinguished from complete ones") {
            val bare =
                entry {
                    endNest(beginNest(ConntrackAttribute.HELP.code()))
                    endNest(beginNest(ConntrackAttribute.SECCTX.code()))
                    endNest(beginNest(ConntrackAttribute.TIMESTAMP.code()))
                    endNest(beginNest(ConntrackAttribute.TUPLE_ORIG.code()))
                }
            bare.hasHelper() shouldBe false
            bare.hasSecurityContext() shouldBe false
            bare.hasStart() shouldBe false
            bare.hasStop() shouldBe false
            bare.original().hasProtocol() shouldBe false
            bare.toString() shouldBe bare.original().toString()
            val full =
                entry {
                    val help = beginNest(ConntrackAttribute.HELP.code())
                    string(ConntrackAttribute.Help.NAME.code(), "ftp")
                    endNest(help)
                    val times = beginNest(ConntrackAttribute.TIMESTAMP.code())
                    be64(ConntrackAttribute.Timestamp.START.code(), 5)
                    endNest(times)
                }
            full.hasHelper() shouldBe true
            full.hasStart() shouldBe true
            full.hasStop() shouldBe false
            entry {}.hasHelper() shouldBe false
        }

        test("a zone of one direction is not copied to the replies, which the kernel would refuse") {
            val from = InetAddress.getByName("10.0.0.1")
            val to = InetAddress.getByName("10.0.0.2")
            val tuple = ConntrackTuple.udp(from, 1, to, 2).inZone(5)
            tuple.inverted() shouldBe ConntrackTuple.udp(to, 2, from, 1)
            tuple.inverted().inZone(6).inverted() shouldBe ConntrackTuple.udp(from, 1, to, 2)
        }
    })
