// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.AddressFamily
import dev.nfkit.MalformedMessageException
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.BitSet
import java.util.Optional

private fun bits(vararg set: Int) = BitSet().apply { set.forEach(::set) }

private fun ConntrackEntry.shouldShowEverything() {
    original() shouldBe WEB.inZone(5)
    reply() shouldBe ConntrackTuple.tcp(SERVER, 8443, CLIENT, 40000)
    tuple(Direction.REPLY) shouldBe reply()
    master() shouldBe ConntrackTuple.tcp(CLIENT, 40001, SERVER, 21)
    family() shouldBe AddressFamily.IPV4
    protocol() shouldBe 6
    ConntrackStatus.of(status()) shouldContainExactly
        setOf(
            ConntrackStatus.SEEN_REPLY,
            ConntrackStatus.ASSURED,
            ConntrackStatus.CONFIRMED,
            ConntrackStatus.SRC_NAT_DONE,
            ConntrackStatus.DST_NAT_DONE,
        )
    `is`(ConntrackStatus.ASSURED) shouldBe true
    `is`(ConntrackStatus.DYING) shouldBe false
    protocolInfo() shouldBe Optional.of(ProtocolInfo.Tcp(3, 7, 8, 0x23, 0x33))
    protocolInfo().get().stateName() shouldBe "ESTABLISHED"
    protocolState() shouldBe 3
    helper() shouldBe "ftp"
    helperInfo().toHex() shouldBe "010203"
    sourceNat() shouldBe NatRange.to(CLIENT, SERVER).ports(1024, 2048)
    destinationNat() shouldBe NatRange.to(CLIENT6)
    timeout() shouldBe 431999L
    mark() shouldBe 0xffff_fffeL
    packets(Direction.ORIGINAL) shouldBe 10L
    bytes(Direction.ORIGINAL) shouldBe 1000L
    packets(Direction.REPLY) shouldBe 20L
    bytes(Direction.REPLY) shouldBe -1L
    use() shouldBe 2L
    id() shouldBe 0xdead_beefL
    sequenceAdjustment(Direction.ORIGINAL) shouldBe SequenceAdjustment(0xffff_ffffL, -5, 6)
    sequenceAdjustment(Direction.REPLY) shouldBe SequenceAdjustment(1, 2, 3)
    zone() shouldBe 9
    securityContext() shouldBe "system_u:object_r:unlabeled_t:s0"
    startNanos() shouldBe 1_700_000_000_000_000_000L
    stopNanos() shouldBe 1_700_000_001_000_000_000L
    labels() shouldBe bits(0, 2, 127)
    synProxy() shouldBe SynProxy(1, 2, 0xffff_ffffL)
    eventNanos() shouldBe 1_700_000_002_000_000_000L
}

class ConntrackEntrySpec :
    FunSpec({
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            test("every attribute is read, unknown ones are skipped at every depth ($order)") {
                entryOf(order) { everything() }.shouldShowEverything()
            }
        }

        test("a tuple with ports and no protocol is written as it was read") {
            fun read(write: MessageWriter.() -> Unit) = entryOf(write = write).original()
            val tuple =
                read {
                    nest(1) {
                        nest(1) { bytes(1, *CLIENT.address).bytes(2, *SERVER.address) }
                        nest(2) { be16(2, 1000).be16(3, 53) }
                    }
                }
            val again = read { tuple.writeTo(this, 1) }
            again shouldBe tuple
            again.toString() shouldBe "src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=53"
        }

        test("a copy is unchanged when the bytes have changed and the loan has ended") {
            val bytes = attributes { everything() }
            val loan = EntryAttributes(null).wrap(bytes)
            val borrowed = ConntrackEntry(loan)
            val info = borrowed.helperInfo()
            val copy = borrowed.copy()
            loan.release()
            bytes.fill(0)
            copy.owned() shouldBe true
            copy.copy() shouldBeSameInstanceAs copy
            copy.shouldShowEverything()
            info.length() shouldBe -1
            loan.released() shouldBe true
            shouldThrow<IllegalStateException> { borrowed.mark() }.message shouldContain "copy() it"
            shouldThrow<IllegalStateException> { borrowed.copy() }
            borrowed.toString() shouldBe "an entry whose callback has returned"
        }

        test("attributes that the kernel did not send are absent with a reason, and mark and zone are 0") {
            val entry = entryOf { WEB.writeTo(this, 1) }
            entry.mark() shouldBe 0L
            entry.zone() shouldBe 0
            entry.protocolInfo() shouldBe Optional.empty()
            entry.protocolState() shouldBe -1
            entry.`is`(ConntrackStatus.ASSURED) shouldBe false
            entry.hasCounters(Direction.ORIGINAL) shouldBe false
            val absent: List<Pair<String, () -> Any>> =
                listOf(
                    "CTA_TUPLE_REPLY" to { entry.reply() },
                    "CTA_TUPLE_MASTER" to { entry.master() },
                    "CTA_STATUS" to { entry.status() },
                    "CTA_TIMEOUT is absent: the connection has ended" to { entry.timeout() },
                    "CTA_ID" to { entry.id() },
                    "CTA_USE" to { entry.use() },
                    "net.netfilter.nf_conntrack_acct=1" to { entry.packets(Direction.REPLY) },
                    "net.netfilter.nf_conntrack_acct=1" to { entry.bytes(Direction.ORIGINAL) },
                    "net.netfilter.nf_conntrack_timestamp=1" to { entry.startNanos() },
                    "net.netfilter.nf_conntrack_timestamp=1" to { entry.eventNanos() },
                    "CTA_LABELS" to { entry.labels() },
                    "CTA_HELP" to { entry.helper() },
                    "CTA_HELP" to { entry.helperInfo() },
                    "CTA_SECCTX" to { entry.securityContext() },
                    "CTA_SEQ_ADJ_ORIG" to { entry.sequenceAdjustment(Direction.ORIGINAL) },
                    "CTA_SEQ_ADJ_REPLY" to { entry.sequenceAdjustment(Direction.REPLY) },
                    "CTA_SYNPROXY" to { entry.synProxy() },
                    "CTA_NAT_SRC" to { entry.sourceNat() },
                    "CTA_NAT_DST" to { entry.destinationNat() },
                )
            for ((name, accessor) in absent) {
                shouldThrow<NoSuchElementException> { accessor() }.message shouldContain name
            }
        }

        test("a nest that lacks its members has absent ones, whatever the entry contained before") {
            val entry = entryOf { everything() }
            val bare =
                attributes {
                    nest(5) {}
                    nest(19) {}
                    nest(20) {}
                    nest(9) {}
                    nest(4) { nest(1) {} }
                    nest(1) {}
                }
            entry.source().wrap(bare)
            shouldThrow<NoSuchElementException> { entry.helper() }.message shouldContain "CTA_HELP_NAME"
            entry.helperInfo().length() shouldBe 0
            shouldThrow<NoSuchElementException> { entry.securityContext() }
            shouldThrow<NoSuchElementException> { entry.startNanos() }.message shouldContain "CTA_TIMESTAMP_START"
            entry.packets(Direction.ORIGINAL) shouldBe 0L
            entry.protocolInfo() shouldBe Optional.of(ProtocolInfo.Tcp(-1, -1, -1, -1, -1))
            entry.family() shouldBe AddressFamily.UNSPEC
            shouldThrow<NoSuchElementException> { entry.original().source() }
            shouldThrow<NoSuchElementException> { entry.original().protocol() }
            shouldThrow<NoSuchElementException> { entry.original().sourcePort() }
            shouldThrow<NoSuchElementException> { entry.original().icmpId() }
        }

        test("if the state of a protocol occurs twice, the last one counts, with nothing of the first") {
            val twice =
                entryOf {
                    nest(4) { nest(3) { u8(1, 4).be32(2, 6).be32(3, 5) } }
                    nest(4) { nest(1) { u8(1, 3) } }
                }
            twice.protocolInfo() shouldBe entryOf { nest(4) { nest(1) { u8(1, 3) } } }.protocolInfo()
            twice.protocolInfo().get().stateName() shouldBe "ESTABLISHED"
        }

        test("SCTP and DCCP have states of their own") {
            val sctp = entryOf { nest(4) { nest(3) { u8(1, 4).be32(2, 0xffff_ffffL).be32(3, 5) } } }
            sctp.protocolInfo() shouldBe Optional.of(ProtocolInfo.Sctp(4, 0xffff_ffffL, 5))
            sctp.protocolInfo().get().stateName() shouldBe "ESTABLISHED"
            val dccp = entryOf { nest(4) { nest(2) { u8(1, 4).u8(2, 1).be64(3, 77) } } }
            dccp.protocolInfo() shouldBe Optional.of(ProtocolInfo.Dccp(4, 1, 77))
            dccp.protocolInfo().get().stateName() shouldBe "OPEN"
            val newer = entryOf { nest(4) { nest(1) { u8(1, 77) } } }
            newer.protocolInfo().get().stateName() shouldBe "STATE_77"
        }

        test("if an attribute occurs twice, the last one counts") {
            entryOf { be32(8, 1).be32(8, 2) }.mark() shouldBe 2L
            val twice =
                entryOf {
                    WEB.writeTo(this, 1)
                    ConntrackTuple.udp(CLIENT6, 1, SERVER6, 2).writeTo(this, 1)
                }
            twice.original() shouldBe ConntrackTuple.udp(CLIENT6, 1, SERVER6, 2)
        }

        test("a value that is too short is malformed and named by its path; then the entry is empty") {
            val entry = entryOf { everything() }
            val short = attributes { nest(1) { nest(2) { bytes(2, 1) } } }
            shouldThrow<MalformedMessageException> {
                entry.source().wrap(short)
            }.path() shouldBe "IPCTNL_MSG_CT/CTA_TUPLE_ORIG/CTA_TUPLE_PROTO/attribute 2"
            shouldThrow<IllegalStateException> { entry.mark() }
            for (type in listOf(3, 7, 8, 11, 12, 18, 27)) {
                shouldThrow<MalformedMessageException> { entryOf { bytes(type, 1) } }
            }
            shouldThrow<MalformedMessageException> { entryOf { nest(1) { nest(1) { bytes(1, 1, 2, 3) } } } }
            shouldThrow<MalformedMessageException> { entryOf { nest(1) { nest(1) { bytes(4, 1, 2, 3, 4) } } } }
            shouldThrow<MalformedMessageException> { entryOf { nest(5) { bytes(1, 65, 66) } } }.expected() shouldContain
                "NUL"
        }

        test("a packet's place determines state and direction") {
            ConntrackInfo.entries.map { it.state() to it.direction() } shouldContainExactlyInAnyOrder
                listOf(
                    ConntrackInfo.ESTABLISHED to Direction.ORIGINAL,
                    ConntrackInfo.RELATED to Direction.ORIGINAL,
                    ConntrackInfo.NEW to Direction.ORIGINAL,
                    ConntrackInfo.ESTABLISHED to Direction.REPLY,
                    ConntrackInfo.RELATED to Direction.REPLY,
                    ConntrackInfo.NEW to Direction.REPLY,
                    ConntrackInfo.UNTRACKED to Direction.ORIGINAL,
                )
            (0L..8L).map { ConntrackInfo.of(it).number() } shouldContainExactly listOf(0, 1, 2, 3, 4, 5, 7, 7, 7)
        }
    })
