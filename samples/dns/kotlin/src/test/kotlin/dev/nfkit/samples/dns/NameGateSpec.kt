// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.Errno
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.PacketTrace.Outcome
import dev.nfkit.testkit.SampleDns
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.TestPacket.ConnectionState
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.maps.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.xbill.DNS.ARecord
import org.xbill.DNS.Address
import org.xbill.DNS.CNAMERecord
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Name
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import org.xbill.DNS.Type
import java.time.Duration
import kotlin.time.Duration.Companion.seconds

private const val HOST = "198.51.100.1"
private const val SERVER = "203.0.113.53"
private const val SYN = 2

/** The packets of a host whose gate runs in the same test. */
private class Host {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)

    fun connect(peer: String): Outcome =
        kernel
            .packets()
            .of(SamplePackets.tcp(if (':' in peer) "2001:db8:1::1" else HOST, 40000, peer, 443, SYN))
            .out("eth0")
            .fromOutput()
            .outcome()

    fun answer(
        message: ByteArray,
        reply: Boolean = true,
    ): PacketTrace =
        kernel
            .packets()
            .of(SamplePackets.udp(SERVER, 53, HOST, 40000, *message))
            .`in`("eth0")
            .connection(ConnectionState.ESTABLISHED) { if (reply) it.reply() }
            .toInput()
}

/** Runs the gate during a test. */
private suspend fun gate(
    vararg names: String,
    test: Host.() -> Unit,
) = kotlinx.coroutines.coroutineScope {
    val host = Host()
    val started = CompletableDeferred<Unit>()
    val gate =
        launch(Dispatchers.Default) {
            host.kernel.nameGate(AllowedNames(names.toList()), listOf(Address.getByAddress(SERVER))) {
                started.complete(Unit)
            }
        }
    started.await()
    host.test()
    gate.cancelAndJoin()
    host.kernel.verify()
}

class NameGateSpec :
    FunSpec({
        test("addresses of an answer are allowed before it goes on, and for its time to live") {
            gate("*.example") {
                connect("192.0.2.1") shouldBe Outcome.DROPPED
                answer(SampleDns.answer(1, "www.example", 60, "192.0.2.1")).awaitEnd() shouldBe Outcome.ACCEPTED
                connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                answer(SampleDns.answer(1, "www.example", 60, "2001:db8::80")).awaitEnd() shouldBe Outcome.ACCEPTED
                connect("2001:db8::80") shouldBe Outcome.ACCEPTED
                clock.advance(Duration.ofSeconds(61))
                connect("192.0.2.1") shouldBe Outcome.DROPPED
                connect("2001:db8::80") shouldBe Outcome.DROPPED
            }
        }

        test("a later answer makes the time longer, but not shorter") {
            gate("*.example") {
                answer(SampleDns.answer(1, "www.example", 60, "192.0.2.1")).awaitEnd()
                clock.advance(Duration.ofSeconds(40))
                answer(SampleDns.answer(1, "www.example", 60, "192.0.2.1")).awaitEnd()
                answer(SampleDns.answer(1, "www.example", 0, "192.0.2.1")).awaitEnd()
                clock.advance(Duration.ofSeconds(59))
                connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                clock.advance(Duration.ofSeconds(2))
                connect("192.0.2.1") shouldBe Outcome.DROPPED
            }
        }

        test("answers about other names, malformed ones, and what is no reply allow nothing") {
            gate("www.example") {
                answer(SampleDns.answer(1, "example", 60, "192.0.2.1")).awaitEnd() shouldBe Outcome.ACCEPTED
                val message = SampleDns.answer(1, "www.example", 60, "192.0.2.1")
                for (length in message.indices) {
                    answer(message.copyOf(length)).awaitEnd() shouldBe Outcome.ACCEPTED
                }
                answer(message, reply = false).outcome() shouldBe Outcome.ACCEPTED
                connect("192.0.2.1") shouldBe Outcome.DROPPED
            }
        }

        test("a burst of answers shares batches") {
            gate("*.example") {
                val before = kernel.sent().count { it.type() == MessageTypes.NEWSETELEM }
                val traces =
                    (1..200).map { answer(SampleDns.answer(it, "h$it.example", 60, "192.0.2.$it")) }
                traces.map { it.awaitEnd() }.toSet() shouldBe setOf(Outcome.ACCEPTED)
                (1..200).map { connect("192.0.2.$it") }.toSet() shouldBe setOf(Outcome.ACCEPTED)
                kernel.sent().count { it.type() == MessageTypes.NEWSETELEM } - before shouldBeLessThan 2 * 200
            }
        }

        test("if the kernel refuses an address its answer is dropped, and the next one is decided") {
            gate("*.example") {
                kernel
                    .onRequest { it.type() == MessageTypes.NEWSETELEM }
                    .refuse(Errno.ENFILE)
                    .times(1)
                val message = SampleDns.answer(1, "www.example", 60, "192.0.2.1")
                answer(message).awaitEnd() shouldBe Outcome.DROPPED
                connect("192.0.2.1") shouldBe Outcome.DROPPED
                answer(message).awaitEnd() shouldBe Outcome.ACCEPTED
                connect("192.0.2.1") shouldBe Outcome.ACCEPTED
            }
        }

        test("aliases are followed with the shortest time, and a circle of them ends") {
            fun name(text: String) = Name.fromString(text, Name.root)

            fun alias(
                from: String,
                to: String,
                ttl: Long,
            ) = CNAMERecord(name(from), DClass.IN, ttl, name(to))

            fun found(vararg records: Record): Map<String, kotlin.time.Duration> {
                val message = Message.newQuery(Record.newRecord(name("WWW.example"), Type.A, DClass.IN))
                message.header.setFlag(Flags.QR.toInt())
                records.forEach { message.addRecord(it, Section.ANSWER) }
                return message.addresses(AllowedNames(listOf("www.example"))).mapKeys { it.key.hostAddress }
            }
            val address = Address.getByAddress("192.0.2.1")
            found(
                ARecord(name("c.other"), DClass.IN, 50, address),
                alias("b.other", "c.other", 20),
                alias("www.example", "b.other", 30),
                ARecord(name("d.other"), DClass.IN, 50, Address.getByAddress("192.0.2.2")),
            ) shouldContainExactly mapOf("192.0.2.1" to 20.seconds)
            found(
                alias("www.example", "b.other", 30),
                alias("b.other", "www.example", 30),
                ARecord(name("b.other"), DClass.IN, 50, address),
            ) shouldContainExactly mapOf("192.0.2.1" to 30.seconds)
            found(ARecord(name("d.other"), DClass.IN, 50, address)) shouldBe emptyMap()
        }
    })
