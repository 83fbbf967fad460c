// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.PacketRule
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.time.Duration
import kotlin.concurrent.thread

private fun Namespace.ruleset(): List<String> =
    exec("nft", "list", "ruleset").lines().map { it.trim() }.filter { it.isNotEmpty() }

private fun Namespace.logs(configure: NflogOptions.Builder.() -> Unit): NflogSession =
    NflogSession.open(transport, NflogOptions.builder().apply(configure).build())

/** The payload lengths of the packets that a session got. It ends: the kernel then delivers what it holds. */
private fun NflogSession.lengths(): List<Int> {
    val lengths = mutableListOf<Int>()
    stop()
    run<RuntimeException> { lengths += it.payload().length() }
    return lengths
}

private val UDP = "udp dport $PORT"

private fun Namespace.send(count: Int) = UdpSender(this).use { it.send(count) }

/** Sends packets, waits for those that must arrive, and requires that no other one does. */
private fun Namespace.receives(
    expected: Int,
    block: () -> Unit,
) = UdpReceiver(this).use { receiver ->
    block()
    repeat(expected) { receiver.receive() }
    receiver.isEmpty() shouldBe true
}

class SessionRulesSpec :
    FunSpec({
        test("a session of NFLOG gets the packets that its rule matches, once each, and removes the rule")
            .config(enabledOrReasonIf = needsNft) {
                withLoopback {
                    logs { group(30).rule(UDP) }.use { session ->
                        send(3)
                        inside { DatagramSocket() }.use {
                            it.send(
                                DatagramPacket(
                                    ByteArray(9),
                                    9,
                                    address("127.0.0.1"),
                                    PORT + 1,
                                ),
                            )
                        }
                        ruleset().first() shouldStartWith "table inet nfkit-"
                        session.lengths() shouldHaveSize 3
                    }
                    ruleset().shouldBeEmpty()
                }
            }

        test("the rule is at the hooks and the priority that it names").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                val rule =
                    PacketRule
                        .of(
                            UDP,
                        ).family(AddressFamily.IPV4)
                        .hooks("prerouting", "output")
                        .priority("mangle + 1")
                logs { group(30).rule(rule) }.use {
                    ruleset().filter { it.startsWith("type") } shouldContainExactly
                        listOf(
                            "type filter hook prerouting priority mangle + 1; policy accept;",
                            "type filter hook output priority mangle + 1; policy accept;",
                        )
                    ruleset().filter { "log" in it } shouldContainExactly
                        listOf("udp dport 4000 log group 30", "oifname != \"lo\" udp dport 4000 log group 30")
                }
            }
        }

        test(
            "a stop removes the rule first, and delivers every packet that was logged",
        ).config(enabledOrReasonIf = needsNft) {
            withLoopback {
                logs { group(30) { it.threshold(50).timeout(Duration.ofSeconds(10)) }.rule(UDP) }.use { session ->
                    send(20)
                    session.stop()
                    var seen = 0L
                    session.run<RuntimeException> { seen++ } shouldBe 20
                    seen shouldBe 20
                    session.statistics().sequenceGaps() shouldBe 0
                }
                ruleset().shouldBeEmpty()
            }
        }

        test("a session of NFQUEUE decides the packets that its rule matches").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                open { queue(5).rule(UDP) }.use { session ->
                    receives(2) {
                        send(4)
                        var seen = 0
                        session.decide(4) { if (++seen % 2 == 0) Verdict.DROP else Verdict.ACCEPT }
                    }
                    session.statistics().shouldAddUp()
                }
                ruleset().shouldBeEmpty()
                receives(2) { send(2) }
            }
        }

        test("packets are distributed over the queues of workers by one rule").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                val options =
                    NfqueueOptions
                        .builder()
                        .queues(10, 13) {}
                        .rule(UDP)
                        .build()
                NfqueueWorkers.open(transport, options).use { workers ->
                    val runner = thread { workers.run<RuntimeException> { Verdict.ACCEPT } }
                    receives(16) { UdpSender(this, sockets = 16).use { it.send(16) } }
                    ruleset().filter { "udp" in it } shouldHaveSize 3
                    workers.stop()
                    runner.join()
                    workers.statistics().decided() shouldBe 16
                }
                ruleset().shouldBeEmpty()
            }
        }

        test(
            "a session that stops decides what waits before the rule's chain disappears",
        ).config(enabledOrReasonIf = needsNft) {
            withLoopback {
                open { queue(0).rule(UDP) }.use { session ->
                    receives(5) {
                        send(5)
                        session.stop()
                        session.run<RuntimeException> { Verdict.ACCEPT } shouldBe 5
                    }
                    session.statistics().shouldAddUp()
                }
            }
        }

        test("a rule in a chain that exists is removed alone").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                exec(
                    "nft",
                    "add table ip fw; add chain ip fw in { type filter hook input priority 0; }; add rule ip fw in counter",
                )
                val rule = PacketRule.of(UDP).`in`(TableId.ip("fw"), "in")
                open { queue(0).rule(rule) }.use { session ->
                    receives(1) {
                        send(1)
                        session.decide(1) { Verdict.ACCEPT }
                    }
                }
                ruleset().filter { "udp" in it }.shouldBeEmpty()
                ruleset() shouldContain "type filter hook input priority filter; policy accept;"
            }
        }

        test("the rule of a killed process disappears with it").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                val process = ProcessBuilder(probe(listOf("ip", "netns", "exec", name), "session-rule", UDP)).start()
                try {
                    process.inputReader().readLine() shouldBe "open"
                    ruleset().filter { "udp" in it } shouldHaveSize 3
                    process.destroyForcibly().waitFor()
                    eventually("the rules disappear") { ruleset().isEmpty() }
                } finally {
                    process.destroyForcibly()
                }
            }
        }

        test("a rule that is none is refused where the options are made").config(enabledOrReasonIf = needsNft) {
            shouldThrow<RuleSyntaxException> { NflogOptions.builder().rule("tcp dport x y") }.line() shouldBe 1
            shouldThrow<IllegalArgumentException> {
                NflogOptions.builder().rule(
                    "tcp dport 1 accept",
                )
            }.message!! shouldContain
                "must only match"
            shouldThrow<IllegalArgumentException> { PacketRule.of("").hooks("ingress") }.message!! shouldContain
                "device"
            shouldThrow<IllegalArgumentException> {
                NfqueueOptions
                    .builder()
                    .queue(1)
                    .queue(3)
                    .rule(UDP)
                    .build()
            }.message!! shouldContain "consecutive"
        }

        test("a session whose rule is refused is not opened, and leaves nothing").config(enabledOrReasonIf = needsNft) {
            withLoopback {
                val rule = PacketRule.of(UDP).`in`(TableId.ip("missing"), "in")
                shouldThrow<BatchRefusedException> { logs { group(30).rule(rule) } }
                logs { group(30) }.close() // the group is free
                ruleset().shouldBeEmpty()
            }
        }
    })
