package com.example.doorkeeper

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.PacketTrace.Outcome
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestPacket
import dev.nfkit.testkit.TestPacket.ConnectionState
import dev.nfkit.testkit.coroutines.bound
import dev.nfkit.testkit.coroutines.decided
import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.fakeKernel
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** Runs the doorkeeper on this test's kernel while a block runs. */
private suspend fun guarded(
    kernel: FakeNetfilter,
    block: suspend () -> Unit,
) = coroutineScope {
    val keeper = launch { kernel.keepDoor { it == "10.0.0.2" } }
    kernel.nfqueue().bound(QUEUE)
    kernel.await("the rule") { kernel.known().steps().isNotEmpty() }
    block()
    keeper.cancel()
}

private fun FakeNetfilter.knock(source: String): TestPacket =
    packets().of(SamplePackets.udp(source, 4000, "10.0.0.1", 22)).`in`("eth0")

private fun FakeNetfilter.known(): PacketTrace = knock("10.0.0.3").connection(ConnectionState.ESTABLISHED).toInput()

class DoorkeeperSpec :
    FunSpec({
        extension(NetfilterExtension)
        coroutineTestScope = true

        test("invited guests pass, and others do not") {
            val kernel = fakeKernel()
            guarded(kernel) {
                val invited = kernel.knock("10.0.0.2").toInput()
                val other = kernel.knock("10.0.0.3").toInput()
                kernel.nfqueue().decided(2)
                invited.awaitEnd() shouldBe Outcome.ACCEPTED
                other.awaitEnd() shouldBe Outcome.DROPPED
                other.queues() shouldContainExactly listOf(QUEUE)
            }
        }

        test("known connections and those of this host are not asked") {
            val kernel = fakeKernel()
            guarded(kernel) {
                val known = kernel.known()
                val own = kernel.knock("127.0.0.1").`in`("lo").toInput()
                known.outcome() shouldBe Outcome.ACCEPTED
                own.outcome() shouldBe Outcome.ACCEPTED
                (known.queues() + own.queues()).shouldBeEmpty()
            }
        }
    })
