// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.COUNTERS_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.HELP
import dev.nfkit.conntrack.ConntrackAttribute.ID
import dev.nfkit.conntrack.ConntrackAttribute.LABELS
import dev.nfkit.conntrack.ConntrackAttribute.MARK
import dev.nfkit.conntrack.ConntrackAttribute.PROTOINFO
import dev.nfkit.conntrack.ConntrackAttribute.STATUS
import dev.nfkit.conntrack.ConntrackAttribute.SYNPROXY
import dev.nfkit.conntrack.ConntrackAttribute.TIMEOUT
import dev.nfkit.conntrack.ConntrackAttribute.TIMESTAMP
import dev.nfkit.conntrack.ConntrackAttribute.TIMESTAMP_EVENT
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.TUPLE_REPLY
import dev.nfkit.socket.SocketOption
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.time.Duration

private const val ECHO = 8
private val TUPLE = SampleTuple.udp("10.0.0.1", 1000, "10.0.0.2", 53)
private val TCP = SampleTuple.tcp("10.0.1.1", 4000, "10.0.1.2", 80)

private fun Heard.attributes(): Set<ConntrackAttribute> = ConntrackAttribute.values().filter { entry.has(it) }.toSet()

private val ALWAYS = setOf(TUPLE_ORIG, TUPLE_REPLY, ID, STATUS, TIMEOUT)

/** Events and their recipients. */
class FakeConntrackEventsSpec :
    FunSpec({
        test("an event takes the memory that the kernel allocates for it, however small it is") {
            with(ConntrackSteps()) {
                join(1)
                socket.set(SocketOption.RECEIVE_BUFFER, 8_192)
                repeat(60) { model.add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1_000 + it, "10.0.0.2", 53))) }
                drain().size shouldBe 12 // as on Linux 6.18
                socket.drops() shouldBe 48
            }
        }

        test("new, changed and ended: each event goes to its group, with its type and flags") {
            with(ConntrackSteps()) {
                join(1, 2, 3)
                val id = model.add(SampleConntrack.of(TCP).tcp(1).mark(7))
                model.change(id) { it.tcp(2) }
                model.remove(id)
                val heard = drain()
                heard.map { it.type } shouldBe listOf(0x100, 0x100, 0x102)
                heard.map { it.flags } shouldBe listOf(CREATE or EXCL, 0, 0)
                heard.map { it.sequence to it.portId }.toSet() shouldBe setOf(0L to 0L)
                heard.map { it.datagram } shouldBe listOf(1, 2, 3)
                heard.map { it.entry.id() }.toSet() shouldBe setOf(id)
                heard.map { it.entry.protocolState() } shouldBe listOf(1, 2, 2)
                heard.map { it.attributes() } shouldBe
                    listOf(ALWAYS + PROTOINFO + MARK, ALWAYS + PROTOINFO + MARK, ALWAYS + PROTOINFO + MARK)
                heard.last().entry.status() shouldBe (8L or 0x200)
            }
        }

        test("a socket without groups receives no event, and a member of one group only those of that group") {
            with(ConntrackSteps()) {
                val deaths = ConntrackSteps(transport).join(3)
                val id = model.add(SampleConntrack.of(TUPLE))
                model.change(id) { it.mark(1) }
                model.expire(id)
                drain().shouldBeEmpty()
                deaths.drain().map { it.type } shouldBe listOf(0x102)
            }
        }

        test("a change sends what has changed; counters and timeouts cause no event") {
            with(ConntrackSteps()) {
                join(2)
                val id = model.add(SampleConntrack.of(TUPLE).labels())
                model.change(id) { it.counters(1, 2, 3, 4).timeout(7) }
                drain().shouldBeEmpty()
                model.change(id) { it.status(10) }
                drain().single().attributes() shouldBe ALWAYS
                model.change(id) { it.mark(5) }
                drain().single().attributes() shouldBe ALWAYS + MARK
                model.change(id) { it.labels(3) }
                drain().single().attributes() shouldBe ALWAYS + MARK + LABELS
                model.change(id) { it.mark(0) }
                drain().single().entry.has(MARK) shouldBe true
                model.change(id) { it.status(14) }
                drain().single().attributes() shouldBe ALWAYS
            }
        }

        test("a connection by a packet is counted and timed if the kernel does so when it begins") {
            with(ConntrackSteps(FakeNetfilter(TestClock.manual()))) {
                join(3)
                val before = model.add(SampleConntrack.of(TUPLE))
                model.settings().accounting(true).timestamps(true)
                val after = model.add(SampleConntrack.of(TCP))
                model.remove(before)
                model.remove(after)
                val (first, second) = drain()
                first.entry.has(COUNTERS_ORIG) shouldBe false
                first.entry.hasStart() shouldBe false
                second.entry.has(COUNTERS_ORIG) shouldBe true
                second.entry.startNanos() shouldBe transport.clock().epochNanos()
            }
        }

        test("the event of an ended connection has its counters, its duration, and of TCP only the state") {
            with(ConntrackSteps(FakeNetfilter(TestClock.manual()).order(ByteOrder.LITTLE_ENDIAN))) {
                model.settings().timestamps(true)
                join(3)
                val start = transport.clock().epochNanos()
                model.add(
                    SampleConntrack
                        .of(TCP)
                        .counters(1, 2, 3, 4)
                        .started(start)
                        .timeout(10),
                )
                transport.clock().advance(Duration.ofSeconds(10))
                val heard = drain().single()
                heard.attributes() shouldBe
                    ALWAYS - TIMEOUT + COUNTERS_ORIG + ConntrackAttribute.COUNTERS_REPLY + TIMESTAMP + PROTOINFO +
                    TIMESTAMP_EVENT
                heard.entry.stopNanos() shouldBe start + 10_000_000_000
                heard.entry.eventNanos() shouldBe start + 10_000_000_000
                // PROTOINFO contains TCP, and only its state.
                heard.entry.attributes().toHex() shouldContain "10000480" + "0c000180" + "05000100"
                model.settings().kernelVersion(6, 12)
                model.add(SampleConntrack.of(TCP))
                model.connections().first().let { model.expire(it.contents().number(ID)) }
                drain().single().entry.has(TIMESTAMP_EVENT) shouldBe false
            }
        }

        test("the event of a request has its port, and everything that it could have changed") {
            with(ConntrackSteps()) {
                join(1, 2, 3)
                val other = ConntrackSteps(transport)
                other.errno(ConntrackSteps.NEW, CREATE or EXCL) {
                    tuple(
                        1,
                        TCP,
                    ).tuple(2, TCP.inverted()).be32(TIMEOUT.code(), 9).nest(HELP.code()) { string(1, "ftp") }
                }
                other.errno(ConntrackSteps.NEW) { tuple(1, TCP).be32(TIMEOUT.code(), 10) }
                other.errno(ConntrackSteps.DELETE)
                val heard = drain()
                heard.map { it.portId }.toSet() shouldBe setOf(other.socket.portId())
                heard.map { it.sequence }.toSet() shouldBe setOf(0L)
                heard[0].attributes() shouldBe ALWAYS + PROTOINFO + HELP + SYNPROXY + MARK
                heard[1].attributes() shouldBe ALWAYS + PROTOINFO + HELP + SYNPROXY + MARK
                heard[2].type shouldBe 0x102
            }
        }

        test("a requester that is a member, or asks for an echo, receives the event before the answer") {
            with(ConntrackSteps()) {
                fun create(
                    port: Int,
                    flags: Int,
                ) = SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53).let {
                    ask(ConntrackSteps.NEW, REQUEST or ACK or CREATE or flags) {
                        tuple(1, it).tuple(2, it.inverted()).be32(TIMEOUT.code(), 9)
                    }.map { it.type }
                }
                create(1, 0) shouldBe listOf(2)
                create(2, ECHO) shouldBe listOf(0x100, 2)
                join(1)
                create(3, 0) shouldBe listOf(0x100, 2)
                create(4, ECHO) shouldBe listOf(0x100, 2)
            }
        }

        test("a slow listener loses events, is notified once, and receives none until it is drained") {
            with(ConntrackSteps()) {
                join(1)
                socket.set(SocketOption.RECEIVE_BUFFER, 8192)
                (1..200).forEach { model.add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", it, "10.0.0.2", 53))) }
                val heard = drain()
                overrun shouldBe true
                heard.size shouldBeGreaterThan 5
                socket.drops() shouldBeGreaterThan 100
                heard.size + socket.drops() shouldBe 200
                model.add(SampleConntrack.of(TUPLE))
                drain().size shouldBe 1
            }
        }

        test("expectations cause events when they are created and when they end, with their master") {
            with(ConntrackSteps()) {
                join(4, 5, 6)
                val master = SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 21)
                val masterId = model.add(SampleConntrack.of(master).helper("ftp"))
                val mask = SampleTuple.tcp("255.255.255.255", 0, "255.255.255.255", 65535)
                val made = SampleExpectation.of(master, SampleTuple.tcp("10.0.0.2", 0, "10.0.0.1", 5000), mask)
                model.unexpect(model.expect(made))
                model.expect(made)
                model.remove(masterId)
                val heard = drain()
                heard.map { it.type } shouldBe listOf(0x200, 0x202, 0x200, 0x202)
                heard.map { it.flags } shouldBe listOf(CREATE or EXCL, 0, CREATE or EXCL, 0)
                model.expectations().shouldBeEmpty()
            }
        }
    })
