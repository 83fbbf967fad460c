// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEvent.Committed
import dev.nfkit.nftables.NftablesEvent.Overrun
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.NftablesEventSink
import dev.nfkit.nftables.NftablesEvents
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.SocketEffect
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.time.Duration

private val table = TableId.inet("t")
private val nets = NftSet.set(table, "nets", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)

private fun net(
    address: String,
    length: Int,
): SetElement = SetElement.of(Prefix(Constant.address(InetAddress.getByName(address)), length))

/** A listening session, and another client. */
private class RulesetListening : AutoCloseable {
    val fake = FakeNetfilter()
    val client: Nftables = Nftables.open(fake)
    val events: NftablesEvents = NftablesEvents.open(fake, NftablesEventOptions.builder().build())
    private val before = fake.sockets()

    val socket: FakeNetlinkSocket get() = before.first { it.portId() == events.portId() }

    fun poll(): List<NftablesEvent> {
        val taken = mutableListOf<NftablesEvent>()
        val sink = NftablesEventSink<RuntimeException> { taken += it }
        var delivered = 0
        do {
            val polled = events.poll(sink, Duration.ZERO)
            delivered += polled
        } while (polled > 0)
        delivered shouldBe taken.size
        return taken
    }

    fun texts(): List<String> = poll().map { if (it is Committed) "committed" else it.toText() }

    override fun close() {
        events.close()
        client.close()
    }
}

class NftablesEventsSpec :
    FunSpec({
        test(
            "the events of a transaction arrive in the order of its changes, with rules as text, and end with its end",
        ) {
            RulesetListening().use { listening ->
                listening.client.commit(
                    Batch()
                        .add(Table.shared(table))
                        .add(Chain.regular(table, "c"))
                        .add(nets)
                        .add(SetElements.of(nets, net("10.0.0.0", 8), net("240.0.0.0", 4)))
                        .add(Rule.of(table, "c", "ip saddr @nets tcp dport { 22, 80-90 } accept"))
                        .insert(Rule.of(table, "c", "drop")),
                )
                listening.texts() shouldContainExactly
                    listOf(
                        "add table inet t",
                        "add chain inet t c",
                        "add set inet t nets { type ipv4_addr; flags interval; }",
                        "add element inet t nets { 10.0.0.0/8 }",
                        "add element inet t nets { 240.0.0.0/4 }",
                        "add rule inet t c ip saddr @nets tcp dport { 22, 80-90 } accept",
                        "insert rule inet t c drop",
                        "committed",
                    )
                listening.events.statistics().delivered() shouldBe 8
                listening.client.commit(Batch().delete(Table.shared(table)))
                listening.texts() shouldContainExactly
                    listOf(
                        "delete rule inet t c handle 5",
                        "delete rule inet t c handle 4",
                        "delete set inet t nets",
                        "delete chain inet t c",
                        "delete table inet t",
                        "committed",
                    )
            }
        }

        test("if a sink throws, the next poll continues with the event after, even with one of the same message") {
            RulesetListening().use { listening ->
                listening.client.commit(Batch().add(Table.shared(table)).add(nets))
                listening.poll()
                listening.client.commit(Batch().add(SetElements.of(nets, net("240.0.0.0", 4))))
                val failing =
                    NftablesEventSink<IllegalStateException> {
                        error("refused: ${it.toText()}")
                    }
                shouldThrow<IllegalStateException> { listening.events.poll(failing, Duration.ZERO) }.message shouldBe
                    "refused: add element inet t nets { 240.0.0.0/4 }"
                listening.texts() shouldContainExactly listOf("committed")
            }
        }

        test(
            "after a loss, elements of sets are read whose events were lost, and the loss is owed until it is handled",
        ) {
            RulesetListening().use { listening ->
                listening.client.commit(Batch().add(Table.shared(table)))
                listening.poll()
                listening.socket.effect(SocketEffect.Overrun(2))
                val failing = NftablesEventSink<IllegalStateException> { error("not now") }
                shouldThrow<IllegalStateException> { listening.events.poll(failing, Duration.ZERO) }
                listening.poll() shouldContainExactly listOf(Overrun(2))
                listening.client.commit(Batch().add(nets).add(SetElements.of(nets, net("10.0.0.0", 8))))
                listening.texts().size shouldBe 3
                listening.events.statistics().overruns() shouldBe 1
            }
        }

        test("a message that cannot be read is a loss, and one of an unknown type is none") {
            RulesetListening().use { listening ->
                listening.socket.effect(SocketEffect.Datagram(Bytes.of(20, 0, 0, 0)))
                listening.poll() shouldContainExactly listOf(Overrun(1))
                listening.socket.effect(
                    SocketEffect.Datagram(Bytes.of(20, 0, 0, 0, 99, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)),
                )
                listening.poll() shouldContainExactly emptyList()
                listening.events.statistics().malformed() shouldBe 1
            }
        }
    })
