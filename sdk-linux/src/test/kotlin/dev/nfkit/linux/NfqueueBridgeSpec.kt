package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import dev.nfkit.wire.Netlink.NLM_F_ACK
import dev.nfkit.wire.Netlink.NLM_F_CREATE
import dev.nfkit.wire.Netlink.NLM_F_REQUEST
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.TimeUnit

private const val NLM_F_APPEND = 0x800
private const val VLAN_8021Q = 0x8100

/** Two ports of a bridge, all in one namespace: what is sent into one comes out of the other. */
private fun withBridge(block: Namespace.() -> Unit) =
    Namespace().use { namespace ->
        namespace.exec("ip", "link", "add", "bridge", "type", "bridge")
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

/**
 * Queues what a hook of the bridge family sees. The statement {@code queue} of nft needs CONFIG_NFT_QUEUE; the target of
 * x_tables does as well, which no tool sets there: hence by hand.
 */
private fun Namespace.queueBridged(
    hook: String,
    queue: Int,
) {
    exec("nft", "add chain bridge nfkit $hook { type filter hook $hook priority 0; }")
    val info = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putShort(queue.toShort()).putShort(1)
    val writer = MessageWriter(1024, ByteOrder.nativeOrder())
    writer.begin(0x10, NLM_F_REQUEST, 1).nfgenmsg(0, 10).end() // NFNL_MSG_BATCH_BEGIN of nf_tables
    writer
        .begin(0xa06, NLM_F_REQUEST or NLM_F_ACK or NLM_F_CREATE or NLM_F_APPEND, 2) // NFT_MSG_NEWRULE
        .nfgenmsg(AddressFamily.BRIDGE.number(), 0)
        .string(1, "nfkit")
        .string(2, hook)
    val expressions = writer.beginNest(4)
    val element = writer.beginNest(1)
    writer.string(1, "target")
    val data = writer.beginNest(2)
    writer.string(1, "NFQUEUE").be32(2, 3).bytes(3, *info.array())
    writer
        .endNest(data)
        .endNest(element)
        .endNest(expressions)
        .end()
    writer.begin(0x11, NLM_F_REQUEST, 3).nfgenmsg(0, 10).end()
    transport.open(NETLINK_NETFILTER).use { socket ->
        socket.send(writer.datagram())
        val batch = DatagramBatch(4, 4096)
        check(socket.receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS)) > 0) { "no answer" }
        val errno =
            batch
                .buffer()
                .duplicate()
                .order(ByteOrder.nativeOrder())
                .getInt(batch.offset(0) + 16)
        check(errno == 0) { "the rule is refused: errno ${-errno}" }
    }
}

/** Sends a frame with a VLAN tag from the far end of a port. */
private fun Namespace.sendTagged(tci: Int) {
    val frame = ByteBuffer.allocate(18 + 46)
    frame.put(ByteArray(6) { 0xff.toByte() }).put(byteArrayOf(2, 0, 0, 0, 0, 1))
    frame.putShort(VLAN_8021Q.toShort()).putShort(tci.toShort()).putShort(0x88b5.toShort()) // for experiments
    frame.put("experiment".toByteArray())
    val index = exec("cat", "/sys/class/net/far-one/ifindex").trim().toInt()
    val address = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder())
    address.putShort(AF_PACKET.toShort()).putShort(0).putInt(index)
    sendRaw(AF_PACKET, 0, address.array(), frame.array())
}

class NfqueueBridgeSpec :
    FunSpec({
        test("a bridged frame bears its link-layer header, VLAN tag and ports, and both are changed by a verdict")
            .config(enabledOrReasonIf = needsNamespaces) {
                withBridge {
                    queueBridged("forward", 1)
                    queueBridged("postrouting", 2)
                    open { queue(1).queue(2) }.use { session ->
                        sendTagged(0x2064)
                        session.decide(1) { packet ->
                            packet.queue() shouldBe 1
                            packet.family() shouldBe AddressFamily.BRIDGE
                            packet.hook().name() shouldBe "FORWARD"
                            packet.vlan() shouldBe VlanTag(VLAN_8021Q, 0x2064)
                            packet.vlan().id() shouldBe 100
                            packet.vlan().priority() shouldBe 1
                            packet.l2Header().toHex().filter { it.isLetterOrDigit() } shouldBe "ffffffffffff02000000000188b5"
                            packet.payload().length() shouldBe 46
                            val kernel = transport.kernel()
                            kernel.interfaceName(packet.physInInterface()).get() shouldBe "one"
                            kernel.interfaceName(packet.physOutInterface()).get() shouldBe "two"
                            kernel.interfaceName(packet.inInterface()).get() shouldBe "bridge"
                            val header = packet.l2Header().toArray().also { it[11] = 9 }
                            packet.accept().vlan(VlanTag(VLAN_8021Q, 0x0005)).l2Header(Bytes.of(*header))
                        }
                        val behind = session.take(1).single()
                        behind.queue() shouldBe 2
                        behind.vlan() shouldBe VlanTag(VLAN_8021Q, 5)
                        behind.l2Header().toArray()[11] shouldBe 9
                        behind.has(NfqueueAttribute.IFINDEX_PHYSOUTDEV) shouldBe true
                        session.statistics().refused() shouldBe 0
                    }
                }
            }

        test("a link-layer header of another length is refused, tied to its packet, and the loop lives")
            .config(enabledOrReasonIf = needsNamespaces) {
                withBridge {
                    queueBridged("forward", 1)
                    queueBridged("postrouting", 2)
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
