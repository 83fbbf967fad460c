// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueueFeature
import dev.nfkit.nfqueue.Verdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

class NfqueueConntrackSpec :
    FunSpec({
        /** Runs what needs connections in packets. A kernel without them must refuse, with advice. */
        fun Namespace.withConnections(block: Namespace.(NfqueueSession) -> Unit) {
            iptables("-A OUTPUT -m conntrack --ctstate NEW") // makes the kernel track connections
            queueUdp("OUTPUT")
            val opened = runCatching { open { queue(0) { it.conntrack(true) } } }
            QueueFeature.CONNTRACK.supportedBy(transport) shouldBe opened.isSuccess
            opened
                .onSuccess { session -> session.use { block(it) } }
                .onFailure { problem ->
                    (problem as KernelRefusedException).refusal() shouldBe Refusal.NOT_SUPPORTED
                    problem.message!! shouldContain "bind NFQUEUE queue 0: EOPNOTSUPP"
                    problem.message!! shouldContain "CONFIG_NETFILTER_NETLINK_GLUE_CT"
                    problem.message!! shouldContain "leave conntrack off"
                    transport.kernel().nfqueues().none { it.queue() == 0 } shouldBe true
                }
        }

        /** The connection of a port, as conntrack(8) lists it; it must exist. */
        fun Namespace.listed(
            port: Int,
            vararg more: String,
        ): String =
            exec("conntrack", "-L", "-p", "udp", "--orig-port-src", "$port", *more)
                .lines()
                .single { "sport=$port" in it }

        test("a connection comes with its packet if the kernel can attach it, otherwise the refusal names the option")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    withConnections { session ->
                        UdpSender(this).use { it.send(1) }
                        val packet = session.take(1).single()
                        packet.has(NfqueueAttribute.CT) shouldBe true
                        packet.bytes(NfqueueAttribute.CT).length() shouldBeGreaterThan 0
                        packet.conntrackInfo() shouldBe ConntrackInfo.NEW
                    }
                }
            }

        test("a verdict sets the connection's mark under its mask, and its timeout, as conntrack -L reads them back")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    withConnections { session ->
                        UdpSender(this).use { sender ->
                            sender.send(1)
                            session.decide(1) { it.accept().conntrack(ConntrackUpdate.none().mark(0xabcd)) }
                            listed(sender.port) shouldContain "mark=${0xabcd} "
                            sender.send(1)
                            session.decide(1) {
                                it.accept().mark(3).conntrack(ConntrackUpdate.none().mark(0x10, 0xf0))
                            }
                            listed(sender.port) shouldContain "mark=${0xab1d} "
                            sender.send(1)
                            val held = session.hold(1).single()
                            held.answer(
                                Verdict.ACCEPT.conntrack(
                                    ConntrackUpdate
                                        .none()
                                        .mark(1)
                                        .timeout(Duration.ofSeconds(5_000))
                                        .status(4),
                                ),
                            ) shouldBe true
                            val line = listed(sender.port)
                            line shouldContain "mark=1 "
                            line shouldContain "[ASSURED]"
                            line.trim().split(Regex("\\s+"))[2].toInt() shouldBeGreaterThan 4_000
                            session.pollUntil("the answers are read") { true }
                            session.statistics().refused() shouldBe 0
                        }
                    }
                }
            }

        test(
            "the kernel's features are detected, and no queue is left bound",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withLoopback {
                QueueFeature.FAIL_OPEN.supportedBy(transport) shouldBe true
                QueueFeature.GSO.supportedBy(transport) shouldBe true
                transport.kernel().nfqueues().isEmpty() shouldBe true
            }
        }

        test("a packet's mark becomes its connection's by a rule after the queue, on every kernel")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    iptables("-t mangle -A POSTROUTING -m mark --mark 7 -j CONNMARK --save-mark")
                    queueUdp("OUTPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { sender ->
                            sender.send(1)
                            session.take(1, Verdict.ACCEPT.mark(7))
                            listed(sender.port) shouldContain "mark=7 "
                        }
                    }
                }
            }

        test("a kernel without connections in packets ignores a verdict's change of them, and the packet passes")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    countUdp("INPUT", "-m mark --mark 4 ")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(1) }
                        session.decide(1) { it.accept().mark(4).conntrack(ConntrackUpdate.none().mark(1)) }
                        session.pollUntil("the answers are read") { true }
                        session.statistics().refused() shouldBe 0
                        counted("INPUT") shouldBe 1
                    }
                }
            }
    })
