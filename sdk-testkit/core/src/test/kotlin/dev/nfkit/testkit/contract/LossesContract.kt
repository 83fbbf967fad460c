// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.SocketOption
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

internal fun NetlinkSocketContract.losing() {
    behaviour("a foreign sender's datagram is dropped and counted, the others arrive", Ability.FOREIGN) {
        val deliveries = datagrams(64) + Delivery.Foreign + Delivery.Foreign + datagrams(64, first = 2)
        onSocket(deliveries) { socket, receiver ->
            val seen = mutableListOf<Long>()
            while (seen.size < 2) {
                receiver.receive() shouldBeGreaterThan 0
                seen += receiver.batch.sequences(socket.order())
            }
            seen shouldContainExactly listOf(1L, 2L)
            socket.foreign() shouldBe 2
        }
    }

    behaviour(
        "a wait continues after a foreign sender's datagram",
        Ability.FOREIGN,
        Ability.BLOCK,
        Ability.DELIVER_ANY_TIME,
    ) {
        onSocket { socket, receiver ->
            val result = receiver.start()
            harness.deliver(socket, listOf(Delivery.Foreign))
            eventually("the foreign datagram is counted") { socket.foreign() == 1L }
            result.isDone shouldBe false
            harness.deliver(socket, datagrams(64))
            result.bounded() shouldBe 1
        }
    }

    behaviour("datagrams that arrived singly hide none that arrive together", Ability.DELIVER_ANY_TIME) {
        onSocket { socket, receiver ->
            var next = 0L
            for (together in List(20) { 1 } + 5 + 1 + 1 + 70) {
                harness.deliver(socket, List(together) { Delivery.Datagram(++next, 64) })
                val seen = mutableListOf<Long>()
                while (receiver.receive(0) > 0) {
                    seen += receiver.batch.sequences(socket.order())
                }
                seen shouldContainExactly (next - together + 1..next).toList()
            }
        }
    }

    behaviour("an overrun marks a batch, once, and drops counts the loss", Ability.OVERRUN) {
        onSocket { socket, receiver ->
            val sent = flood(socket)
            val drops = socket.drops()
            drops shouldBeGreaterThan 0L
            val marks = drain(socket, receiver, sent - drops.toInt())
            marks shouldBe 1
            socket.drops() shouldBe drops
            // The session continues normally.
            harness.deliver(socket, datagrams(64, first = 500))
            receiver.receive() shouldBe 1
            receiver.batch.overrun() shouldBe false
            receiver.batch.sequences(socket.order()) shouldContainExactly listOf(500L)
        }
    }

    behaviour("with NO_ENOBUFS an overrun marks nothing, and drops counts exactly", Ability.OVERRUN) {
        onSocket { socket, receiver ->
            socket.set(SocketOption.NO_ENOBUFS, 1)
            val sent = flood(socket)
            val drops = socket.drops()
            drops shouldBeGreaterThan 0L
            drain(socket, receiver, sent - drops.toInt()) shouldBe 0
            socket.drops() shouldBe drops
            harness.deliver(socket, datagrams(64, first = 500))
            receiver.receive() shouldBe 1
        }
    }
}
