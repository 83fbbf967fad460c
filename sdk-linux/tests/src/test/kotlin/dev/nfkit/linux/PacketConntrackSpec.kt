// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpProtocol
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.time.Duration
import java.util.BitSet

private fun Namespace.queues(): NfqueueSession = open { queue(0) { it.conntrack(true) } }

private fun Namespace.logs(): NflogSession =
    NflogSession.open(transport, NflogOptions.builder().group(5) { it.conntrack(true).threshold(1) }.build())

private fun NflogSession.take(): NetfilterPacket {
    var taken: NetfilterPacket? = null
    eventually("a packet is logged") {
        poll<RuntimeException>({ taken = it.copy() }, Duration.ofMillis(10))
        taken != null
    }
    return taken!!
}

/**
 * Why packets come without their connections here, or null if they come with them. A required live test does not fail
 * for it.
 */
private val noGlue: String? by lazy {
    Live.noNamespaces ?: runCatching { withLoopback { queues().close() } }.exceptionOrNull()?.let {
        check((it as KernelRefusedException).refusal() == Refusal.NOT_SUPPORTED) { "$it" }
        "this kernel has no CONFIG_NETFILTER_NETLINK_GLUE_CT"
    }
}

private val needsGlue: (TestCase) -> Enabled = { Live.enabled(noGlue) }

/** The attributes that the kernel sends both in a packet and in the table. */
private fun alike(entry: ConntrackEntry): Fields = fields(entry) - "timeout" - "use"

private fun loopback(
    from: Int,
    to: Int,
) = ConntrackTuple.udp(address("127.0.0.1"), from, address("127.0.0.1"), to)

class PacketConntrackSpec :
    FunSpec({
        for ((kind, opening) in listOf<Pair<String, Namespace.() -> AutoCloseable>>(
            "NFQUEUE queue 0" to { queues() },
            "NFLOG group 5" to { logs() },
        )) {
            test("a kernel that cannot attach connections reports that in one sentence: $kind")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        if (noGlue == null) {
                            opening().close()
                        } else {
                            val refused = shouldThrow<KernelRefusedException> { opening() }
                            refused.refusal() shouldBe Refusal.NOT_SUPPORTED
                            refused.message shouldContain "bind $kind: EOPNOTSUPP"
                            refused.message shouldContain
                                "this kernel cannot attach connections to packets (CONFIG_NETFILTER_NETLINK_GLUE_CT"
                            refused.message shouldContain "leave conntrack off"
                            refused.message shouldNotContain "\n"
                        }
                    }
                }
        }

        test("a queued packet's connection is the table's, from both sides").config(enabledOrReasonIf = needsGlue) {
            withTable { table ->
                tune("nf_conntrack_acct", 1)
                tune("nf_conntrack_timestamp", 1)
                iptables("-A OUTPUT -m connlabel --label 3 --set")
                iptables("-A OUTPUT -p udp -j CONNMARK --set-mark 7")
                queueUdp("OUTPUT")
                iptables("-A OUTPUT -p udp --sport $PORT -j NFQUEUE --queue-num 0")
                queues().use { session ->
                    val server = inside { DatagramSocket(PORT, address("127.0.0.1")) }
                    val client = inside { DatagramSocket(4_001, address("127.0.0.1")) }
                    val tuple = loopback(4_001, PORT)

                    fun DatagramSocket.send(to: Int) = send(DatagramPacket(ByteArray(9), 9, address("127.0.0.1"), to))

                    fun held(info: ConntrackInfo): ConntrackEntry {
                        val packet = session.hold(1).single()
                        packet.conntrackInfo() shouldBe info
                        val entry = packet.conntrack()
                        entry.original() shouldBe tuple
                        entry.mark() shouldBe 7
                        entry.labels() shouldBe BitSet().apply { set(3) }
                        val known = table.get(tuple).map(::alike).orElse(null)
                        if (info == ConntrackInfo.NEW) {
                            known shouldBe null // it is put into the table when its first packet leaves
                            entry.`is`(ConntrackStatus.CONFIRMED) shouldBe false
                        } else {
                            alike(entry) shouldBe known
                            entry.hasCounters(Direction.REPLY) shouldBe true
                        }
                        packet.answer(Verdict.ACCEPT)
                        return entry
                    }
                    client.use {
                        server.use {
                            client.send(PORT)
                            val first = held(ConntrackInfo.NEW)
                            server.send(4_001)
                            held(ConntrackInfo.ESTABLISHED_REPLY).id() shouldBe first.id()
                            client.send(PORT)
                            held(ConntrackInfo.ESTABLISHED).packets(Direction.ORIGINAL) shouldBe 2
                        }
                    }
                }
            }
        }

        test("a logged packet's connection is the table's").config(enabledOrReasonIf = needsGlue) {
            withTable { table ->
                tune("nf_conntrack_acct", 1)
                iptables("-A OUTPUT -p udp -j CONNMARK --set-mark 7")
                iptables("-A INPUT -p udp -j NFLOG --nflog-group 5")
                iptables("-A INPUT -p udp -j DROP")
                logs().use { session ->
                    val tuple = loopback(4_001, PORT)
                    for (times in 1L..2L) {
                        sendUdp(4_001, PORT)
                        val packet = session.take()
                        packet.conntrackInfo() shouldBe ConntrackInfo.NEW // there was no answer yet
                        alike(packet.conntrack()) shouldBe alike(table.get(tuple).get())
                        packet.conntrack().packets(Direction.ORIGINAL) shouldBe times
                        packet.conntrack().mark() shouldBe 7
                    }
                }
            }
        }

        test("an ICMP error is related to the connection that caused it").config(enabledOrReasonIf = needsGlue) {
            withTable { table ->
                iptables("-A OUTPUT -p icmp -j NFQUEUE --queue-num 0")
                queues().use { session ->
                    sendUdp(4_001, PORT) // the port is closed
                    val packet = session.hold(1).single()
                    packet.conntrackInfo() shouldBe ConntrackInfo.RELATED_REPLY
                    packet.conntrackInfo().direction() shouldBe Direction.REPLY
                    packet.conntrack().protocol() shouldBe IpProtocol.UDP
                    alike(packet.conntrack()) shouldBe alike(table.get(loopback(4_001, PORT)).get())
                    packet.answer(Verdict.ACCEPT)
                }
            }
        }

        test("the table contains what a verdict sets in the connection").config(enabledOrReasonIf = needsGlue) {
            withTable { table ->
                iptables("-A INPUT -m connlabel --label 3 --set")
                iptables("-A INPUT -p udp -j ACCEPT")
                queueUdp("OUTPUT")
                queues().use { session ->
                    UdpReceiver(this).use { receiver ->
                        sendUdp(4_001, PORT)
                        session.decide(1) { it.accept().conntrack(ConntrackUpdate.none().mark(0xcafe)) }
                        receiver.receive()
                        val tuple = loopback(4_001, PORT)
                        table.get(tuple).get().mark() shouldBe 0xcafe
                        sendUdp(4_001, PORT)
                        val labels = BitSet().apply { set(9) }
                        session.decide(1) {
                            it.mark() shouldBe 0
                            it.conntrack().mark() shouldBe 0xcafe
                            it.accept().conntrack(
                                ConntrackUpdate
                                    .none()
                                    .mark(0xb0, 0xf0)
                                    .labels(labels, labels)
                                    .timeout(Duration.ofSeconds(9_999)),
                            )
                        }
                        receiver.receive()
                        val known = table.get(tuple).get()
                        known.mark() shouldBe 0xcabe
                        known.labels() shouldBe BitSet().apply { listOf(3, 9).forEach { set(it) } }
                        session.pollUntil("the answers are read") { true }
                        session.statistics().refused() shouldBe 0
                    }
                }
            }
        }
    })
