// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class NfqueueFaultsSpec :
    FunSpec({
        val flushes =
            mapOf<String, Namespace.() -> Unit>(
                "the device goes down" to {
                    exec("ip", "link", "set", "lo", "down")
                    exec("ip", "link", "set", "lo", "up")
                },
                "the chain of the rule is removed" to {
                    exec("nft", "delete", "table", "ip", "filter")
                    queueUdp("OUTPUT")
                },
            )
        for ((what, flush) in flushes) {
            test("if $what the held packets are gone, and each verdict is reported so with its packet")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        queueUdp("OUTPUT")
                        val refused = mutableListOf<VerdictRefusal>()
                        open {
                            queue(0)
                            onRefused { refused += it }
                        }.use { session ->
                            UdpSender(this).use { it.send(5) }
                            val held = session.hold(5)
                            flush()
                            waiting(0) shouldBe 0
                            held.take(3).forEach { it.answer(Verdict.ACCEPT) shouldBe true }
                            session.pollUntil("three refusals") { it.gone() == 3L }
                            refused shouldContainExactly
                                (1L..3L).map { VerdictRefusal(0, it, false, Errno.ENOENT) }
                            session.statistics().refused() shouldBe 0
                            session.statistics().held() shouldBe 2

                            // The loop continues: new packets are decided as usual.
                            UdpSender(this).use { it.send(1) }
                            session.take(1).single().id() shouldBe 6
                            // The two without an answer: settled, although the kernel does not have them any more.
                            session.close()
                            session.statistics().settled() shouldBe 2
                            session.statistics().gone() shouldBe 3
                            session.statistics().shouldAddUp()
                        }
                    }
                }
        }

        test("a batch whose packets are gone is refused once, and counted")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    val refused = mutableListOf<VerdictRefusal>()
                    open {
                        queue(0)
                        onRefused { refused += it }
                    }.use { session ->
                        UdpSender(this).use { it.send(10) }
                        session.decide(10) {
                            if (it.id() == 1L) exec("ip", "link", "set", "lo", "down")
                            Verdict.ACCEPT
                        }
                        session.pollUntil("the refusal") { it.gone() == 1L }
                        refused.single() shouldBe VerdictRefusal(0, 10, true, Errno.ENOENT)
                    }
                }
            }

        test("a second owner is refused, with the port and process of the first")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    open { queue(0) }.use { first ->
                        val refused = shouldThrow<KernelRefusedException> { open { queue(1).queue(0) }.close() }
                        refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
                        refused.message!! shouldContain "bind NFQUEUE queue 0: EPERM"
                        refused.message!! shouldContain "port ${first.portId()} ("
                        refused.message!! shouldContain "pid ${ProcessHandle.current().pid()}"
                        transport.kernel().nfqueues().map { it.queue() } shouldContainExactly listOf(0)
                    }
                    open { queue(0) }.close() // available again
                    transport.kernel().nfqueues().shouldBeEmpty()
                }
            }

        fun opened(vararg prefix: String): String = probed(prefix.toList(), "own-queue", "0")

        test("without the capability the refusal names it, with advice")
            .config(enabledOrReasonIf = needsNetAdmin) {
                opened("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin") shouldContain
                    "bind NFQUEUE queue 0: EPERM (Operation not permitted): this process lacks CAP_NET_ADMIN"
            }

        test("with the capability in another user namespace the refusal reports that")
            .config(enabledOrReasonIf = needsUserNamespaces) {
                opened("unshare", "-Ur") shouldContain "not in the user namespace that owns the network namespace"
                opened("unshare", "-Urn") shouldBe "open"
            }

        test("if a process is killed while it holds packets, they are dropped and its queue is free")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    countUdp("INPUT")
                    val holder =
                        ProcessBuilder(probe(listOf("ip", "netns", "exec", name), "hold", "0", "20"))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start()
                    try {
                        val lines = holder.inputReader()
                        lines.readLine() shouldBe "open"
                        UdpSender(this).use { it.send(20) }
                        lines.readLine() shouldBe "holding 20"
                        waiting(0) shouldBe 20
                    } finally {
                        holder.destroyForcibly().waitFor() // SIGKILL
                    }
                    transport.kernel().nfqueues().shouldBeEmpty()
                    UdpSender(this).use { sender ->
                        sender.send(1) // the queue is not bound: dropped
                        counted("INPUT") shouldBe 0
                        open { queue(0) }.use { session ->
                            sender.send(1)
                            session.take(1).single().id() shouldBe 1
                        }
                        counted("INPUT") shouldBe 1
                    }
                }
            }
    })
