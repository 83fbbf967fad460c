// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration

private val PATIENCE = Duration.ofSeconds(BOUND_SECONDS)

/** Logs the pings of this host, and enables the loopback. */
private fun Namespace.logPings(
    group: Int,
    prefix: String = "ping ",
    destination: String = "127.0.0.1",
) {
    exec("ip", "link", "set", "lo", "up")
    exec(
        *"iptables -A OUTPUT -p icmp --icmp-type echo-request -d".split(' ').toTypedArray(),
        destination,
        *"-j NFLOG --nflog-group $group --nflog-prefix".split(' ').toTypedArray(),
        prefix,
    )
}

private fun Namespace.ping(
    count: Int,
    vararg more: String,
    destination: String = "127.0.0.1",
) = exec("ping", "-q", "-c", "$count", "-i", "0.002", *more, destination)

private fun Namespace.open(
    group: Int,
    configure: NflogGroup.Builder.() -> Unit = {},
) = NflogSession.open(transport, NflogOptions.builder().group(group) { it.configure() }.build())

/** Polls until the given number of packets were delivered. Returns owned ones. */
private fun NflogSession.take(count: Int): List<NflogPacket> {
    val taken = mutableListOf<NflogPacket>()
    val stop = System.nanoTime() + PATIENCE.toNanos()
    while (taken.size < count) {
        check(System.nanoTime() < stop) { "only ${taken.size} of $count packets came: ${statistics()}" }
        poll<RuntimeException>({ taken += it.copy() }, Duration.ofSeconds(1))
    }
    return taken
}

class NflogLiveSpec :
    FunSpec({
        test("packets of several groups arrive on one socket, numbered").config(enabledOrReasonIf = needsNamespaces) {
            Namespace().use { namespace ->
                namespace.logPings(30, "one ")
                namespace.logPings(31, "two ", "127.0.0.2")
                val options =
                    NflogOptions
                        .builder()
                        .group(30) { it.sequenceGlobal(true) }
                        .group(31) { it.sequenceGlobal(true) }
                        .build()
                NflogSession.open(namespace.transport, options).use { session ->
                    namespace.ping(3)
                    namespace.ping(2, destination = "127.0.0.2")
                    val packets = session.take(5)
                    packets.filter { it.group() == 30 }.map { it.prefix() to it.sequence() } shouldContainExactly
                        listOf("one " to 0L, "one " to 1L, "one " to 2L)
                    packets.filter { it.group() == 31 }.map { it.prefix() to it.sequence() } shouldContainExactly
                        listOf("two " to 0L, "two " to 1L)
                    packets.map { it.sequenceGlobal() }.toSet().size shouldBe 5
                    packets[0].hook().name() shouldBe "LOCAL_OUT"
                    packets[0].family() shouldBe AddressFamily.IPV4
                    packets[0].uid() shouldBe 0L
                    namespace.transport
                        .kernel()
                        .interfaceName(packets[0].outInterface())
                        .get() shouldBe "lo"
                    packets.none { it.truncated() } shouldBe true
                    session.statistics().sequenceGaps() shouldBe 0
                }
            }
        }

        test("a copy range marks truncated packets, and so does the largest attribute")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.logPings(30)
                    namespace.open(30) { copyRange(40) }.use { session ->
                        namespace.ping(1, "-s", "100")
                        val packet = session.take(1).single()
                        packet.payload().length() shouldBe 40
                        packet.originalLength() shouldBe 128
                        packet.truncated() shouldBe true
                        session.statistics().truncatedPackets() shouldBe 1
                    }
                    namespace.open(30).use { session ->
                        namespace.ping(1, "-s", "65507")
                        val packet = session.take(1).single()
                        packet.payload().length() shouldBe 65531
                        packet.originalLength() shouldBe 65535
                        packet.truncated() shouldBe true
                        session.statistics().truncatedDatagrams() shouldBe 0
                    }
                }
            }

        test("a stop delivers the packets that the kernel holds below its threshold")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.logPings(30)
                    val session = namespace.open(30) { threshold(1024).timeout(Duration.ofHours(1)) }
                    namespace.ping(50)
                    namespace.transport
                        .kernel()
                        .nflogGroups()
                        .single { it.group() == 30 }
                        .queued() shouldBe 50
                    session.stop()
                    session.run<RuntimeException> { } shouldBe 50L
                    session.statistics().discarded() shouldBe 0
                    namespace.transport
                        .kernel()
                        .nflogGroups()
                        .none { it.group() == 30 } shouldBe true
                }
            }

        test("a close counts the packets that the kernel held").config(enabledOrReasonIf = needsNamespaces) {
            Namespace().use { namespace ->
                namespace.logPings(30)
                val session = namespace.open(30) { threshold(8).timeout(Duration.ofHours(1)) }
                namespace.ping(20)
                session.close()
                session.statistics().discarded() shouldBe 20
            }
        }

        test("delivered and lost packets add up to those sent, with a receive buffer for one datagram")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.logPings(30)
                    val options =
                        NflogOptions
                            .builder()
                            .group(30) { it.threshold(4).timeout(Duration.ZERO) }
                            .receiveBuffer(4096)
                            .build()
                    NflogSession.open(namespace.transport, options).use { session ->
                        namespace.ping(200)
                        while (session.poll<RuntimeException>({ }, Duration.ZERO) > 0) {
                            // until the socket is empty
                        }
                        namespace.ping(1) // arrives, and marks the end
                        while (session.take(1).last().sequence() < 200) {
                            // the kernel may still have held some
                        }
                        val statistics = session.statistics()
                        statistics.sequenceGaps() shouldBeGreaterThan 0
                        statistics.socketDrops() shouldBeGreaterThan 0
                        statistics.delivered() + statistics.sequenceGaps() shouldBe 201
                    }
                }
            }

        test("a second owner is refused, with the port and process of the first")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.open(30).use { first ->
                        val refused = shouldThrow<KernelRefusedException> { namespace.open(30).close() }
                        refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
                        refused.message shouldContain "port ${first.portId()} ("
                        refused.message shouldContain "pid ${ProcessHandle.current().pid()}"
                    }
                    namespace.open(30).close() // free again
                }
            }

        test("connections come with packets if the kernel can attach them, otherwise the refusal names the option")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.logPings(30)
                    namespace.exec(*"iptables -A OUTPUT -m conntrack --ctstate NEW".split(' ').toTypedArray())
                    val opened = runCatching { namespace.open(30) { conntrack(true) } }
                    opened
                        .onSuccess { session ->
                            session.use {
                                namespace.ping(1)
                                val packet = session.take(1).single()
                                packet.has(NflogAttribute.CT) shouldBe true
                                packet.bytes(NflogAttribute.CT).length().toLong() shouldBeGreaterThan 0
                                packet.conntrackInfo() shouldBe ConntrackInfo.NEW
                            }
                        }.onFailure { problem ->
                            (problem as KernelRefusedException).refusal() shouldBe Refusal.NOT_SUPPORTED
                            problem.message shouldContain "CONFIG_NETFILTER_NETLINK_GLUE_CT"
                        }
                }
            }

        test("a claimed logger is not restored into another namespace to which the path now leads")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { ours ->
                    Namespace().use { other ->
                        val path = tempdir().toPath().resolve("ns")
                        Files.createSymbolicLink(path, Path.of("/run/netns", ours.name))
                        val transport = LinuxTransport.of(NetworkNamespace.at(path))
                        val id = transport.kernel().namespaceId()
                        val options =
                            NflogOptions
                                .builder()
                                .group(0)
                                .claimLogger(AddressFamily.IPV4)
                                .build()
                        val session = NflogSession.open(transport, options)
                        NflogSession.open(other.transport, options).use {
                            Files.delete(path)
                            Files.createSymbolicLink(path, Path.of("/run/netns", other.name))
                            transport.kernel().namespaceId() shouldNotBe id
                            session.close()
                            other.transport.kernel().logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
                        }
                    }
                }
            }

        test("a claimed logger gets the kernel's own log messages, and the previous one is restored")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { namespace ->
                    namespace.exec("ip", "link", "set", "lo", "up")
                    namespace.exec(*"iptables -A INPUT -m conntrack --ctstate INVALID".split(' ').toTypedArray())
                    namespace.exec("sh", "-c", "echo 255 > /proc/sys/net/netfilter/nf_conntrack_log_invalid")
                    val kernel = namespace.transport.kernel()
                    val before = kernel.logger(AddressFamily.IPV4)
                    val options =
                        NflogOptions
                            .builder()
                            .group(0)
                            .claimLogger(AddressFamily.IPV4)
                            .build()
                    NflogSession.open(namespace.transport, options).use { session ->
                        kernel.logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
                        namespace.sendBrokenTcp()
                        session.take(1).map { it.prefix() }.first() shouldContain "nf_ct"
                    }
                    kernel.logger(AddressFamily.IPV4) shouldBe before
                    listOf("NONE", "nf_log_ipv4", "nf_log_syslog") shouldContain before
                }
            }
    })

/** Sends a TCP header of zeros to the loopback, which connection tracking considers invalid. */
private fun Namespace.sendBrokenTcp() {
    val loopback = byteArrayOf(AF_INET.toByte(), 0, 0, 0, 127, 0, 0, 1) + ByteArray(8)
    sendRaw(AF_INET, 6, loopback, ByteArray(20))
}
