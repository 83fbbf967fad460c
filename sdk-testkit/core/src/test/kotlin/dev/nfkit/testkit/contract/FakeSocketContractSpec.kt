// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.Bytes
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import dev.nfkit.wire.MessageWriter
import java.nio.ByteOrder

/** The fake satisfies the contract, in this machine's byte order. */
class FakeSocketContractSpec : NetlinkSocketContract({ FakeHarness(ByteOrder.nativeOrder()) })

/** The fake satisfies the contract in the other byte order too. */
class BigEndianFakeSocketContractSpec : NetlinkSocketContract({ FakeHarness(ByteOrder.BIG_ENDIAN) })

internal class FakeHarness(
    order: ByteOrder,
) : SocketHarness {
    override val name = "the fake"
    override val transport = FakeNetfilter(TestClock.real()).order(order)
    override val abilities = Ability.entries.toSet()

    override fun open(deliveries: List<Delivery>): NetlinkSocket = transport.open(12).also { deliver(it, deliveries) }

    override fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    ) {
        socket as FakeNetlinkSocket
        for (delivery in deliveries) {
            when (delivery) {
                is Delivery.Foreign -> socket.effect(SocketEffect.Foreign(Bytes.of(*message(socket.order(), 0, 64))))
                is Delivery.Datagram -> socket.deliver(*message(socket.order(), delivery.sequence, delivery.size))
            }
        }
    }

    override fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    ) {
        (socket as FakeNetlinkSocket).effect(SocketEffect.Interrupted())
    }

    override fun openDescriptors(): Int = transport.openSockets()

    override fun close() = Unit
}

/** A message of a given size, of a type that is not netlink's own. */
internal fun message(
    order: ByteOrder,
    sequence: Long,
    size: Int,
): ByteArray {
    val datagram =
        MessageWriter(size, order)
            .begin(0x400, 0, sequence)
            .raw(*ByteArray(size - 16))
            .end()
            .datagram()
    return ByteArray(datagram.remaining()).also(datagram::get)
}
