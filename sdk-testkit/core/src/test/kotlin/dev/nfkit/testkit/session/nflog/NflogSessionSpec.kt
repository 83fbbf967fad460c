// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nflog

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SocketEffect
import dev.nfkit.testkit.TestClock
import dev.nfkit.wire.MessageWriter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.time.Duration
import kotlin.concurrent.thread

class NflogSessionSpec :
    FunSpec({
        test("one message binds a group and configures it") {
            val transport = FakeNetfilter()
            val group =
                NflogGroup
                    .builder(30)
                    .copyRange(0x1234)
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
                request.attribute(NflogConfig.NFULA_CFG_MODE).get().toHex() shouldBe "000012340200"
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
                transport
                    .kernel()
                    .ownGroup(4, 99)
                    .ownGroup(5, 4711)
                    .owner(4711, SocketOwner(812, "ulogd"))
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
                    refused.message shouldContain "unshare -Ur unshare -n"
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

        test("a full receive buffer is no error of the socket, so that its losses are only counted") {
            val fake = FakeNetfilter()
            val changed = mutableMapOf<SocketOption, Int>()
            val transport =
                object : NetlinkTransport by fake {
                    override fun open(protocol: Int): NetlinkSocket {
                        val socket = fake.open(protocol)
                        return object : NetlinkSocket by socket {
                            override fun set(
                                option: SocketOption,
                                value: Int,
                            ) {
                                changed[option] = value
                                socket.set(option, value)
                            }
                        }
                    }
                }
            NflogSession.open(transport, options()).close()
            changed[SocketOption.NO_ENOBUFS] shouldBe 1
        }

        test("the port id is that of the socket that owns the groups") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use {
                it.portId() shouldBe
                    transport
                        .nflog()
                        .groups()
                        .single()
                        .portId()
            }
        }

        test("messages that are no packets are neither delivered nor malformed") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                transport.socket().deliver(
                    MessageWriter(64, ByteOrder.nativeOrder()).begin(NflogConfig.NFULNL_MSG_CONFIG, 0, 0).raw(1).end(),
                )
                transport.socket().deliver(*sample("p").group(30).toDatagram())
                session.poll<RuntimeException>({ it.prefix() shouldBe "p" }, Duration.ZERO) shouldBe 1
                session.statistics().malformed() shouldBe 0
            }
        }

        test("a wakeup makes a poll return at once, and a negative timeout is refused") {
            val transport = FakeNetfilter(TestClock.manual()) // nothing else can end the wait
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

        test("a recording of another byte order reads the same") {
            val transport = FakeNetfilter().order(ByteOrder.BIG_ENDIAN)
            NflogSession.open(transport, options { it.threshold(2) }).use { session ->
                repeat(2) { transport.log("p$it") }
                session.prefixes() shouldContainExactly listOf("p0", "p1")
            }
        }

        test("a socket that cannot be opened, or that fails while receiving, causes an exception with the reason") {
            val transport = FakeNetfilter().failNextOpen(Errno.EMFILE)
            shouldThrow<SystemCallException> { NflogSession.open(transport, options()) }.errno() shouldBe Errno.EMFILE
            NflogSession.open(transport, options()).use { session ->
                transport.socket().effect(SocketEffect.ReceiveFailure(Errno.ENOMEM))
                shouldThrow<SystemCallException> { session.prefixes() }.errno() shouldBe Errno.ENOMEM
            }
        }
    })
