// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.SocketOption
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

internal fun NetlinkSocketContract.options() {
    behaviour("options can be turned on and off", Ability.OPTIONS) {
        onSocket { socket, _ ->
            for (option in listOf(SocketOption.NO_ENOBUFS, SocketOption.EXT_ACK, SocketOption.CAP_ACK)) {
                for (value in listOf(1, 0, 1)) {
                    socket.set(option, value)
                    withClue(option) { socket.get(option) shouldBe value }
                }
            }
        }
    }

    behaviour("buffer options return the actual size, which the kernel doubles", Ability.OPTIONS) {
        onSocket { socket, _ ->
            for (option in listOf(SocketOption.RECEIVE_BUFFER, SocketOption.SEND_BUFFER)) {
                socket.set(option, 65_536)
                withClue(option) { socket.get(option) shouldBe 131_072 }
            }
        }
    }
}

internal fun NetlinkSocketContract.memberships() {
    behaviour("a multicast group is joined and left, and repeating that changes nothing") {
        onSocket { socket, receiver ->
            for (option in listOf(SocketOption.ADD_MEMBERSHIP, SocketOption.DROP_MEMBERSHIP)) {
                repeat(2) { socket.set(option, UNUSED_GROUP) }
            }
            socket.send(acknowledged(9, socket.order()))
            receiver.receive() shouldBe 1
        }
    }

    behaviour("a membership cannot be read") {
        onSocket { socket, _ ->
            for (option in listOf(SocketOption.ADD_MEMBERSHIP, SocketOption.DROP_MEMBERSHIP)) {
                shouldThrow<IllegalArgumentException> { socket.get(option) }.message shouldBe
                    "$option can only be set"
            }
        }
    }

    behaviour("a value out of an option's range is refused with the name and the range") {
        onSocket { socket, _ ->
            shouldThrow<IllegalArgumentException> { socket.set(SocketOption.ADD_MEMBERSHIP, 0) }
                .message shouldBe "ADD_MEMBERSHIP 0 is out of 1 to 2147483647"
            shouldThrow<IllegalArgumentException> { socket.set(SocketOption.DROP_MEMBERSHIP, -1) }
                .message shouldBe "DROP_MEMBERSHIP -1 is out of 1 to 2147483647"
            shouldThrow<IllegalArgumentException> { socket.set(SocketOption.EXT_ACK, 2) }
                .message shouldBe "EXT_ACK 2 is neither 0 (off) nor 1 (on)"
            shouldThrow<IllegalArgumentException> { socket.set(SocketOption.RECEIVE_BUFFER, 0) }
                .message shouldBe "RECEIVE_BUFFER 0 is out of 1 to 2147483647 bytes"
        }
    }

    behaviour("a multicast group that the protocol does not have cannot be joined", Ability.OPTIONS) {
        onSocket { socket, _ ->
            shouldThrow<SystemCallException> { socket.set(SocketOption.ADD_MEMBERSHIP, 4_000) }
                .errno() shouldBe Errno.EINVAL
        }
    }
}

internal fun NetlinkSocketContract.filters() {
    behaviour("a filter is set, replaced and removed, also twice, and answers pass it") {
        onSocket { socket, receiver ->
            for ((round, filter) in listOf(null, onlyFamily(2), onlyFamily(10), null, null).withIndex()) {
                socket.filter(filter)
                socket.send(acknowledged(round + 1L, socket.order()))
                receiver.receive() shouldBe 1
                receiver.batch.sequences(socket.order()) shouldContainExactly listOf(round + 1L)
            }
        }
    }

    behaviour("what a filter rejects is neither received nor lost", Ability.FOREIGN, Ability.DELIVER_ANY_TIME) {
        onSocket { socket, receiver ->
            // Of family 0, and counted when they are received.
            for ((filter, seen) in listOf(onlyFamily(2) to 0L, onlyFamily(0) to 1L, null to 2L)) {
                socket.filter(filter)
                harness.deliver(socket, listOf(Delivery.Foreign) + datagrams(64))
                receiver.receive() shouldBe 1
                socket.foreign() shouldBe seen
            }
            socket.drops() shouldBe 0
        }
    }

    behaviour(
        "a filter does not remove what is already on the socket",
        Ability.FOREIGN,
        Ability.DELIVER_ANY_TIME,
    ) {
        onSocket { socket, receiver ->
            harness.deliver(socket, listOf(Delivery.Foreign))
            socket.filter(onlyFamily(2))
            harness.deliver(socket, datagrams(64))
            receiver.receive() shouldBe 1
            socket.foreign() shouldBe 1
        }
    }

    behaviour("messages that a filter rejects take no space", Ability.OVERRUN, Ability.FOREIGN) {
        onSocket { socket, receiver ->
            socket.set(SocketOption.RECEIVE_BUFFER, 8192)
            socket.filter(onlyFamily(2))
            harness.deliver(socket, List(100) { Delivery.Foreign } + datagrams(64))
            receiver.receive() shouldBe 1
            receiver.batch.overrun() shouldBe false
            socket.drops() shouldBe 0
        }
    }
}
