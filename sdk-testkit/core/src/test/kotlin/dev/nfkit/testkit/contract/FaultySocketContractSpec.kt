// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.fault.Fault
import dev.nfkit.testkit.fault.FaultPlan
import dev.nfkit.testkit.fault.FaultyTransport
import java.nio.ByteOrder

/** A plan without faults changes nothing. */
class FaultySocketContractSpec : NetlinkSocketContract({ FaultyHarness(FaultPlan.none()) })

/** A datagram with a fault, here one that does not change it, is received by the same rules. */
class DisturbedSocketContractSpec :
    NetlinkSocketContract({
        FaultyHarness(
            FaultPlan.seeded(1).withProbability(1.0, Fault.ForeignSender()),
            Ability.entries.toSet() - Ability.FOREIGN,
        )
    })

internal class FaultyHarness(
    plan: FaultPlan,
    override val abilities: Set<Ability> = Ability.entries.toSet(),
) : SocketHarness {
    private val fake = FakeHarness(ByteOrder.nativeOrder())
    private val fakes = mutableMapOf<Long, FakeNetlinkSocket>()
    override val name = "the fake with faults"
    override val transport = FaultyTransport(fake.transport, plan)

    override fun open(deliveries: List<Delivery>): NetlinkSocket =
        transport.open(12).also {
            fakes[it.portId()] = fake.transport.socket()
            deliver(it, deliveries)
        }

    override fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    ) = fake.deliver(fakes.getValue(socket.portId()), deliveries)

    override fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    ) = fake.signal(fakes.getValue(socket.portId()), receiver)

    override fun openDescriptors(): Int = fake.openDescriptors()

    override fun close() = Unit
}
