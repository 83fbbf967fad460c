// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val GET = 0x101

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))

private fun tcp() = SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 40_000, "10.0.0.2", 443))

private fun entry(sample: SampleConntrack): ConntrackEntry {
    val order = ByteOrder.nativeOrder()
    return ConntrackEntry(EntryAttributes.owned(sample.toAttributes(order), order))
}

/** A mirror of a modelled table, and the changes that it reported. */
private class Mirrored(
    filter: ConntrackFilter = ConntrackFilter.all(),
) : AutoCloseable {
    val transport = FakeNetfilter()
    private val table = Conntrack.open(transport)
    val mirror = ConntrackMirror(table, filter)
    private val received = mutableListOf<ConntrackChange>()

    fun resynchronise() = mirror.resynchronise<RuntimeException> { received += it }

    fun updated(sample: SampleConntrack) = apply(ConntrackEvent.Updated(entry(sample)))

    fun apply(event: ConntrackEvent) = mirror.apply<RuntimeException>(event) { received += it }

    /** The names of the changes since the last call. */
    fun changes(): List<String> = received.map { it::class.simpleName!! }.also { received.clear() }

    /** The ids of the connections in the mirror. */
    fun known(): List<Long> = mirror.entries().map { it.id() }

    override fun close() = table.close()
}

class ConntrackMirrorSpec :
    FunSpec({
        test("attributes missing from an event keep their last value") {
            Mirrored().use {
                val whole =
                    tcp()
                        .id(7)
                        .status(0xe)
                        .tcp(3)
                        .mark(5)
                        .counters(1, 2, 3, 4)
                        .helper("ftp")
                        .labels(9)
                it.transport.conntrack().add(whole)
                it.resynchronise()
                it.changes() shouldContainExactly listOf("Added")

                it.updated(
                    tcp()
                        .id(7)
                        .status(0x40e)
                        .timeout(99)
                        .eventTime(1),
                )
                it.changes() shouldContainExactly listOf("Changed")
                val known = it.mirror.entries().single()
                known.`is`(ConntrackStatus.FIXED_TIMEOUT) shouldBe true
                known.timeout() shouldBe 99
                known.protocolInfo().get().stateName() shouldBe "ESTABLISHED"
                known.bytes(Direction.REPLY) shouldBe 4
                known.helper() shouldBe "ftp"
                known.labels().cardinality() shouldBe 1
                known.mark() shouldBe 0 // absent is 0, as in the kernel

                it.updated(
                    tcp()
                        .id(7)
                        .status(0x40e)
                        .tcp(4)
                        .without(ConntrackAttribute.TIMEOUT),
                )
                it.changes() shouldContainExactly listOf("Changed")
                val later = it.mirror.entries().single()
                later.protocolInfo().get().stateName() shouldBe "FIN_WAIT"
                later.timeout() shouldBe 99
                later.has(ConntrackAttribute.TIMESTAMP_EVENT) shouldBe false
            }
        }

        test("an event without a mark sets the mark to 0") {
            Mirrored().use {
                it.updated(udp(1).id(7).mark(5))
                it.mirror
                    .entries()
                    .single()
                    .mark() shouldBe 5
                it.updated(udp(1).id(7).without(ConntrackAttribute.MARK))
                it.mirror
                    .entries()
                    .single()
                    .mark() shouldBe 0
                it.changes() shouldContainExactly listOf("Added", "Changed")
            }
        }

        test("an entry that was only in an interrupted dump is neither added nor removed") {
            val fake = FakeNetfilter()
            val ids = (1..300).map { fake.conntrack().add(udp(it)) }
            var dumps = 0
            val transport =
                object : NetlinkTransport by fake {
                    override fun open(protocol: Int): NetlinkSocket {
                        val socket = fake.open(protocol)
                        return object : NetlinkSocket by socket {
                            override fun send(datagram: ByteBuffer) {
                                if (++dumps == 2) fake.conntrack().remove(ids[0])
                                socket.send(datagram)
                            }
                        }
                    }
                }
            Conntrack.open(transport).use { table ->
                val changes = mutableListOf<ConntrackChange>()
                val mirror = ConntrackMirror(table, ConntrackFilter.all())
                fake.conntrack().interruptDumps(1)
                dumps = 0
                val result = mirror.resynchronise<RuntimeException> { changes += it }
                dumps shouldBe 2
                result.dumps() shouldBe 2
                result.added() shouldBe 299
                result.removed() shouldBe 0
                changes.map { it::class } shouldContainExactly List(299) { ConntrackChange.Added::class }
                mirror.size() shouldBe 299
            }
        }

        test("an event without the attributes of the filter does not remove the connection") {
            Mirrored(ConntrackFilter.all().tcpState(TcpState.ESTABLISHED)).use {
                it.transport.conntrack().add(tcp().id(7).status(0xe).tcp(3))
                it.resynchronise()
                it.updated(tcp().id(7).status(0xe).mark(1))
                it.changes() shouldContainExactly listOf("Added", "Changed")
                it.updated(
                    tcp()
                        .id(7)
                        .status(0xe)
                        .mark(1)
                        .tcp(4),
                )
                it.changes() shouldContainExactly listOf("Removed")
                it.updated(
                    tcp()
                        .id(7)
                        .status(0xe)
                        .mark(1)
                        .tcp(4),
                )
                it.changes().shouldBeEmpty()
            }
        }

        test("two connections with one id are distinct") {
            Mirrored().use {
                for (other in listOf(udp(1), udp(2), udp(1).zone(3))) {
                    it.apply(ConntrackEvent.New(entry(other.id(7))))
                }
                it.mirror.size() shouldBe 3
                it.apply(ConntrackEvent.Destroyed(entry(udp(1).id(7))))
                it.mirror.size() shouldBe 2
                it.mirror.get(entry(udp(2).id(7))).isPresent shouldBe true
                it.mirror.get(entry(udp(1).id(7))).isPresent shouldBe false
            }
        }

        test("another connection with the same tuple is distinct") {
            Mirrored().use {
                it.updated(udp(1).id(6))
                it.transport.conntrack().add(udp(1).id(7))
                it.resynchronise()
                it.changes() shouldContainExactly listOf("Added", "Added", "Removed")
                it.mirror
                    .entries()
                    .single()
                    .id() shouldBe 7
            }
        }

        test("a connection that is being removed is gone, even if a dump contains it or an event comes late") {
            Mirrored().use {
                it.transport.conntrack().add(udp(1).id(7).status(0x208))
                it.updated(udp(2).id(8).status(0x208))
                it.resynchronise().added() shouldBe 0
                it.mirror.size() shouldBe 0
                it.changes().shouldBeEmpty()
            }
        }

        test("after a dump that failed, the next event makes the mirror dump again") {
            Mirrored().use {
                val gone = it.transport.conntrack().add(udp(1))
                it.resynchronise()
                it.transport.conntrack().expire(gone)
                val missed = it.transport.conntrack().add(udp(2))
                it.changes() shouldContainExactly listOf("Added")

                it.transport
                    .onRequest { request -> request.type() == GET }
                    .refuse(Errno.ENOBUFS)
                    .times(2)
                shouldThrow<KernelRefusedException> { it.apply(ConntrackEvent.Overrun(2)) }
                it.mirror.outOfDate() shouldBe true
                shouldThrow<KernelRefusedException> { it.updated(udp(3).id(3)) }
                it.known() shouldContainExactly listOf(gone)

                val later = it.transport.conntrack().add(udp(3))
                it.updated(udp(3).id(later))
                it.mirror.outOfDate() shouldBe false
                it.known() shouldContainExactlyInAnyOrder listOf(missed, later)
                it.changes() shouldContainExactlyInAnyOrder listOf("Added", "Added", "Removed")
            }
        }

        test("an incomplete dump is repeated at the next event") {
            Mirrored().use {
                val gone = it.transport.conntrack().add(udp(1))
                it.resynchronise()
                it.transport.conntrack().expire(gone)
                val missed = it.transport.conntrack().add(udp(2))
                it.transport.conntrack().interruptDumps(8)
                it.apply(ConntrackEvent.Overrun(1))
                it.mirror.outOfDate() shouldBe true
                it.updated(udp(2).id(missed).mark(7))
                it.mirror.outOfDate() shouldBe false
                it.known() shouldContainExactly listOf(missed)
            }
        }

        test("after a sink throws, the rest of the changes is delivered with the next call") {
            Mirrored().use {
                (1..3).forEach { port -> it.transport.conntrack().add(udp(port).id(port.toLong())) }
                val reported = mutableListOf<ConntrackChange>()
                shouldThrow<IllegalStateException> {
                    it.mirror.apply<RuntimeException>(ConntrackEvent.Overrun(1)) { change ->
                        reported += change
                        error("the sink failed")
                    }
                }
                it.mirror.size() shouldBe 3
                it.updated(udp(4).id(4))
                it.changes() shouldContainExactly listOf("Added", "Added", "Added")
                it.changes().shouldBeEmpty()
                reported.size shouldBe 1
            }
        }

        test("an event adds an entry that no dump has contained") {
            Mirrored().use {
                it.updated(udp(1).id(7))
                it.apply(ConntrackEvent.New(entry(udp(2).id(8))))
                it.apply(ConntrackEvent.Destroyed(entry(udp(3).id(9))))
                it.changes() shouldContainExactly listOf("Added", "Added")
                it.mirror.size() shouldBe 2
            }
        }
    })
