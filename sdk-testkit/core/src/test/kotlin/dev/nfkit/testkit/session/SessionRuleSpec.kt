// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.netfilter.NetfilterSession
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.PacketRule
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import kotlin.concurrent.thread

private const val PORT = 4000
private const val MATCH = "udp dport $PORT"
private const val FIREWALL = "table inet fw { chain in { type filter hook input priority 0; policy accept; } }"
private val IN_CHAIN = PacketRule.of(MATCH).`in`(TableId.inet("fw"), "in")

/** A kernel in memory whose ruleset is empty, or has a chain without rules. */
private class RuleKernel(
    rules: String = "",
) : AutoCloseable {
    val kernel = FakeNetfilter(TestClock.manual())
    private val client: Nftables? =
        if (rules.isEmpty()) null else Nftables.open(kernel).also { it.commit(Batch().add(Ruleset.parse(rules))) }
    private val own = kernel.openSockets()

    fun nflog(configure: NflogOptions.Builder.() -> Unit): NflogSession =
        NflogSession.open(kernel, NflogOptions.builder().apply(configure).build())

    fun nfqueue(configure: NfqueueOptions.Builder.() -> Unit): NfqueueSession =
        NfqueueSession.open(kernel, NfqueueOptions.builder().apply(configure).build())

    fun packet(port: Int = PORT): PacketTrace =
        kernel
            .packets()
            .of(SamplePackets.udp("10.0.0.1", 1000, "10.0.0.2", port))
            .`in`("eth0")
            .toInput()

    /** The rules that match a packet. */
    fun matching(): Int = packet().matched().size

    /** What was sent, as the names of requests; several changes of rules in succession are one. */
    fun sent(): List<String> {
        val names =
            kernel.sent().mapNotNull {
                when {
                    it.type() == NflogConfig.NFULNL_MSG_CONFIG -> {
                        "${command(it.attribute(NflogConfig.NFULA_CFG_CMD).get().u8(0))} group ${it.resId()}"
                    }

                    it.type() == NfqueueConfig.NFQNL_MSG_CONFIG -> {
                        "queue ${it.resId()}"
                    }

                    it.type() == MessageTypes.NEWRULE -> {
                        "add rule"
                    }

                    it.type() == MessageTypes.DELRULE -> {
                        "remove rule"
                    }

                    else -> {
                        null
                    }
                }
            }
        return names.filterIndexed { i, name -> i == 0 || names[i - 1] != name }
    }

    private fun command(number: Int) = if (number == 1) "bind" else "unbind"

    /** The sockets of sessions that are open. */
    fun sockets() = kernel.openSockets() - own

    override fun close() {
        client?.close()
        kernel.verify()
    }
}

private fun NflogSession.lengths(): List<Int> {
    val lengths = mutableListOf<Int>()
    while (poll<RuntimeException>({ lengths += it.payload().length() }, Duration.ZERO) > 0) {
        // until nothing is left
    }
    return lengths
}

private fun NfqueueSession.decide(decider: (QueuedPacket) -> Verdict): Int =
    poll<RuntimeException>({ decider(it) }, Duration.ZERO)

/** The rules of sessions on a kernel in memory. SessionRulesSpec does the same on the running one. */
class SessionRuleSpec :
    FunSpec({
        test("a rule logs to the group of its session, and comes after it is bound") {
            RuleKernel().use { rig ->
                rig.nflog { group(31) { it.threshold(1) }.rule(MATCH) }.use { session ->
                    rig.sent() shouldContainExactly listOf("bind group 31", "add rule")
                    rig.packet().logs().map { it.group() to it.delivered() } shouldContainExactly listOf(31 to true)
                    rig.packet(PORT + 1).logs().size shouldBe 0
                    session.lengths() shouldContainExactly listOf(28)
                    session.statistics().delivered() shouldBe 1
                }
            }
        }

        test("a stop of NFLOG removes the rule before it unbinds the group, and once") {
            RuleKernel().use { rig ->
                rig.nflog { group(30).rule(MATCH) }.use { session ->
                    rig.packet()
                    session.stop()
                    session.run<RuntimeException> { } shouldBe 1
                    rig.matching() shouldBe 0
                }
                rig.sent().drop(2) shouldContainExactly listOf("remove rule", "unbind group 30")
                rig.sockets() shouldBe 0
            }
        }

        test("a close without a stop removes the rule of NFLOG from a chain of another owner, and frees the group") {
            RuleKernel(FIREWALL).use { rig ->
                val session = rig.nflog { group(30).rule(IN_CHAIN) }
                rig.matching() shouldBe 1
                session.close()
                rig.matching() shouldBe 0
                rig.sockets() shouldBe 0
                rig.nflog { group(30) }.close()
            }
        }

        test("a session of NFLOG whose rule is refused is not opened, and restores the loggers") {
            RuleKernel().use { rig ->
                rig.kernel.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
                shouldThrow<BatchRefusedException> {
                    rig.nflog { group(30).claimLogger(AddressFamily.IPV4).rule(IN_CHAIN) }
                }
                rig.kernel.kernel().logger(AddressFamily.IPV4) shouldBe "nf_log_ipv4"
                rig.sockets() shouldBe 0
                rig.nflog { group(30) }.close() // the group is free
            }
        }

        test("a session of NFLOG whose group is refused adds no rule") {
            RuleKernel().use { rig ->
                rig.kernel
                    .onRequest { it.resId() == 31 }
                    .refuse(Errno.EPERM)
                    .times(1)
                shouldThrow<KernelRefusedException> { rig.nflog { group(31).rule(MATCH) } }
                rig.sent() shouldContainExactly listOf("bind group 31")
                rig.sockets() shouldBe 0
            }
        }

        test("a rule queues to all queues of a session, and comes after all of them are bound") {
            RuleKernel().use { rig ->
                rig.nfqueue { queues(5, 6) {}.rule(MATCH) }.use { session ->
                    rig.sent() shouldContainExactly listOf("queue 5", "queue 6", "add rule")
                    val trace = rig.packet()
                    trace.outcome() shouldBe PacketTrace.Outcome.WAITING
                    session.decide { Verdict.ACCEPT } shouldBe 1
                    trace.outcome() shouldBe PacketTrace.Outcome.ACCEPTED
                    rig.packet(PORT + 1).queues().size shouldBe 0
                }
            }
        }

        test("a stop of NFQUEUE removes the rule before it shuts the queues, and held packets may still pass") {
            RuleKernel().use { rig ->
                val session = rig.nfqueue { queues(5, 6) {}.rule(MATCH) }
                val trace = rig.packet()
                val held = mutableListOf<QueuedPacket>()
                session.decide {
                    held += it.hold()
                    Verdict.HELD
                }
                session.stop()
                val runner = thread { session.run<RuntimeException> { Verdict.DROP } }
                rig.kernel.await("the queues are shut") { "queue 6" in rig.sent().drop(3) }
                rig.sent().drop(3) shouldContainExactly listOf("remove rule", "queue 5", "queue 6")
                rig.matching() shouldBe 0
                trace.outcome() shouldBe PacketTrace.Outcome.WAITING
                held.single().answer(Verdict.ACCEPT) shouldBe true
                runner.join(60_000)
                trace.outcome() shouldBe PacketTrace.Outcome.ACCEPTED
                session.close()
                rig.sent().count { it == "remove rule" } shouldBe 1
                rig.sockets() shouldBe 0
            }
        }

        test("a close without a stop removes the rule of NFQUEUE from a chain of another owner") {
            RuleKernel(FIREWALL).use { rig ->
                val session = rig.nfqueue { queue(5).rule(IN_CHAIN) }
                rig.packet().queues() shouldContainExactly listOf(5)
                session.close()
                rig.packet().queues().size shouldBe 0
                rig.matching() shouldBe 0
                rig.sockets() shouldBe 0
                rig.nfqueue { queue(5) }.close()
            }
        }

        test("a close that a callback keeps waiting removes the rule without it") {
            for (open in listOf<RuleKernel.() -> Pair<NetfilterSession, (() -> Unit) -> Unit>>(
                {
                    val session = nflog { group(30) { it.threshold(1) }.rule(IN_CHAIN) }
                    session to { during -> session.poll<RuntimeException>({ during() }, Duration.ZERO) }
                },
                {
                    val session = nfqueue { queue(5).rule(IN_CHAIN) }
                    session to { during ->
                        session.decide {
                            during()
                            Verdict.ACCEPT
                        }
                    }
                },
            )) {
                RuleKernel(FIREWALL).use { rig ->
                    val (session, poll) = rig.open()
                    rig.packet()
                    poll {
                        thread { session.close() }.join() // it waits for a second, and then closes the socket
                        rig.matching() shouldBe 0
                        rig.sockets() shouldBe 0
                    }
                    session.ended() shouldBe true
                }
            }
        }

        test("a session of NFQUEUE whose rule or queue is refused is not opened, and leaves nothing") {
            RuleKernel().use { rig ->
                shouldThrow<BatchRefusedException> { rig.nfqueue { queue(5).rule(IN_CHAIN) } }
                rig.sockets() shouldBe 0
                rig.kernel
                    .onRequest { it.resId() == 6 }
                    .refuse(Errno.EPERM)
                    .times(1)
                shouldThrow<KernelRefusedException> { rig.nfqueue { queues(5, 6) {}.rule(MATCH) } }
                rig.sent().count { it == "add rule" } shouldBe 1
                rig.sockets() shouldBe 0
            }
        }
    })
