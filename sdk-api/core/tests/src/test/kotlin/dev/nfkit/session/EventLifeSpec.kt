// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.MalformedMessageException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.wire.MessageCursor
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.lang.reflect.Proxy
import java.nio.ByteBuffer

private const val SLOTS = 4

/** The counters of an event session, with a socket of given counters. */
private class EventRig(
    buffer: Int = 1_000,
    groups: List<Int> = listOf(1),
) {
    var drops = 0L
    var foreign = 0L
    val options = mutableListOf<String>()
    private val socket =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(NetlinkSocket::class.java)) { _, method, args ->
            when (method.name) {
                "drops" -> drops
                "foreign" -> foreign
                "set" -> null.also { options += args.joinToString(" ") }
                else -> error("no test asks for ${method.name}")
            }
        } as NetlinkSocket
    val life = EventLife(socket, groups, buffer, EventStream::class.java)

    /** A receive that takes datagrams of given lengths out of the socket. */
    fun receive(
        vararg lengths: Int,
        overrun: Boolean = false,
    ) {
        val batch = DatagramBatch(SLOTS, 64)
        if (overrun) batch.markOverrun()
        lengths.forEachIndexed(batch::add)
        life.received(batch)
    }

    /** A receive that fills all slots. */
    fun receiveAll(overrun: Boolean = false) = receive(*IntArray(SLOTS) { 50 }, overrun = overrun)

    fun malformed() = life.malformed(MalformedMessageException("path", 0, "expected", "actual"))
}

/** Where in its stream an event session places a loss, and what it counts. */
class EventLifeSpec :
    FunSpec({
        test("a session joins its groups, and leaves them for the rest") {
            val rig = EventRig(groups = listOf(3, 1))
            rig.life.subscribe()
            rig.options shouldContainExactly listOf("ADD_MEMBERSHIP 3", "ADD_MEMBERSHIP 1")
            rig.options.clear()
            rig.life.requestRest()
            rig.options shouldContainExactly listOf("DROP_MEMBERSHIP 3", "DROP_MEMBERSHIP 1")
        }

        test("without an overrun nothing is lost, whatever is received") {
            val rig = EventRig()
            rig.drops = 7
            rig.receiveAll()
            rig.receive()
            rig.receive()
            rig.life.overrunAhead() shouldBe false
            rig.life.takeLost(false) shouldBe -1
            rig.life.takeLost(true) shouldBe -1
            rig.receiveAll(overrun = true) // the receives of nothing before it do not count
            rig.life.overrunAhead() shouldBe true
            rig.receive()
            rig.life.overrunAhead() shouldBe true
        }

        test("a loss is placed after a receive that leaves slots empty, and counts what the socket dropped since") {
            val rig = EventRig()
            rig.drops = 3
            rig.receiveAll(overrun = true)
            rig.life.overrunAhead() shouldBe true
            rig.life.takeLost(false) shouldBe -1
            rig.receive(50, 50, 50)
            rig.life.overrunAhead() shouldBe false
            rig.life.takeLost(false) shouldBe 3
            rig.life.takeLost(false) shouldBe -1
            rig.drops = 5
            rig.receive(50, overrun = true)
            rig.life.takeLost(false) shouldBe 2
            rig.life.counts().get(EventCounter.OVERRUNS) shouldBe 2
        }

        test("slots that foreign datagrams took are not empty") {
            val rig = EventRig()
            rig.foreign = 5 // before the overrun
            rig.receiveAll(overrun = true)
            rig.foreign = 7
            rig.receive(50, 50)
            rig.life.overrunAhead() shouldBe true
            rig.receive(50, 50)
            rig.life.overrunAhead() shouldBe false
        }

        test("two receives of nothing in a row mean that the socket is empty, and one may be a wakeup") {
            val rig = EventRig()
            rig.receive(overrun = true)
            rig.receive()
            rig.life.overrunAhead() shouldBe true
            rig.receiveAll()
            rig.receive()
            rig.life.overrunAhead() shouldBe true
            rig.receive()
            rig.life.overrunAhead() shouldBe false
            rig.receive(overrun = true)
            rig.receive()
            rig.life.overrunAhead() shouldBe true
        }

        test("what came after the loss is later than it once it exceeds the receive buffer") {
            val rig = EventRig(buffer = 400)
            rig.receiveAll(overrun = true)
            rig.receiveAll()
            rig.life.overrunAhead() shouldBe true
            rig.receive(1, 1, 1, 1)
            rig.life.overrunAhead() shouldBe false
            rig.receiveAll(overrun = true) // its bytes count from zero
            rig.receiveAll()
            rig.life.overrunAhead() shouldBe true
        }

        test("at the end of a session a loss has its place, reached or not") {
            val rig = EventRig()
            rig.drops = 3
            rig.receiveAll(overrun = true)
            rig.life.takeLost(true) shouldBe 3
            rig.life.overrunAhead() shouldBe false
            rig.life.takeLost(true) shouldBe -1
        }

        test("events that could not be read are lost, at once") {
            val rig = EventRig()
            rig.life.hasReport() shouldBe false
            rig.malformed()
            rig.life.truncated(ByteBuffer.allocate(1), 0, 1)
            rig.life.hasReport() shouldBe true
            rig.life.takeLost(false) shouldBe 2
            rig.life.hasReport() shouldBe false
            rig.malformed()
            rig.drops = 4
            rig.receive(50, overrun = true)
            rig.life.takeLost(false) shouldBe 5
        }

        test("a loss that was not handled is owed, even one of no events, and joins the next") {
            val rig = EventRig()
            rig.life.owed() shouldBe false
            rig.life.owe(0)
            rig.life.owed() shouldBe true
            rig.life.takeLost(false) shouldBe 0
            rig.life.owed() shouldBe false
            rig.life.takeLost(false) shouldBe -1
            rig.life.owe(5)
            rig.drops = 2
            rig.receive(50, overrun = true)
            rig.life.takeLost(false) shouldBe 7
        }

        test("each counter counts its own") {
            val rig = EventRig()
            rig.drops = 1
            rig.foreign = 2
            repeat(3) { rig.malformed() }
            repeat(4) { rig.life.delivered() }
            repeat(5) { rig.life.filtered() }
            repeat(6) { rig.life.discarded(MessageCursor()) }
            repeat(7) { rig.receive(overrun = true) }
            val counts = rig.life.counts()
            EventCounter.entries.associateWith(counts::get) shouldBe
                mapOf(
                    EventCounter.SOCKET_DROPS to 1L,
                    EventCounter.FOREIGN to 2L,
                    EventCounter.MALFORMED to 3L,
                    EventCounter.DELIVERED to 4L,
                    EventCounter.FILTERED to 5L,
                    EventCounter.DISCARDED to 6L,
                    EventCounter.OVERRUNS to 7L,
                    EventCounter.TRUNCATED_DATAGRAMS to 0L,
                )
        }
    })
