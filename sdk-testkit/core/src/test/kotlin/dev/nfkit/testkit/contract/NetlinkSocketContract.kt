// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.FamilyCondition
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread

internal const val FEW_DESCRIPTORS = 50

/** NFNLGRP_NFTABLES: no rule set changes while this runs. */
internal const val UNUSED_GROUP = 7

/**
 * The contract of every [NetlinkSocket]. A subclass provides a harness to test an implementation. The rules are those
 * of NetlinkSocket's Javadoc. Every wait has a bound that only a failure reaches; no test depends on how long something
 * takes.
 */
abstract class NetlinkSocketContract(
    makeHarness: () -> SocketHarness,
) : FunSpec() {
    private val made = lazy(makeHarness)
    internal val harness by made

    internal fun datagrams(
        vararg sizes: Int,
        first: Long = 1,
    ): List<Delivery> = sizes.mapIndexed { index, size -> Delivery.Datagram(first + index, size) }

    internal fun behaviour(
        sentence: String,
        vararg needs: Ability,
        body: () -> Unit,
    ) {
        test(sentence).config(
            enabledOrReasonIf = {
                val reason =
                    harness.unavailable
                        ?: needs
                            .filterNot { it in harness.abilities }
                            .takeIf { it.isNotEmpty() }
                            ?.joinToString(prefix = "the harness of ${harness.name} lacks ")
                if (reason == null) Enabled.enabled else Enabled.disabled(reason)
            },
        ) { body() }
    }

    internal fun onSocket(
        deliveries: List<Delivery> = emptyList(),
        batch: DatagramBatch = DatagramBatch(16, 1024),
        body: (NetlinkSocket, Receiver) -> Unit,
    ) {
        harness.open(deliveries).use { socket -> Receiver(socket, batch).use { body(socket, it) } }
    }

    init {
        afterSpec { if (made.isInitialized()) harness.close() }

        waking()
        closing()
        sending()
        receiving()
        losing()
        options()
        memberships()
        filters()
    }

    private fun waking() {
        behaviour("a wakeup before a receive makes the next receive return 0") {
            onSocket { socket, receiver ->
                socket.wakeup()
                receiver.receive() shouldBe 0
                receiver.batch.count() shouldBe 0
            }
        }

        behaviour("several wakeups before a receive count as one") {
            onSocket { socket, receiver ->
                repeat(3) { socket.wakeup() }
                receiver.receive() shouldBe 0
                socket.send(acknowledged(9, socket.order()))
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a wakeup is consumed by a receive that does not wait") {
            onSocket { socket, receiver ->
                socket.wakeup()
                receiver.receive(0) shouldBe 0
                socket.send(acknowledged(9, socket.order()))
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a wakeup takes precedence over waiting datagrams, and loses none") {
            onSocket(datagrams(64, 64)) { socket, receiver ->
                socket.wakeup()
                receiver.receive() shouldBe 0
                receiver.receive() shouldBe 2
            }
        }

        behaviour("a wakeup ends a blocked receive", Ability.BLOCK) {
            onSocket { socket, receiver ->
                repeat(500) {
                    val result = receiver.start()
                    if (it % 2 == 0) Thread.yield()
                    socket.wakeup()
                    result.bounded() shouldBe 0
                }
            }
        }

        behaviour("a timeout of 0 does not wait", Ability.BLOCK) {
            onSocket { _, receiver -> receiver.receive(0) shouldBe 0 }
        }

        behaviour("a receive returns 0 once its timeout has passed, not earlier", Ability.BLOCK) {
            onSocket { _, receiver ->
                val start = harness.transport.nanoTime()
                receiver.receive(TimeUnit.MICROSECONDS.toNanos(20_500)) shouldBe 0
                harness.transport.nanoTime() - start shouldBeGreaterThanOrEqualTo 20_500_000L
            }
        }

        behaviour("signals neither end a receive nor extend its deadline", Ability.BLOCK, Ability.SIGNAL) {
            onSocket { socket, receiver ->
                receiver.receive(0) shouldBe 0
                val start = harness.transport.nanoTime()
                val result = receiver.start(TimeUnit.MILLISECONDS.toNanos(200))
                val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
                while (!result.isDone && System.nanoTime() < stop) {
                    harness.signal(socket, receiver.thread)
                    TimeUnit.MILLISECONDS.sleep(2)
                }
                result.bounded() shouldBe 0
                harness.transport.nanoTime() - start shouldBeGreaterThanOrEqualTo 200_000_000L
            }
        }

        behaviour("signals do not end a receive without a timeout", Ability.BLOCK, Ability.SIGNAL) {
            onSocket { socket, receiver ->
                receiver.receive(0) shouldBe 0
                val result = receiver.start()
                repeat(20) {
                    harness.signal(socket, receiver.thread)
                    TimeUnit.MILLISECONDS.sleep(1)
                }
                socket.send(acknowledged(3, socket.order()))
                result.bounded() shouldBe 1
            }
        }

        behaviour("Thread.interrupt does not end a receive, and the flag stays", Ability.BLOCK) {
            onSocket { socket, receiver ->
                val entered = AtomicBoolean()
                val result =
                    receiver.run {
                        Thread.currentThread().interrupt()
                        entered.set(true)
                        socket.receive(receiver.batch, FOR_EVER) to Thread.interrupted()
                    }
                eventually("the receiver has entered") { entered.get() }
                receiver.thread.interrupt()
                socket.send(acknowledged(3, socket.order()))
                result.bounded() shouldBe (1 to true)
            }
        }
    }

    internal fun onlyFamily(family: Int): EventFilter =
        EventFilter.builder().require(FamilyCondition.of(family)).build()

    /** Delivers far more than a small receive buffer holds. Returns the number. */
    internal fun flood(socket: NetlinkSocket): Int {
        socket.set(SocketOption.RECEIVE_BUFFER, 8192)
        val flood = datagrams(*IntArray(100) { 512 })
        harness.deliver(socket, flood)
        return flood.size
    }

    /** Receives that many datagrams and then nothing. Returns the number of batches that were marked. */
    internal fun drain(
        socket: NetlinkSocket,
        receiver: Receiver,
        expected: Int,
    ): Int {
        var marks = 0
        val seen = mutableListOf<Long>()
        while (true) {
            val count = receiver.receive(0)
            if (receiver.batch.overrun()) marks++
            seen += receiver.batch.sequences(socket.order())
            if (count == 0 && !receiver.batch.overrun()) break
        }
        seen.size shouldBe expected
        seen shouldContainExactly seen.sorted()
        return marks
    }
}
