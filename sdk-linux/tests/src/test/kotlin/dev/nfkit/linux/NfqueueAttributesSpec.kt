// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Bytes
import dev.nfkit.netfilter.CopyMode
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.Ipv6View
import dev.nfkit.packet.PacketEditor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer

/** IPv6 over the loopback: hop-by-hop options, destination options, then UDP. */
private fun ipv6WithExtensions(payload: ByteArray): ByteArray {
    val headers = ByteBuffer.allocate(40 + 8 + 8 + 8)
    headers.putInt(0x60000000)
    headers.putShort((8 + 8 + 8 + payload.size).toShort()).put(0).put(64)
    repeat(2) { headers.put(ByteArray(15)).put(1) } // from ::1 to ::1
    val padding = byteArrayOf(1, 4, 0, 0, 0, 0) // an option; the kernel accepts at most 7 bytes of it
    headers.put(60).put(0).put(padding) // hop-by-hop options
    headers.put(17).put(0).put(padding) // destination options
    headers.putShort(4001).putShort(PORT.toShort()).putShort((8 + payload.size).toShort())
    return (headers.array() + payload).withChecksum(UDP_AFTER_EXTENSIONS + 6)
}

private const val UDP_AFTER_EXTENSIONS = 56

class NfqueueAttributesSpec :
    FunSpec({
        test("a packet that leaves has its number, hook, device and bytes, and absent attributes are absent")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(2, size = 50) }
                        val packets = session.take(2)
                        packets.map { it.id() } shouldContainExactly listOf(1L, 2L)
                        val packet = packets[0]
                        packet.queue() shouldBe 0
                        packet.family() shouldBe AddressFamily.IPV4
                        packet.hook().name() shouldBe "LOCAL_OUT"
                        packet.hwProtocol() shouldBe 0x0800
                        packet.outInterface() shouldBe 1
                        packet.payload().length() shouldBe 78
                        packet.originalLength() shouldBe 78
                        packet.truncated() shouldBe false
                        packet.checksumNotReady() shouldBe false
                        packet.gso() shouldBe false
                        packet.mark() shouldBe 0
                        packet.priority() shouldBe 0
                        val there = NfqueueAttribute.entries.filter { packet.has(it) }
                        there shouldContainExactly
                            listOf(
                                NfqueueAttribute.PACKET_HDR,
                                NfqueueAttribute.IFINDEX_OUTDEV,
                                NfqueueAttribute.PAYLOAD,
                            )
                        shouldThrow<NoSuchElementException> { packet.uid() }.message!! shouldContain "uidGid"
                        shouldThrow<NoSuchElementException> { packet.inInterface() }
                        session.statistics().shouldAddUp()
                    }
                }
            }

        test("mark, priority, and the sender's user and group are sent if they are set and requested")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    iptables("-t mangle -A OUTPUT -p udp -j MARK --set-mark 0xfedcba98")
                    iptables("-t mangle -A OUTPUT -p udp -j CLASSIFY --set-class 1:2")
                    queueUdp("OUTPUT")
                    open { queue(0) { it.uidGid(true) } }.use { session ->
                        UdpSender(this).use { it.send(1) }
                        val packet = session.take(1).single()
                        packet.mark() shouldBe 0xfedcba98L
                        packet.priority() shouldBe 0x10002L
                        // In the initial user namespace, wherever this process is.
                        packet.uid() shouldBe Live.idMap("uid_map")[1]
                        packet.gid() shouldBe Live.idMap("gid_map")[1]
                    }
                }
            }

        test("a packet that arrives has its device, the sender's hardware address and the time")
            .config(enabledOrReasonIf = needsNamespaces) {
                Wire().use { wire ->
                    wire.right.queueUdp("INPUT")
                    wire.right.open { queue(0) }.use { session ->
                        val before = System.currentTimeMillis()
                        UdpSender(wire.left, Wire.RIGHT).use { it.send(1) }
                        val packet = session.take(1).single()
                        packet.hook().name() shouldBe "LOCAL_IN"
                        wire.right.transport
                            .kernel()
                            .interfaceName(packet.inInterface())
                            .get() shouldBe "wire"
                        packet.has(NfqueueAttribute.IFINDEX_OUTDEV) shouldBe false
                        val address = wire.left.exec("cat", "/sys/class/net/wire/address").trim()
                        packet.hardwareAddress().toString() shouldBe address
                        // Apart from the clock's granularity; a packet without a timestamp has the time of receipt.
                        (packet.capturedAtNanos() / 1_000_000 >= before - 1) shouldBe true
                        (packet.capturedAtNanos() <= packet.receivedAtNanos()) shouldBe true
                    }
                }
            }

        test("a copy range marks truncated packets, and META copies no bytes")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    val cut = NfqueueQueue.builder(0).copyRange(40).build()
                    open { queue(cut) }.use { session ->
                        UdpSender(this).use { sender ->
                            sender.send(1, size = 100)
                            val first = session.take(1).single()
                            first.payload().length() shouldBe 40
                            first.originalLength() shouldBe 128
                            first.truncated() shouldBe true

                            session.configure(cut.toBuilder().copyMode(CopyMode.META).build())
                            sender.send(1, size = 100)
                            val second = session.take(1).single()
                            second.has(NfqueueAttribute.PAYLOAD) shouldBe false
                            second.payload().length() shouldBe 0
                            second.originalLength() shouldBe 0
                            second.truncated() shouldBe true
                            session.statistics().received().truncatedPackets() shouldBe 1
                        }
                    }
                }
            }

        test("the largest packet of the loopback is truncated at 65531 bytes, and fits its slot")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(1, size = 65_507) }
                        val packet = session.take(1).single()
                        packet.payload().length() shouldBe 65_531
                        packet.originalLength() shouldBe 65_535
                        session.statistics().received().truncatedDatagrams() shouldBe 0
                    }
                }
            }

        test("flags are set and cleared while the queue is in use, and a refused flag changes nothing")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { sender ->
                            fun uidThere(): Boolean {
                                sender.send(1)
                                return session.take(1).single().has(NfqueueAttribute.UID)
                            }
                            uidThere() shouldBe false
                            val with =
                                session
                                    .options(0)
                                    .toBuilder()
                                    .uidGid(true)
                                    .build()
                            session.configure(with)
                            session.options(0).uidGid() shouldBe true
                            uidThere() shouldBe true
                            session.configure(with.toBuilder().uidGid(false).build())
                            uidThere() shouldBe false
                            shouldThrow<IllegalArgumentException> {
                                session.configure(with.toBuilder().conntrack(true).build())
                            }.message!! shouldContain "conntrack"
                            session.options(0).uidGid() shouldBe false
                        }
                    }
                }
            }

        test("a configure concurrent with a run never makes the run fail, and gets its answer")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT")
                    open { queue(0) }.use { session ->
                        val running = Running(session) { Verdict.ACCEPT }
                        UdpSender(this).use { sender ->
                            repeat(200) { round ->
                                sender.send(3)
                                session.configure(
                                    session
                                        .options(0)
                                        .toBuilder()
                                        .uidGid(round % 2 == 0)
                                        .build(),
                                )
                            }
                        }
                        eventually("all are decided") { session.statistics().decided() == 600L }
                        session.stop()
                        running.join() shouldBe 600
                    }
                }
            }

        test("IPv6 with extension headers arrives complete, is rewritten and received")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    exec("ip6tables", "-A", "OUTPUT", "-p", "udp", "--dport", "$PORT", "-j", "NFQUEUE")
                    eventually("::1 is there") { "::1/128" in exec("ip", "-6", "address", "show", "dev", "lo") }
                    UdpReceiver(this, "::1").use { receiver ->
                        open { queue(0) }.use { session ->
                            val sent = ipv6WithExtensions("question".toByteArray())
                            val loopback =
                                byteArrayOf(AF_INET6.toByte()) + ByteArray(22) + byteArrayOf(1) + ByteArray(4)
                            sendRaw(AF_INET6, 255, loopback, sent)
                            session.decide(1) { packet ->
                                packet.family() shouldBe AddressFamily.IPV6
                                packet.hwProtocol() shouldBe 0x86dd
                                packet.payload().toHex() shouldBe Bytes.of(*sent).toHex()
                                val view = Ipv6View()
                                view.wrap(packet.payload()) shouldBe true
                                view.upperProtocol() shouldBe 17
                                view.transportOffset() shouldBe UDP_AFTER_EXTENSIONS
                                val editor = PacketEditor().edit(packet.payload())
                                packet.accept().payload(editor.payload("another answer".toByteArray()).result())
                            }
                            receiver.receive().decodeToString() shouldBe "another answer"
                        }
                    }
                }
            }
    })
