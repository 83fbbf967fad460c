// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.packet.PacketChecksums
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val VLAN_8021Q = 0x8100

/** Two ports of a bridge, in one namespace: frames sent into one leave by the other. */
private fun withBridge(block: Namespace.() -> Unit) =
    Namespace().use { namespace ->
        namespace.exec("ip", "link", "add", "bridge", "type", "bridge", "forward_delay", "0")
        for (port in listOf("one", "two")) {
            namespace.exec("ip", "link", "add", port, "type", "veth", "peer", "name", "far-$port")
            namespace.exec("ip", "link", "set", port, "master", "bridge", "up")
            namespace.exec("ip", "link", "set", "far-$port", "up")
        }
        namespace.exec("ip", "link", "set", "bridge", "up")
        eventually("the ports forward") {
            namespace.exec("bridge", "link").lines().count { "state forwarding" in it } == 2
        }
        namespace.exec("nft", "add table bridge nfkit")
        namespace.block()
    }

/** Queues the broadcasts in a hook of the bridge family, but not the multicasts of IPv6 itself. */
private fun Namespace.queueBridged(
    hook: String,
    queue: Int,
) {
    exec("nft", "add chain bridge nfkit $hook { type filter hook $hook priority 0; }")
    exec("nft", "add rule bridge nfkit $hook ether daddr ff:ff:ff:ff:ff:ff queue num $queue")
}

/**
 * A bridge whose forwarded broadcasts pass queue 1, and then queue 2. It needs a kernel with CONFIG_NFT_QUEUE; on one
 * without it, only that refusal is tested.
 */
private fun withBridgedQueues(block: Namespace.() -> Unit) =
    withBridge {
        val refusal =
            runCatching {
                queueBridged("forward", 1)
                queueBridged("postrouting", 2)
            }.exceptionOrNull()
        if (refusal == null) {
            block()
        } else {
            println("no rule of the bridge family can queue here: ${refusal.message}")
            refusal.message shouldContain "No such file or directory"
        }
    }

/** Sends a frame from the far end of the first port. */
private fun Namespace.sendFrame(
    header: ByteArray,
    payload: ByteArray,
) {
    val index = exec("cat", "/sys/class/net/far-one/ifindex").trim().toInt()
    val address = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder())
    address.putShort(AF_PACKET.toShort()).putShort(0).putInt(index)
    val addresses = ByteArray(6) { 0xff.toByte() } + byteArrayOf(2, 0, 0, 0, 0, 1)
    sendRaw(AF_PACKET, 0, address.array(), addresses + header + payload)
}

/** Sends a frame with a VLAN tag. */
private fun Namespace.sendTagged(tci: Int) {
    val header = ByteBuffer.allocate(6)
    header.putShort(VLAN_8021Q.toShort()).putShort(tci.toShort()).putShort(0x88b5.toShort()) // for experiments
    sendFrame(header.array(), "experiment".toByteArray().copyOf(46))
}

/** Sends UDP over IPv4 from the first far end towards the second. */
private fun Namespace.sendBridgedUdp() {
    val packet = ByteBuffer.allocate(28)
    packet
        .putInt(0x4500001c)
        .putInt(0)
        .putInt(0x40110000)
        .putInt(0x0a090001)
        .putInt(0x0a090002)
    packet.putShort(4001).putShort(PORT.toShort()).putShort(8)
    val checksums = PacketChecksums()
    check(checksums.wrap(Bytes.of(*packet.array())))
    packet.putShort(10, checksums.computeHeader().toShort())
    sendFrame(byteArrayOf(8, 0), packet.array().withChecksum(26))
}

class NfqueueBridgeSpec :
    FunSpec({
        test("an IPv4 packet that crosses a bridge has the ports on which it arrives and leaves")
            .config(enabledOrReasonIf = needsNamespaces) {
                withBridge {
                    runCatching { run("modprobe", "br_netfilter") } // may be built in, or loaded already
                    exec("sh", "-c", "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables")
                    queueUdp("FORWARD")
                    open { queue(0) }.use { session ->
                        sendBridgedUdp()
                        val packet = session.take(1).single()
                        packet.family() shouldBe AddressFamily.IPV4
                        packet.hook().name() shouldBe "FORWARD"
                        val kernel = transport.kernel()
                        kernel.interfaceName(packet.physInInterface()).get() shouldBe "one"
                        kernel.interfaceName(packet.physOutInterface()).get() shouldBe "two"
                        kernel.interfaceName(packet.inInterface()).get() shouldBe "bridge"
                        kernel.interfaceName(packet.outInterface()).get() shouldBe "bridge"
                        packet.hardwareAddress().toString() shouldBe "02:00:00:00:00:01"
                        packet.has(NfqueueAttribute.VLAN) shouldBe false
                        packet.has(NfqueueAttribute.L2HDR) shouldBe false
                    }
                }
            }

        test("a bridged frame has its link-layer header, VLAN tag and ports, and a verdict changes the first two")
            .config(enabledOrReasonIf = needsNamespaces) {
                withBridgedQueues {
                    open { queue(1).queue(2) }.use { session ->
                        sendTagged(0x2064)
                        session.decide(1) { packet ->
                            packet.queue() shouldBe 1
                            packet.family() shouldBe AddressFamily.BRIDGE
                            packet.hook().name() shouldBe "FORWARD"
                            packet.vlan() shouldBe VlanTag(VLAN_8021Q, 0x2064)
                            packet.vlan().id() shouldBe 100
                            packet.vlan().priority() shouldBe 1
                            packet.l2Header().toHex().filter { it.isLetterOrDigit() } shouldBe
                                "ffffffffffff02000000000188b5"
                            packet.payload().length() shouldBe 46
                            val kernel = transport.kernel()
                            kernel.interfaceName(packet.physInInterface()).get() shouldBe "one"
                            kernel.interfaceName(packet.physOutInterface()).get() shouldBe "two"
                            kernel.interfaceName(packet.inInterface()).get() shouldBe "bridge"
                            val header = packet.l2Header().toArray().also { it[11] = 9 }
                            packet.accept().vlan(VlanTag(VLAN_8021Q, 0x0005)).l2Header(Bytes.of(*header))
                        }
                        val next = session.take(1).single()
                        next.queue() shouldBe 2
                        next.vlan() shouldBe VlanTag(VLAN_8021Q, 5)
                        next.l2Header().toArray()[11] shouldBe 9
                        next.has(NfqueueAttribute.IFINDEX_PHYSOUTDEV) shouldBe true
                        session.statistics().refused() shouldBe 0
                    }
                }
            }

        test("a link-layer header of another length is refused, reported with its packet, and the loop continues")
            .config(enabledOrReasonIf = needsNamespaces) {
                withBridgedQueues {
                    val refused = mutableListOf<VerdictRefusal>()
                    open {
                        queue(1).queue(2)
                        onRefused { refused += it }
                    }.use { session ->
                        repeat(3) { sendTagged(100 + it) }
                        session.decide(3) { packet ->
                            if (packet.id() == 2L) packet.accept().l2Header(Bytes.of(1, 2, 3)) else packet.accept()
                        }
                        session.take(2).map { it.vlan().id() } shouldContainExactly listOf(100, 102)
                        session.pollUntil("the refusal") { it.refused() == 1L }
                        refused.single() shouldBe VerdictRefusal(1, 2, false, Errno.EINVAL)
                        session.statistics().gone() shouldBe 0
                        waiting(1) shouldBe 0
                        session.statistics().shouldAddUp()
                    }
                }
            }
    })
