package dev.nfkit.testkit.session

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SocketEffect
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private fun options(
    group: Int = 30,
    configure: (NflogGroup.Builder) -> Unit = {},
): NflogOptions = NflogOptions.builder().group(group) { configure(it) }.build()

private fun sample(text: String) = SampleNflog.of(*ByteArray(20)).prefix(text)

private fun FakeNetfilter.log(
    text: String,
    group: Int = 30,
) = nflog().log(group, sample(text))

/** Polls until nothing more arrives. Returns the prefixes of the packets. */
private fun NflogSession.prefixes(): List<String> {
    val seen = mutableListOf<String>()
    while (poll<RuntimeException>({ seen += it.prefix() }, Duration.ZERO) > 0) {
        // on
    }
    return seen
}

class NflogSessionSpec :
    FunSpec({
        test("one message binds a group and configures it") {
            val transport = FakeNetfilter()
            val group =
                NflogGroup
                    .builder(30)
                    .copyRange(128)
                    .threshold(64)
                    .bufferSize(131_072)
                    .timeout(Duration.ofMillis(250))
                    .sequenceGlobal(true)
                    .build()
            NflogSession.open(transport, NflogOptions.builder().group(group).build()).use {
                val request = transport.sent().single()
                request.type() shouldBe NflogConfig.NFULNL_MSG_CONFIG
                request.resId() shouldBe 30
                request.attribute(NflogConfig.NFULA_CFG_CMD).get().toHex() shouldBe "01"
                request.attribute(NflogConfig.NFULA_CFG_MODE).get().toHex() shouldBe "000000800200"
                request.attribute(NflogConfig.NFULA_CFG_NLBUFSIZ).get().toHex() shouldBe "00020000"
                request.attribute(NflogConfig.NFULA_CFG_TIMEOUT).get().toHex() shouldBe "00000019"
                request.attribute(NflogConfig.NFULA_CFG_QTHRESH).get().toHex() shouldBe "00000040"
                request.attribute(NflogConfig.NFULA_CFG_FLAGS).get().toHex() shouldBe "0003"
                it.bufferSize(30) shouldBe 131_072
                shouldThrow<IllegalArgumentException> { it.bufferSize(31) }
            }
            transport.verify()
        }

        test("packets are numbered as their group is configured") {
            for ((own, global, flags) in listOf(
                Triple(true, true, "0003"),
                Triple(true, false, "0001"),
                Triple(false, true, "0002"),
                Triple(false, false, "0000"),
            )) {
                val transport = FakeNetfilter()
                NflogSession.open(transport, options { it.sequence(own).sequenceGlobal(global) }).use {
                    val request = transport.sent().single()
                    request.attribute(NflogConfig.NFULA_CFG_FLAGS).get().toHex() shouldBe flags
                }
            }
        }

        test("packets that arrive before the acknowledgements are not lost") {
            val transport = FakeNetfilter()
            transport.onRequest { it.resId() == 31 }.reply { _, _ -> repeat(3) { transport.log("early $it") } }
            val both =
                NflogOptions
                    .builder()
                    .group(30) { it.threshold(1) }
                    .group(31)
                    .build()
            NflogSession.open(transport, both).use { session ->
                transport.log("late")
                session.prefixes() shouldContainExactly listOf("early 0", "early 1", "early 2", "late")
                session.statistics().delivered() shouldBe 4
            }
        }

        context("a refusal names its cause and advice") {
            test("another owner, by its port and process") {
                val transport = FakeNetfilter()
                transport.kernel().ownGroup(5, 4711).owner(4711, SocketOwner(812, "ulogd"))
                val refused = shouldThrow<KernelRefusedException> { NflogSession.open(transport, options(5)) }
                refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
                refused.message shouldBe
                    "bind NFLOG group 5: EPERM (Operation not permitted): " +
                    "port 4711 (ulogd, pid 812) owns this group; stop it or take another group"
                transport.openSockets() shouldBe 0
            }

            test("no capability, and one in the wrong user namespace") {
                for ((finding, refusal) in listOf(
                    NetAdmin.MISSING to Refusal.NO_CAPABILITY,
                    NetAdmin.IN_OTHER_USER_NAMESPACE to Refusal.CAPABILITY_IN_OTHER_USER_NAMESPACE,
                )) {
                    val transport = FakeNetfilter()
                    transport.kernel().netAdmin(finding)
                    transport.onRequest { true }.refuse(Errno.EPERM)
                    val refused = shouldThrow<KernelRefusedException> { NflogSession.open(transport, options()) }
                    refused.refusal() shouldBe refusal
                    refused.message shouldContain "CAP_NET_ADMIN"
                    refused.message shouldContain "unshare -Urn"
                }
            }

            test("a kernel that cannot attach connections") {
                val transport = FakeNetfilter()
                transport.kernel().conntrackGlue(false)
                val refused =
                    shouldThrow<KernelRefusedException> { NflogSession.open(transport, options { it.conntrack(true) }) }
                refused.refusal() shouldBe Refusal.NOT_SUPPORTED
                refused.message shouldContain "CONFIG_NETFILTER_NETLINK_GLUE_CT"
                refused.message shouldContain "leave conntrack off"
            }

            test("the kernel's own text and position") {
                val transport = FakeNetfilter()
                transport.onRequest { true }.refuse(Errno.EINVAL, "mode is out of range")
                shouldThrow<KernelRefusedException> { NflogSession.open(transport, options()) }
                    .kernelText()
                    .get() shouldBe "mode is out of range"
            }
        }

        test("without the right to a large receive buffer the batches are made smaller, and the size is reported") {
            val transport = FakeNetfilter()
            transport.kernel().receiveBufferLimit(212_992, false)
            NflogSession.open(transport, options()).use {
                it.receiveBuffer() shouldBe 425_984
                it.bufferSize(30) shouldBe 16_384
            }
        }

        test("gaps in the sequence numbers are packets lost, across the wrap") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                for (number in listOf(0L, 1L, 4L, 4294967295L, 2L)) {
                    val datagram = sample("p").group(30).sequence(number).toDatagram()
                    transport.socket().deliver(*datagram)
                }
                session.prefixes().size shouldBe 5
                // 2 and 3 are missing; a step back to the end of the range is not a gap; then 0 and 1
                session.statistics().sequenceGaps() shouldBe 4
            }
        }

        test("packets of several groups keep their own counts in one view, whatever arrives between them") {
            val transport = FakeNetfilter().strictBatches(false)
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .group(31)
                    .onMalformed(MalformedHandler { throw it })
                    .build()
            NflogSession.open(transport, options).use { session ->
                val seen = mutableListOf<String>()

                fun poll() {
                    session.poll<java.io.IOException>({
                        seen += "${it.group()} ${it.prefix()} ${it.sequence()}"
                        if (it.sequence() == 7L) throw java.io.IOException("full")
                    }, Duration.ZERO)
                }

                fun packet(
                    group: Int,
                    number: Long,
                    text: String = "p",
                ) = sample(text).group(group).sequence(number).toDatagram()
                val bad =
                    SampleNflog
                        .of(1)
                        .group(31)
                        .attribute(2, 9)
                        .toDatagram()
                val badTag =
                    SampleNflog
                        .of(
                            *ByteArray(20),
                        ).prefix("p")
                        .group(31)
                        .attribute(20, 5, 0, 2, 0, 1)
                        .toDatagram()
                val packets =
                    packet(
                        30,
                        0,
                    ) + packet(30, 1) + packet(31, 0) + packet(31, 1) + packet(30, 2) + bad + packet(30, 3) +
                        badTag + packet(30, 4) + packet(30, 7) + packet(30, 8, "q") + packet(31, 2) + packet(31, 5) +
                        packet(32, 9) + packet(31, 6) + packet(30, 9)
                transport.socket().deliver(*packets)
                shouldThrow<MalformedMessageException> { poll() }
                shouldThrow<MalformedMessageException> { poll() }
                shouldThrow<java.io.IOException> { poll() }
                poll()
                seen shouldContainExactly
                    listOf(
                        "30 p 0",
                        "30 p 1",
                        "31 p 0",
                        "31 p 1",
                        "30 p 2",
                        "30 p 3",
                        "30 p 4",
                        "30 p 7",
                        "30 q 8",
                        "31 p 2",
                        "31 p 5",
                        "32 p 9",
                        "31 p 6",
                        "30 p 9",
                    )
                session.statistics().sequenceGaps() shouldBe 4 // 5 and 6 of group 30, 3 and 4 of group 31
                session.statistics().malformed() shouldBe 2
            }
        }

        test("losses at the socket, truncated datagrams and foreign senders are counted separately") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                transport.socket().effect(SocketEffect.Foreign(dev.nfkit.Bytes.of(1, 2, 3)))
                transport.socket().effect(SocketEffect.Truncated(dev.nfkit.Bytes.of(*sample("cut").toDatagram())))
                transport.socket().effect(SocketEffect.Overrun(7))
                transport.socket().deliver(*sample("whole").group(30).sequence(0).toDatagram())
                session.prefixes() shouldContainExactly listOf("whole")
                val statistics = session.statistics()
                statistics.foreign() shouldBe 1
                statistics.truncatedDatagrams() shouldBe 1
                statistics.socketDrops() shouldBe 7
                statistics.delivered() shouldBe 1
            }
        }

        test("a malformed message is counted, passed to its handler, and nothing after it is lost") {
            val received = mutableListOf<String>()
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed { received += it.path() }
                    .build()
            NflogSession.open(transport, options).use { session ->
                val bad =
                    SampleNflog
                        .of(1)
                        .group(30)
                        .attribute(2, 9)
                        .toDatagram() // a mark of one byte
                val good = sample("good").group(30).toDatagram()
                transport.socket().deliver(*bad, *good)
                transport.socket().deliver(*good, 9, 0, 0, 0) // a truncated header after a good message
                session.prefixes() shouldContainExactly listOf("good", "good")
                received shouldContainExactly listOf("NFULNL_MSG_PACKET/NFULA_MARK", "nlmsghdr")
                session.statistics().malformed() shouldBe 2
            }
        }

        test("a handler that throws makes the poll fail, and the next one continues after it") {
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed(MalformedHandler { throw it })
                    .build()
            NflogSession.open(transport, options).use { session ->
                val bad =
                    SampleNflog
                        .of(1)
                        .group(30)
                        .attribute(2, 9)
                        .toDatagram()
                transport.socket().deliver(*bad, *sample("good").group(30).toDatagram())
                shouldThrow<MalformedMessageException> { session.prefixes() }
                session.prefixes() shouldContainExactly listOf("good")
            }
        }

        test("a sink that throws loses nothing after its packet") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                repeat(5) { transport.log("p$it") }
                transport.clock().advance(Duration.ofSeconds(1))
                val seen = mutableListOf<String>()
                shouldThrow<java.io.IOException> {
                    session.poll<java.io.IOException>({
                        seen += it.prefix()
                        if (seen.size == 2) throw java.io.IOException("full")
                    }, Duration.ZERO)
                }.message shouldBe "full"
                seen += session.prefixes()
                seen shouldContainExactly listOf("p0", "p1", "p2", "p3", "p4")
            }
        }

        test("a stop delivers what the kernel still held, and then ends") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(1024) })
            repeat(50) { transport.log("p$it") }
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe 0
            session.stop()
            var delivered = 0L
            session.run<RuntimeException> { delivered++ } shouldBe 50L
            delivered shouldBe 50L
            session.ended() shouldBe true
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
            session.statistics().delivered() shouldBe 50
            session.statistics().discarded() shouldBe 0
            session.close()
            transport.verify()
        }

        test("a stop from another thread ends a waiting run") {
            val transport =
                FakeNetfilter(
                    dev.nfkit.testkit.TestClock
                        .real(),
                )
            val session = NflogSession.open(transport, options { it.threshold(1) })
            val first = CountDownLatch(1)
            var delivered = 0L
            val runner = thread { delivered = session.run<RuntimeException> { first.countDown() } }
            transport.log("one")
            first.await(10, TimeUnit.SECONDS) shouldBe true
            session.stop()
            runner.join(10_000)
            runner.isAlive shouldBe false
            delivered shouldBe 1L
        }

        test("a stop whose answer was lost unbinds again, and delivers waiting packets") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(1024) })
            val unbinds = { transport.sent().count { it.attribute(NflogConfig.NFULA_CFG_CMD).get().u8(0) == 2 } }
            repeat(3) { transport.log("p$it") }
            transport.onRequest { true }.withoutAcknowledgement().times(1)
            session.stop()
            session.prefixes() shouldContainExactly listOf("p0", "p1", "p2")
            session.run<RuntimeException> { } shouldBe 0L
            unbinds() shouldBe 2
            session.ended() shouldBe true
        }

        test("a stop whose answer was always lost still ends") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options())
            transport
                .onRequest { it.attribute(NflogConfig.NFULA_CFG_CMD).map { c -> c.u8(0) == 2 }.orElse(false) }
                .withoutAcknowledgement()
                .times(1)
            session.stop()
            session.run<RuntimeException> { } shouldBe 0L
            session.ended() shouldBe true
        }

        test("a close discards, and counts undelivered packets, including those that the kernel held") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(10) { transport.log("p$it") } // 8 of them are on the socket, 2 in the kernel
            session.close()
            session.statistics().discarded() shouldBe 10
            session.statistics().delivered() shouldBe 0
            session.ended() shouldBe true
            session.close()
            transport.verify()
        }

        test("a close keeps counting after a handler throws, and the session's statistics can still be read") {
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed { error("the handler's own mistake") }
                    .build()
            val session = NflogSession.open(transport, options)
            val bad = SampleNflog.of(1).group(30).toDatagram()
            transport.socket().deliver(*bad, 9, 0, 0, 0) // a truncated header after a good message
            transport.socket().deliver(*sample("good").group(30).toDatagram())
            session.close()
            session.statistics().discarded() shouldBe 2
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
        }

        test("a packet that the rule itself truncated is counted") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                val payload = ByteArray(30)
                payload[0] = 0x45
                payload[3] = 100
                transport.socket().deliver(*SampleNflog.of(*payload).group(30).toDatagram())
                session.poll<RuntimeException>({ it.truncated() shouldBe true }, Duration.ZERO) shouldBe 1
                session.statistics().truncatedPackets() shouldBe 1
            }
        }

        test("a close inside a callback ends the session when it returns") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(4) { transport.log("p$it") }
            var seen = 0
            session.poll<RuntimeException>({
                seen++
                session.close()
                session.ended() shouldBe false
            }, Duration.ZERO) shouldBe 1
            seen shouldBe 1
            session.ended() shouldBe true
            session.statistics().discarded() shouldBe 3
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
        }

        test("a stop inside a callback delivers the rest") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(6) { transport.log("p$it") }
            session.run<RuntimeException> { session.stop() } shouldBe 6L
            session.ended() shouldBe true
        }

        test("a close from another thread ends a waiting run, without an exception") {
            val transport =
                FakeNetfilter(
                    dev.nfkit.testkit.TestClock
                        .real(),
                )
            val session = NflogSession.open(transport, options())
            var result = 0L
            val runner = thread { result = session.run<RuntimeException> { } - 1 }
            session.close()
            runner.join(10_000)
            runner.isAlive shouldBe false
            result shouldBe -1L
            transport.openSockets() shouldBe 0
        }

        test("only one thread may poll at a time, and not inside a callback") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options { it.threshold(1) }).use { session ->
                transport.log("p")
                session.poll<RuntimeException>({
                    shouldThrow<IllegalStateException> { session.prefixes() }.message shouldContain "inside a callback"
                    var other: Throwable? = null
                    thread { other = runCatching { session.prefixes() }.exceptionOrNull() }.join()
                    other?.message shouldContain "another thread polls"
                }, Duration.ZERO) shouldBe 1
            }
        }

        test("a wakeup makes a poll return at once, and a negative timeout is refused") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                session.wakeup()
                session.poll<RuntimeException>({ }, Duration.ofDays(1)) shouldBe 0
                shouldThrow<IllegalArgumentException> { session.poll<RuntimeException>({ }, Duration.ofMillis(-1)) }
            }
        }

        test("a run that is interrupted returns with the flag set, and the session stays open") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options { it.threshold(1) }).use { session ->
                transport.log("p")
                val delivered = session.run<RuntimeException> { Thread.currentThread().interrupt() }
                Thread.interrupted() shouldBe true
                delivered shouldBe 1L
                session.ended() shouldBe false
            }
        }

        test("a packet that is used after its callback is reported with the place where it was handed out") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options { it.threshold(2) }).use { session ->
                repeat(2) { transport.log("p$it") }
                val escaped = mutableListOf<NflogPacket>()
                session.poll<RuntimeException>({ escaped += it }, Duration.ZERO) shouldBe 2
                val caught = shouldThrow<IllegalStateException> { escaped[0].prefix() }
                caught.message shouldContain "borrowed"
                caught.cause?.message shouldContain "handed out"
            }
        }

        test("claimed loggers are restored, unless another process has changed them since") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            transport.kernel().logger(AddressFamily.IPV6, "nf_log_ipv6")
            val options =
                NflogOptions
                    .builder()
                    .group(0)
                    .claimLogger(AddressFamily.IPV4, AddressFamily.IPV6)
                    .build()
            NflogSession.open(transport, options).use {
                transport.kernel().logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
                transport.kernel().logger(AddressFamily.IPV6) shouldBe "nfnetlink_log"
                transport.kernel().logger(AddressFamily.IPV6, "nf_log_syslog")
            }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nf_log_ipv4"
            transport.kernel().logger(AddressFamily.IPV6) shouldBe "nf_log_syslog"
        }

        test("loggers are unchanged if the namespace's name refers to another namespace meanwhile") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            val options =
                NflogOptions
                    .builder()
                    .group(0)
                    .claimLogger(AddressFamily.IPV4)
                    .build()
            NflogSession.open(transport, options).use { transport.kernel().namespaceId("net:[2]") }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
        }

        test("loggers are unchanged if they were not claimed, and restored if opening fails") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            NflogSession.open(transport, options()).close()
            transport.sent().none { it.family() == AddressFamily.IPV4.number() } shouldBe true
            transport.kernel().ownGroup(7, 99)
            val claiming =
                NflogOptions
                    .builder()
                    .group(7)
                    .claimLogger(AddressFamily.IPV4)
                    .build()
            shouldThrow<KernelRefusedException> { NflogSession.open(transport, claiming) }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nf_log_ipv4"
            transport.openSockets() shouldBe 0
        }

        test("a recording of another byte order reads the same") {
            val transport = FakeNetfilter().order(ByteOrder.BIG_ENDIAN)
            NflogSession.open(transport, options { it.threshold(2) }).use { session ->
                repeat(2) { transport.log("p$it") }
                session.prefixes() shouldContainExactly listOf("p0", "p1")
            }
        }

        test("a socket that cannot be opened, or that fails while receiving, causes an exception with the reason") {
            val transport = FakeNetfilter().failOpen(Errno.EMFILE)
            shouldThrow<SystemCallException> { NflogSession.open(transport, options()) }.errno() shouldBe Errno.EMFILE
            NflogSession.open(transport, options()).use { session ->
                transport.socket().effect(SocketEffect.ReceiveFailure(Errno.ENOMEM))
                shouldThrow<SystemCallException> { session.prefixes() }.errno() shouldBe Errno.ENOMEM
            }
        }

        test("a packet longer than the copy range is marked as truncated, and counted") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options { it.copyRange(10).threshold(1) }).use { session ->
                val payload =
                    ByteArray(40).also { bytes ->
                        bytes[0] = 0x45
                        bytes[3] = 40
                    }
                transport.nflog().log(30, SampleNflog.of(*payload))
                session.poll<RuntimeException>({
                    it.truncated() shouldBe true
                    it.originalLength() shouldBe 40
                    it.payload().length() shouldBe 10
                }, Duration.ZERO) shouldBe 1
                session.statistics().truncatedPackets() shouldBe 1
            }
        }
    })
