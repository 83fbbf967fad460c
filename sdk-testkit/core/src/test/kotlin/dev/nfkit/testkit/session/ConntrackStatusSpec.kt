// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackStatus.ASSURED
import dev.nfkit.conntrack.ConntrackStatus.CONFIRMED
import dev.nfkit.conntrack.ConntrackStatus.EXPECTED
import dev.nfkit.conntrack.ConntrackStatus.FIXED_TIMEOUT
import dev.nfkit.conntrack.ConntrackStatus.SEEN_REPLY
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.ProtocolUpdate
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private const val CT_NEW = 0x100

private val tuple =
    ConntrackTuple.udp(InetAddress.getByName("10.0.0.1"), 1, InetAddress.getByName("10.0.0.2"), 53)

private fun sample(vararg status: ConntrackStatus) =
    SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)).status(ConntrackStatus.bits(*status))

private fun Conntrack.status() = ConntrackStatus.of(get(tuple).get().status())

private fun setting(vararg bits: ConntrackStatus) = ConntrackUpdate.none().status(ConntrackStatus.bits(*bits))

/** Runs an action, if set, before each request that creates or changes a connection. */
private class Before(
    private val fake: NetlinkTransport,
    vararg actions: () -> Unit,
) : NetlinkTransport by fake {
    private val waiting = ArrayDeque(actions.toList())

    override fun open(protocol: Int): NetlinkSocket {
        val socket = fake.open(protocol)
        return object : NetlinkSocket by socket {
            override fun send(datagram: ByteBuffer) {
                val type = datagram.duplicate().order(ByteOrder.nativeOrder()).getShort(datagram.position() + 4)
                if (type.toInt() == CT_NEW) waiting.removeFirstOrNull()?.invoke()
                socket.send(datagram)
            }
        }
    }
}

class ConntrackStatusSpec :
    FunSpec({
        test("status bits are set in addition to those that the connection has") {
            val transport = FakeNetfilter()
            transport.conntrack().add(sample(CONFIRMED, SEEN_REPLY, ASSURED))
            Conntrack.open(transport).use {
                it.update(tuple, setting(FIXED_TIMEOUT))
                it.status() shouldBe setOf(CONFIRMED, SEEN_REPLY, ASSURED, FIXED_TIMEOUT)
                it.update(tuple, ConntrackUpdate.none().status(0))
                it.status() shouldBe setOf(CONFIRMED, SEEN_REPLY, ASSURED, FIXED_TIMEOUT)
            }
        }

        test("bits that packets set between reading and sending are kept too") {
            val fake = FakeNetfilter()
            val id = fake.conntrack().add(sample(CONFIRMED))
            val packets =
                arrayOf(
                    { fake.conntrack().change(id) { it.status(ConntrackStatus.bits(CONFIRMED, SEEN_REPLY)) } },
                    { fake.conntrack().change(id) { it.status(ConntrackStatus.bits(CONFIRMED, SEEN_REPLY, ASSURED)) } },
                )
            Conntrack.open(Before(fake, *packets)).use {
                it.update(tuple, setting(FIXED_TIMEOUT).mark(7))
                it.status() shouldBe setOf(CONFIRMED, SEEN_REPLY, ASSURED, FIXED_TIMEOUT)
                it.get(tuple).get().mark() shouldBe 7
            }
        }

        test("a bit that user space may not set is refused, and so is a missing connection") {
            val transport = FakeNetfilter()
            Conntrack.open(transport).use {
                shouldThrow<KernelRefusedException> { it.update(tuple, setting(ASSURED)) }.refusal() shouldBe
                    Refusal.NOT_FOUND
                transport.conntrack().add(sample(CONFIRMED))
                shouldThrow<KernelRefusedException> { it.update(tuple, setting(EXPECTED)) }.errno() shouldBe Errno.EBUSY
                it.status() shouldBe setOf(CONFIRMED)
            }
        }

        test("a request to create or update keeps the status bits of an existing connection") {
            val transport = FakeNetfilter()
            Conntrack.open(transport).use {
                val wanted = NewConnection.of(tuple, Duration.ofMinutes(1)).status(SEEN_REPLY)
                it.createOrUpdate(wanted)
                it.status() shouldBe setOf(CONFIRMED, SEEN_REPLY)
                it.update(tuple, setting(ASSURED))
                it.createOrUpdate(wanted.mark(5))
                it.status() shouldBe setOf(CONFIRMED, SEEN_REPLY, ASSURED)
                it.get(tuple).get().mark() shouldBe 5
                it.statistics().entries() shouldBe 1
            }
        }

        test("an update with another protocol than the tuple's is refused before it is sent") {
            val transport = FakeNetfilter()
            transport.conntrack().add(sample(CONFIRMED))
            Conntrack.open(transport).use {
                shouldThrow<IllegalArgumentException> {
                    it.update(tuple, ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE)))
                }
            }
        }

        test("an event names the netlink port of the request that caused it, and 0 for a packet") {
            val transport = FakeNetfilter()
            Conntrack.open(transport).use { table ->
                ConntrackEvents.open(transport, ConntrackEventOptions.builder().build()).use { events ->
                    transport.conntrack().add(sample(CONFIRMED))
                    table.delete(tuple)
                    val ports = mutableListOf<Long>()
                    val copies = mutableListOf<ConntrackEvent.OfConnection>()
                    while (events.poll<RuntimeException>(
                            {
                                it as ConntrackEvent.OfConnection
                                ports += it.portId()
                                copies += it.copy()
                            },
                            Duration.ZERO,
                        ) > 0
                    ) {
                        // until the socket is empty
                    }
                    ports.map { it != 0L } shouldBe listOf(false, true)
                    copies.map { it.portId() } shouldBe ports
                }
            }
        }
    })
