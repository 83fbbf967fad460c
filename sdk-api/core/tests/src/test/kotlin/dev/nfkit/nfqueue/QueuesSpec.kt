// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.netfilter.CopyMode
import dev.nfkit.session.LoopRig
import dev.nfkit.session.answer
import dev.nfkit.socket.ConntrackDrops
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.QueueState
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.reflect.Proxy
import java.nio.ByteOrder
import java.util.Optional

private fun state(
    queue: Int,
    port: Long,
) = QueueState(queue, port, 0, 2, 64, 0, 0, 0)

/** The queues 4 and 5, the second of which lets packets pass when it is full. */
private class QueuesRig {
    var states = listOf(state(3, 1), state(4, 99), state(5, 4711))
    var drops: ConntrackDrops? = null
    private val kernel =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, method, _ ->
            when (method.name) {
                "nfqueues" -> states
                "netAdmin" -> NetAdmin.HELD
                "owner" -> Optional.empty<Any>()
                "conntrackDrops" -> Optional.ofNullable(drops)
                else -> error("no test asks for ${method.name}")
            }
        } as KernelView
    val loop = LoopRig()
    val queues =
        Queues(
            NfqueueOptions
                .builder()
                .queue(NfqueueQueue.builder(4).copyRange(64).build())
                .queue(
                    NfqueueQueue
                        .builder(5)
                        .copyRange(128)
                        .failOpen(true)
                        .build(),
                ).build(),
            kernel,
        )

    fun open() = queues.open(loop.loop, ByteOrder.LITTLE_ENDIAN)

    fun change(configure: NfqueueQueue.Builder.() -> NfqueueQueue.Builder) =
        queues.change(loop.loop, ByteOrder.LITTLE_ENDIAN, NfqueueQueue.builder(5).configure().build())

    fun count(
        queue: Int,
        vararg ids: Int,
        truncated: Boolean = false,
    ) = ids.forEach { id ->
        val packet = QueuedPacket.read(message { bytes(10, 1).be32(13, if (truncated) 2 else 1) }, 0)
        queues.count(queues.ofPacket(queue)!!, packet, id)
    }
}

class QueuesSpec :
    FunSpec({
        test("each queue is bound by a request of its own") {
            val rig = QueuesRig()
            rig.loop.arrive(answer(1))
            rig.loop.arrive(answer(2))
            rig.open()
            rig.loop.calls shouldContainExactly listOf("send", "send")
        }

        test("a refusal names the owner of the queue that is refused, not of another one") {
            val rig = QueuesRig()
            rig.loop.arrive(answer(1))
            rig.loop.arrive(answer(2, Errno.EPERM.number()))
            val refused = shouldThrow<KernelRefusedException> { rig.open() }
            refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            refused.message shouldContain "bind NFQUEUE queue 5"
            refused.message shouldContain "port 4711 owns this queue"
        }

        test("a queue is changed by one request, and has its new options from then on") {
            val rig = QueuesRig()
            rig.loop.arrive(answer(1))
            rig.change { copyRange(20) }
            rig.loop.calls shouldContainExactly listOf("send")
            rig.queues
                .find(5)
                ?.options
                ?.copyRange() shouldBe 20
            rig.queues
                .find(4)
                ?.options
                ?.copyRange() shouldBe 64
        }

        test("a change that is refused leaves the options, and names the owner") {
            val rig = QueuesRig()
            rig.loop.arrive(answer(1, Errno.EPERM.number()))
            shouldThrow<KernelRefusedException> { rig.change { copyRange(20) } }.message shouldContain
                "port 4711 owns this queue"
            rig.queues
                .find(5)
                ?.options
                ?.copyRange() shouldBe 128
        }

        test("only a queue of the session is changed, and only to what its buffers can receive") {
            val rig = QueuesRig()
            shouldThrow<IllegalArgumentException> {
                rig.queues.change(rig.loop.loop, ByteOrder.LITTLE_ENDIAN, NfqueueQueue.builder(6).build())
            }.message shouldContain "queue 6 is not one of this session's"
            shouldThrow<IllegalArgumentException> { rig.change { copyRange(129) } }.message shouldContain
                "larger than the session was opened for"
            rig.loop.arrive(answer(1))
            rig.change { copyRange(128) }
        }

        test("a queue is found by its number, whichever was asked for last") {
            val rig = QueuesRig()
            for (number in listOf(5, 5, 4, 5, 6, 4)) {
                rig.queues.ofPacket(number)?.queue shouldBe number.takeIf { it < 6 }
                rig.queues.find(number)?.queue shouldBe number.takeIf { it < 6 }
            }
            rig.queues.held().size shouldBe 2
        }

        test("missing ids are packets lost, or let pass by a queue that is open when it is full") {
            val rig = QueuesRig()
            rig.count(4, 1, 2, 5)
            rig.count(5, 1, 3)
            rig.queues.packets() shouldBe 5
            rig.queues.lost() shouldBe 2
            rig.queues.bypassed() shouldBe 1
            rig.queues.truncated() shouldBe 0
        }

        test("packets that are cut are counted if their queue asks for payloads") {
            val rig = QueuesRig()
            rig.count(5, 1, 2, truncated = true)
            rig.queues.truncated() shouldBe 2
            rig.loop.arrive(answer(1))
            rig.change { copyMode(CopyMode.META) }
            rig.count(5, 3, truncated = true)
            rig.queues.truncated() shouldBe 2
        }

        test("the kernel's counters are those of the session's queues, and after the end those before it") {
            val rig = QueuesRig()
            rig.queues.states() shouldContainExactly listOf(state(4, 99), state(5, 4711))
            rig.states = listOf(state(4, 7))
            rig.queues.states() shouldContainExactly listOf(state(4, 7))
            rig.queues.remember()
            rig.states = listOf()
            rig.queues.states() shouldContainExactly listOf(state(4, 7))
            rig.queues.remember()
            rig.queues.states() shouldContainExactly listOf(state(4, 7))
            rig.queues.closed()
            rig.queues.clashed() shouldBe 0
        }

        test("packets that connection tracking drops are counted from the opening to the end") {
            val rig = QueuesRig()
            rig.drops = ConntrackDrops(10, 20)
            rig.queues.clashed() shouldBe 0 // it is not open yet
            repeat(2) { rig.loop.arrive(answer(it + 1L)) }
            rig.open()
            rig.queues.clashed() shouldBe 0
            rig.drops = ConntrackDrops(13, 24)
            rig.queues.clashed() shouldBe 3
            rig.drops = null // the kernel no longer reports them
            rig.queues.clashed() shouldBe 0
            rig.drops = ConntrackDrops(15, 26)
            rig.queues.closed()
            rig.drops = ConntrackDrops(19, 29)
            rig.queues.clashed() shouldBe 5
            rig.queues.closed()
            rig.queues.clashed() shouldBe 5
        }

        test("without a count at the opening, or without a drop until the end, none is counted") {
            val late = QueuesRig()
            repeat(2) { late.loop.arrive(answer(it + 1L)) }
            late.open()
            late.drops = ConntrackDrops(13, 24)
            late.queues.clashed() shouldBe 0
            val none = QueuesRig()
            none.drops = ConntrackDrops(13, 24)
            repeat(2) { none.loop.arrive(answer(it + 1L)) }
            none.open()
            none.queues.closed()
            none.drops = ConntrackDrops(19, 29)
            none.queues.clashed() shouldBe 0
        }
    })
