// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table

import dev.nfkit.BytesView
import dev.nfkit.conntrack.CLIENT
import dev.nfkit.conntrack.CLIENT6
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.DccpRole
import dev.nfkit.conntrack.DccpState
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.NatRange
import dev.nfkit.conntrack.ProtocolUpdate
import dev.nfkit.conntrack.SERVER
import dev.nfkit.conntrack.SERVER6
import dev.nfkit.conntrack.SctpState
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.WEB
import dev.nfkit.conntrack.attributes
import dev.nfkit.packet.IpProtocol
import dev.nfkit.wire.AttributeCursor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private val minute = Duration.ofMinutes(1)
private val dns = ConntrackTuple.udp(CLIENT, 40000, SERVER, 53)
private val sctp = ConntrackTuple.of(IpProtocol.SCTP, CLIENT, 1, SERVER, 2)
private val dccp = ConntrackTuple.of(IpProtocol.DCCP, CLIENT, 1, SERVER, 2)

/** `CTA_PROTOINFO` of a request, as hexadecimal; empty if it is not sent. */
private fun info(connection: NewConnection): String {
    val bytes = attributes { connection.writeTo(this) }
    val cursor = AttributeCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN, "CTA")
    var found = ""
    while (cursor.next()) {
        if (cursor.type() == ConntrackAttribute.PROTOINFO.code()) found = cursor.bytes(BytesView()).toHex()
    }
    return found
}

private fun tcp(state: TcpState) = ProtocolUpdate.tcp(state)

class NewConnectionSpec :
    FunSpec({
        context("a connection of TCP is sent with flags that allow a connection in progress to continue") {
            withData(
                nameFn = { (name) -> name },
                Triple(
                    "without a state",
                    NewConnection.of(WEB, minute),
                    "14000180" + "060004000a0a0000" + "060005000a0a0000",
                ),
                Triple(
                    "established",
                    NewConnection.of(WEB, minute).tcpState(TcpState.ESTABLISHED),
                    "1c000180" + "0500010003000000" + "060004000a0a0000" + "060005000a0a0000",
                ),
                Triple(
                    "in TIME_WAIT, from which it may be opened again",
                    NewConnection.of(WEB, minute).tcpState(TcpState.TIME_WAIT),
                    "1c000180" + "0500010007000000" + "060004000e0e0000" + "060005000e0e0000",
                ),
                Triple(
                    "with flags of its own",
                    NewConnection.of(WEB, minute).protocol(tcp(TcpState.CLOSE).flags(0, 0x0a)),
                    "1c000180" + "0500010008000000" + "06000400000a0000" + "06000500000a0000",
                ),
            ) { (_, connection, sent) -> info(connection) shouldBe sent }
        }

        test("a connection of SCTP is sent with state and tags, one of DCCP with state and role") {
            info(
                NewConnection.of(sctp, minute).protocol(ProtocolUpdate.sctp(SctpState.ESTABLISHED, 1, 0xfffffffe)),
            ) shouldBe
                "1c000380" + "0500010004000000" + "0800020000000001" + "08000300fffffffe"
            info(NewConnection.of(dccp, minute).protocol(ProtocolUpdate.dccp(DccpState.OPEN, DccpRole.SERVER))) shouldBe
                "14000280" + "0500010004000000" + "0500020001000000"
            info(NewConnection.of(sctp, minute)) shouldBe ""
            info(NewConnection.of(dns, minute)) shouldBe ""
        }

        test("the state of another protocol is refused") {
            shouldThrow<IllegalArgumentException> { NewConnection.of(dns, minute).tcpState(TcpState.CLOSE) }
                .message shouldContain "of another protocol"
            shouldThrow<IllegalArgumentException> {
                NewConnection.of(WEB, minute).protocol(ProtocolUpdate.sctp(SctpState.CLOSED, 0, 0))
            }
        }

        test("flags outside their mask and tags out of range are refused") {
            for ((flags, mask) in listOf(1 to 2, 0x100 to 0x1ff, -1 to 0xff, 0 to -1)) {
                shouldThrow<IllegalArgumentException> { ProtocolUpdate.tcpFlags(flags, mask) }
            }
            shouldThrow<IllegalArgumentException> { ProtocolUpdate.sctp(SctpState.CLOSED, -1, 0) }
            shouldThrow<IllegalArgumentException> { ProtocolUpdate.sctp(SctpState.CLOSED, 0, 1L shl 32) }
        }

        test("translation to the other family, which the kernel would ignore, is refused") {
            val six = ConntrackTuple.tcp(CLIENT6, 1, SERVER6, 2)
            for ((tuple, address) in listOf<Pair<ConntrackTuple, InetAddress>>(WEB to CLIENT6, six to CLIENT)) {
                val connection = NewConnection.of(tuple, minute)
                val refused =
                    shouldThrow<IllegalArgumentException> { connection.destinationNat(NatRange.to(address)) }
                refused.message shouldContain "the destination translation to "
                shouldThrow<IllegalArgumentException> { connection.sourceNat(NatRange.to(address)) }
            }
            NewConnection.of(six, minute).sourceNat(NatRange.to(SERVER6)).original() shouldBe six
        }

        test("a reply tuple or a master of another family is refused, and a reply tuple of another protocol") {
            val connection = NewConnection.of(WEB, minute)
            shouldThrow<IllegalArgumentException> { connection.reply(ConntrackTuple.tcp(SERVER6, 1, CLIENT6, 2)) }
            shouldThrow<IllegalArgumentException> { connection.reply(dns.inverted()) }
            shouldThrow<IllegalArgumentException> { connection.master(ConntrackTuple.tcp(SERVER6, 1, CLIENT6, 2)) }
        }

        test("an expectation whose tuples are of two families is refused") {
            val six = ConntrackTuple.tcp(CLIENT6, 1, SERVER6, 2)
            shouldThrow<IllegalArgumentException> { NewExpectation.of(six, WEB, WEB, minute) }
            shouldThrow<IllegalArgumentException> { NewExpectation.of(WEB, WEB, six, minute) }
            shouldThrow<IllegalArgumentException> { NewExpectation.of(WEB, WEB, WEB, minute).nat(Direction.REPLY, six) }
        }
    })
