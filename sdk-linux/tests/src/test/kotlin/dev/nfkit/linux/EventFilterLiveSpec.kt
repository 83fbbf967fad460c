// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.AttributeCondition
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.FamilyCondition
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.TimeUnit

private const val NFNLGRP_CONNTRACK_NEW = 1
private const val CT_GET_STATS = 0x105
private const val OPTMEM_MAX = "/proc/sys/net/core/optmem_max"
private const val FIRST_PORT = 5_000
private const val LAST_PORT = 5_009

private fun toPort(vararg ports: Long): AttributeCondition = AttributeCondition.at(1, 2, 3).width(2).`is`(*ports)

private fun filter(test: AttributeCondition): EventFilter =
    EventFilter
        .builder()
        .require(FamilyCondition.of(AF_INET))
        .require(AttributeCondition.at(1, 2, 1).`is`(17), test)
        .build()

/** Makes the kernel track a new connection to each port. */
private fun Namespace.connect() {
    inside { DatagramSocket() }.use { sender ->
        for (port in FIRST_PORT..LAST_PORT) {
            sender.send(DatagramPacket(ByteArray(1), 1, InetAddress.getByName("127.0.0.1"), port))
        }
    }
}

/**
 * Requests the table's statistics, so that ctnetlink is loaded: a request loads its module at once, but joining a group
 * only starts that (`request_module_nowait` in `nfnetlink_bind`), and events until then are not sent.
 */
private fun NetlinkSocket.awaitCtnetlink() {
    val batch = DatagramBatch(1, 4_096)
    send(
        MessageWriter(64, order())
            .begin(CT_GET_STATS, Netlink.NLM_F_REQUEST, 1)
            .nfgenmsg(0, 0)
            .end()
            .datagram(),
    )
    receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS)) shouldBe 1
    val answer = MessageCursor().wrap(batch.buffer(), batch.offset(0), batch.length(0), order())
    answer.next() shouldBe true
    answer.type() shouldBe CT_GET_STATS
}

/** The destination ports of the events on the socket. */
private fun NetlinkSocket.newPorts(): List<Int> {
    val batch = DatagramBatch(32, 4_096)
    val ports = mutableListOf<Int>()
    while (receive(batch, 0) > 0) {
        for (index in 0 until batch.count()) {
            val message = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), order())
            message.next()
            message.type() shouldBe 0x100
            val path = ArrayDeque(listOf(1, 2, 3))
            var cursor = AttributeCursor().wrap(message, "event")
            while (cursor.next()) {
                if (cursor.type() == path.first()) {
                    path.removeFirst()
                    if (path.isEmpty()) {
                        ports += cursor.be16()
                        break
                    }
                    cursor = cursor.nest(AttributeCursor(), "nest")
                }
            }
        }
    }
    return ports
}

class EventFilterLiveSpec :
    FunSpec({
        test("the kernel puts only the events that pass a socket's filter on the socket")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    iptables("-A OUTPUT -m conntrack --ctstate NEW -j ACCEPT")
                    transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
                        socket.filter(filter(toPort(5_003)))
                        withClue("an answer passes every filter") { socket.awaitCtnetlink() }
                        connect()
                        withClue("before the group is joined") { socket.newPorts() shouldBe emptyList() }

                        socket.set(SocketOption.ADD_MEMBERSHIP, NFNLGRP_CONNTRACK_NEW)
                        connect()
                        socket.newPorts() shouldContainExactly listOf(5_003)

                        socket.filter(filter(toPort(5_001, 5_008)))
                        connect()
                        socket.newPorts() shouldContainExactly listOf(5_001, 5_008)

                        val even =
                            AttributeCondition
                                .at(1, 2, 3)
                                .width(2)
                                .mask(1)
                                .`is`(0)
                        socket.filter(filter(even))
                        connect()
                        socket.newPorts() shouldContainExactly (FIRST_PORT..LAST_PORT step 2).toList()

                        val unmarked =
                            AttributeCondition
                                .at(8)
                                .width(4)
                                .whenAbsent(AttributeCondition.WhenAbsent.ZERO)
                                .`is`(0)
                        socket.filter(filter(unmarked))
                        connect()
                        socket.newPorts() shouldContainExactly (FIRST_PORT..LAST_PORT).toList()

                        val ipv6 = EventFilter.builder().require(FamilyCondition.of(AF_INET6)).build()
                        socket.filter(ipv6)
                        connect()
                        socket.newPorts() shouldBe emptyList()
                        withClue("so does an acknowledgement") { socket.bindGroup(5) shouldBe 0 }

                        socket.filter(null)
                        connect()
                        socket.newPorts() shouldContainExactly (FIRST_PORT..LAST_PORT).toList()

                        socket.set(SocketOption.DROP_MEMBERSHIP, NFNLGRP_CONNTRACK_NEW)
                        connect()
                        socket.newPorts() shouldBe emptyList()
                        socket.drops() shouldBe 0
                    }
                }
            }

        test("a filter beyond the kernel's memory for options is refused with advice")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    // Per namespace since Linux 6.9; before, it is small enough.
                    exec("sh", "-c", "[ ! -e $OPTMEM_MAX ] || echo 20480 > $OPTMEM_MAX")
                    transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
                        socket.filter(filter(toPort(*LongArray(100) { it.toLong() })))
                        val refused =
                            shouldThrow<SystemCallException> {
                                socket.filter(filter(toPort(*LongArray(2_000) { it.toLong() })))
                            }
                        refused.errno() shouldBe Errno.ENOMEM
                        refused.message shouldContain "net.core.optmem_max"
                    }
                }
            }

        test("the kernel's answer to any filter and message is that of the filter in Java")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    val events = RandomEvents(11)
                    val order = ByteOrder.nativeOrder()
                    val batch = DatagramBatch(64, 4_096)
                    var passed = 0
                    var dropped = 0
                    transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
                        socket.set(SocketOption.ADD_MEMBERSHIP, NFNLGRP_ACCT_QUOTA)
                        inside { ForeignSender() }.use { sender ->
                            repeat(200) {
                                val filter = events.filter()
                                socket.filter(filter)
                                repeat(20) {
                                    val message = events.message(order)
                                    val cursor = MessageCursor().wrap(ByteBuffer.wrap(message), 0, message.size, order)
                                    cursor.next()
                                    val admitted = filter.matches(cursor)
                                    // Foreign messages, so they are counted when they arrive.
                                    val before = socket.foreign()
                                    sender.multicast(NFNLGRP_ACCT_QUOTA, message)
                                    socket.receive(batch, 0) shouldBe 0
                                    withClue({ "$filter\n${message.joinToString(" ") { "%02x".format(it) }}" }) {
                                        socket.foreign() - before shouldBe if (admitted) 1L else 0L
                                    }
                                    if (admitted) passed++ else dropped++
                                }
                            }
                        }
                    }
                    passed shouldBeGreaterThan 500
                    dropped shouldBeGreaterThan 500
                }
            }
    })
