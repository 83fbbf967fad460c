// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.Errno
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.PacketTrace.Outcome
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.TestPacket.ConnectionState
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import org.xbill.DNS.Address
import org.xbill.DNS.Message
import org.xbill.DNS.Record
import java.time.Duration

private const val HOST4 = "198.51.100.1"
private const val HOST6 = "2001:db8:1::1"
private const val SERVER4 = "203.0.113.53"
private const val SERVER6 = "2001:db8:53::53"
private const val SYN = 2

/** The sample on a fake kernel, and the packets of its host. */
private class Host(
    vararg names: String,
) : AutoCloseable {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    private val servers = listOf(SERVER4, SERVER6).map(Address::getByAddress)
    val gate: NameGate = NameGate.open(kernel, AllowedNames.of(names.toList()), servers)

    private fun host(peer: String) = if (':' in peer) HOST6 else HOST4

    fun send(
        packet: ByteArray,
        device: String = "eth0",
        state: ConnectionState = ConnectionState.NEW,
    ): PacketTrace =
        kernel
            .packets()
            .of(packet)
            .out(device)
            .connection(state)
            .fromOutput()

    fun connect(peer: String): Outcome = send(SamplePackets.tcp(host(peer), 40000, peer, 443, SYN)).outcome()

    fun answer(
        message: ByteArray,
        server: String = SERVER4,
        state: ConnectionState = ConnectionState.ESTABLISHED,
        reply: Boolean = true,
    ): PacketTrace =
        kernel
            .packets()
            .of(SamplePackets.udp(server, 53, host(server), 40000, *message))
            .`in`("eth0")
            .connection(state) { if (reply) it.reply() }
            .toInput()

    /** An answer that has got its verdict. */
    fun resolve(message: Message): Outcome {
        val trace = answer(message.toWire())
        gate.poll(Duration.ZERO)
        return trace.outcome()
    }

    fun resolve(
        question: String,
        vararg records: Record,
    ): Outcome =
        resolve(
            dev.nfkit.samples.dns
                .answer(question, *records),
        )

    override fun close() {
        gate.close()
        kernel.verify()
    }
}

class NameGateSpec :
    FunSpec({
        test("an answer waits until its address is allowed, and goes on then") {
            Host("www.example").use { host ->
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                val trace = host.answer(answer("www.example", address("www.example", "192.0.2.1")).toWire())
                trace.outcome() shouldBe Outcome.WAITING
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                host.gate.poll(Duration.ZERO) shouldBe true
                trace.outcome() shouldBe Outcome.ACCEPTED
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.connect("192.0.2.2") shouldBe Outcome.DROPPED
            }
        }

        test("IPv6 is allowed in the same way, and answers come over IPv6 as well") {
            Host("www.example").use { host ->
                val records = arrayOf(address("www.example", "2001:db8::80"), address("www.example", "192.0.2.1"))
                val trace = host.answer(answer("www.example", *records).toWire(), SERVER6)
                host.gate.poll(Duration.ZERO)
                trace.outcome() shouldBe Outcome.ACCEPTED
                host.connect("2001:db8::80") shouldBe Outcome.ACCEPTED
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.connect("2001:db8::81") shouldBe Outcome.DROPPED
            }
        }

        test("answers about other names go on and allow nothing") {
            Host("*.example").use { host ->
                host.resolve("www.elsewhere", address("www.elsewhere", "192.0.2.1")) shouldBe Outcome.ACCEPTED
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
            }
        }

        test("malformed answers go on and allow nothing") {
            Host("www.example").use { host ->
                val whole = answer("www.example", address("www.example", "192.0.2.1")).toWire()
                val traces = whole.indices.map { host.answer(whole.copyOf(it)) }
                while (traces.any { it.outcome() == Outcome.WAITING }) {
                    host.gate.poll(Duration.ZERO)
                }
                traces.map { it.outcome() }.toSet() shouldBe setOf(Outcome.ACCEPTED)
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                host.gate.toString() shouldBe "0 answers held, 0 of them dropped, ${whole.size} malformed"
            }
        }

        test("an address is allowed for the time to live, and an answer in between renews it") {
            Host("www.example").use { host ->
                host.resolve("www.example", address("www.example", "192.0.2.1", 60))
                host.clock.advance(Duration.ofSeconds(40))
                host.resolve("www.example", address("www.example", "192.0.2.1", 60))
                host.clock.advance(Duration.ofSeconds(40))
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.clock.advance(Duration.ofSeconds(21))
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                host.resolve("www.example", address("www.example", "192.0.2.1", 60))
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
            }
        }

        test("a shorter time to live does not take from a client what an earlier answer gave it") {
            Host("www.example").use { host ->
                host.resolve("www.example", address("www.example", "192.0.2.1", 60))
                host.resolve("www.example", address("www.example", "192.0.2.1", 20)) shouldBe Outcome.ACCEPTED
                host.clock.advance(Duration.ofSeconds(59))
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.clock.advance(Duration.ofSeconds(2))
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
            }
        }

        test("without a time to live an address is allowed for ten seconds, and for a day at most") {
            Host("www.example").use { host ->
                host.resolve(
                    "www.example",
                    address("www.example", "192.0.2.1", 0),
                    address("www.example", "192.0.2.2", 1_000_000),
                )
                host.clock.advance(Duration.ofSeconds(9))
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.clock.advance(Duration.ofSeconds(2))
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                host.connect("192.0.2.2") shouldBe Outcome.ACCEPTED
                host.clock.advance(Duration.ofDays(1))
                host.connect("192.0.2.2") shouldBe Outcome.DROPPED
            }
        }

        test("answers that wait together share one batch") {
            Host("*.example").use { host ->
                val before = host.kernel.sent().count { it.type() == MessageTypes.NEWSETELEM }
                val traces =
                    (1..20).map {
                        host.answer(answer("h$it.example", address("h$it.example", "192.0.2.$it")).toWire())
                    }
                host.gate.poll(Duration.ZERO)
                traces.map { it.outcome() }.toSet() shouldBe setOf(Outcome.ACCEPTED)
                (1..20).map { host.connect("192.0.2.$it") }.toSet() shouldBe setOf(Outcome.ACCEPTED)
                host.kernel.sent().count { it.type() == MessageTypes.NEWSETELEM } - before shouldBe 2
            }
        }

        test("if the kernel refuses an address its answer is dropped, and the next one is decided") {
            Host("www.example").use { host ->
                host.kernel
                    .onRequest { it.type() == MessageTypes.NEWSETELEM }
                    .refuse(Errno.ENFILE)
                    .times(1)
                host.resolve("www.example", address("www.example", "192.0.2.1")) shouldBe Outcome.DROPPED
                host.connect("192.0.2.1") shouldBe Outcome.DROPPED
                host.resolve("www.example", address("www.example", "192.0.2.1")) shouldBe Outcome.ACCEPTED
                host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
                host.gate.toString() shouldBe "2 answers held, 1 of them dropped, 0 malformed"
            }
        }

        test("what is no reply to a query is not read") {
            Host("www.example").use { host ->
                val message = answer("www.example", address("www.example", "192.0.2.1")).toWire()
                host.answer(message, state = ConnectionState.NEW, reply = false).queues() shouldContainExactly listOf()
                host.answer(message, reply = false).queues() shouldContainExactly listOf()
                host.answer(message, state = ConnectionState.INVALID).queues() shouldContainExactly listOf()
                host.answer(message).queues() shouldContainExactly listOf(53)
            }
        }

        test(
            "queries reach the given servers only, even over the loopback device and in the connection of an older query",
        ) {
            Host("www.example").use { host ->
                val query = query("www.example").toWire()

                fun ask(
                    server: String,
                    device: String = "eth0",
                    state: ConnectionState = ConnectionState.NEW,
                ) = host
                    .send(
                        SamplePackets.udp(
                            if (':' in
                                server
                            ) {
                                HOST6
                            } else {
                                HOST4
                            },
                            40000,
                            server,
                            53,
                            *query,
                        ),
                        device,
                        state,
                    ).outcome()
                ask(SERVER4) shouldBe Outcome.ACCEPTED
                ask(SERVER6) shouldBe Outcome.ACCEPTED
                ask("192.0.2.9") shouldBe Outcome.DROPPED
                ask("192.0.2.9", state = ConnectionState.ESTABLISHED) shouldBe Outcome.DROPPED
                ask("127.0.0.1", "lo") shouldBe Outcome.DROPPED
                host.resolve("www.example", address("www.example", "192.0.2.9"))
                ask("192.0.2.9") shouldBe Outcome.DROPPED
                host.send(SamplePackets.tcp(HOST4, 40000, SERVER4, 53, SYN)).outcome() shouldBe Outcome.DROPPED
            }
        }

        test("connections that exist go on, and the host may talk to itself") {
            Host("www.example").use { host ->
                val packet = SamplePackets.tcp(HOST4, 40000, "192.0.2.1", 443, 0x10)
                host.send(packet, state = ConnectionState.ESTABLISHED).outcome() shouldBe Outcome.ACCEPTED
                host.send(SamplePackets.tcp("127.0.0.1", 40000, "127.0.0.1", 80, SYN), "lo").outcome() shouldBe
                    Outcome.ACCEPTED
            }
        }

        test("forwarded clients are filtered by the same rules") {
            Host("www.example").use { host ->
                fun forward(peer: String) =
                    host.kernel
                        .packets()
                        .of(SamplePackets.tcp("10.0.0.7", 40000, peer, 443, SYN))
                        .`in`("eth1")
                        .out("eth0")
                        .forward()
                        .outcome()
                forward("192.0.2.1") shouldBe Outcome.DROPPED
                host.resolve("www.example", address("www.example", "192.0.2.1"))
                forward("192.0.2.1") shouldBe Outcome.ACCEPTED
            }
        }

        test("after the end everything goes out again") {
            val host = Host("www.example")
            host.close()
            host.connect("192.0.2.1") shouldBe Outcome.ACCEPTED
        }
    })
