// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private const val CONFIG = 0x401
private const val BIND = 1
private const val UNBIND = 2

/** A socket of a fake kernel with the requests that these tests need. */
private class Nflog(
    val transport: FakeNetfilter = FakeNetfilter(),
) {
    val socket: FakeNetlinkSocket = transport.open(Netlink.NETLINK_NETFILTER)
    val batch = DatagramBatch(8, 1 shl 18)
    private var sequence = 0L

    fun config(
        group: Int,
        command: Int? = null,
        family: Int = 0,
        more: MessageWriter.() -> Unit = {},
    ): Int {
        val writer = MessageWriter(256, ByteOrder.nativeOrder())
        writer.begin(CONFIG, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, ++sequence).nfgenmsg(family, group)
        command?.let { writer.u8(1, it) }
        writer.more()
        socket.send(writer.end().datagram())
        val seen = messages()
        val (type, _, errno) = seen.last()
        type shouldBe Netlink.NLMSG_ERROR
        return -errno
    }

    /** Type, sequence number (of a packet: its own, or −1), first four bytes of the body in host order. */
    fun messages(timeout: Long = 0): List<Triple<Int, Long, Int>> {
        val found = mutableListOf<Triple<Int, Long, Int>>()
        while (socket.receive(batch, timeout) > 0) {
            for (index in 0 until batch.count()) {
                val cursor =
                    MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order())
                while (cursor.next()) {
                    val body =
                        batch
                            .buffer()
                            .duplicate()
                            .order(socket.order())
                            .getInt(cursor.bodyOffset())
                    found += Triple(cursor.type(), attributeOf(cursor, 12), body)
                }
            }
        }
        return found
    }

    private fun attributeOf(
        cursor: MessageCursor,
        code: Int,
    ): Long {
        if (cursor.type() < Netlink.NLMSG_MIN_TYPE) return -1
        val attributes =
            dev.nfkit.wire
                .AttributeCursor()
                .wrap(cursor, "packet")
        while (attributes.next()) {
            if (attributes.type() == code) return attributes.be32()
        }
        return -1
    }

    fun log(
        group: Int,
        count: Int,
        packet: () -> SampleNflog = { SampleNflog.of(SamplePackets.udp4(1, 2, 3)) },
    ) = repeat(count) { transport.nflog().log(group, packet()) }
}

/** Four bytes as a number in this machine's byte order. */
private fun native(vararg bytes: Byte): Int = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt()

class FakeNflogSpec :
    FunSpec({
        test("BIND of a group that this socket owns is EBUSY, of one that another socket owns EPERM") {
            val one = Nflog()
            val other = Nflog(one.transport)
            one.config(5, BIND) shouldBe 0
            one.config(5, BIND) shouldBe Errno.EBUSY.number()
            other.config(5, BIND) shouldBe Errno.EPERM.number()
            other.config(5) { be32(5, 7) } shouldBe Errno.EPERM.number()
            one.transport
                .kernel()
                .nflogGroups()
                .map { it.group() to it.portId() } shouldContainExactly listOf(5 to one.socket.portId())
        }

        test("a group that the test assigned to another owner is refused with EPERM") {
            val nflog = Nflog()
            nflog.transport.kernel().ownGroup(30, 99)
            nflog.config(30, BIND) shouldBe Errno.EPERM.number()
        }

        test("without the capability everything is refused with EPERM") {
            val nflog = Nflog()
            nflog.transport.kernel().netAdmin(NetAdmin.MISSING)
            nflog.config(30, BIND) shouldBe Errno.EPERM.number()
        }

        test("a strict kernel refuses unknown flags, and any other ignores them") {
            val nflog = Nflog()
            nflog.config(30, BIND) shouldBe 0
            nflog.config(30) { be16(6, 0x103) } shouldBe 0
            nflog.transport.kernel().strictFlags(true)
            nflog.config(30) { be16(6, 0x103) } shouldBe Errno.EINVAL.number()
            nflog.config(30) { be16(6, 3) } shouldBe 0
        }

        test("configuration of a group that is not bound is ENODEV, and an unknown command ENOTSUPP") {
            val nflog = Nflog()
            nflog.config(5) { be32(5, 7) } shouldBe Errno.ENODEV.number()
            nflog.config(5, UNBIND) shouldBe Errno.ENODEV.number()
            nflog.config(5, 9) shouldBe Errno.ENOTSUPP.number()
        }

        test("an attribute that is too short is ERANGE, for any sender, and changes nothing") {
            val nflog = Nflog()
            nflog.config(5) { bytes(5, 1) } shouldBe Errno.ERANGE.number()
            nflog.config(5, BIND) { bytes(2, 0, 0, 0, 0, 1) } shouldBe Errno.ERANGE.number()
            nflog.transport.nflog().groups() shouldBe emptyList()
        }

        test("one message binds and configures, and values that the kernel ignores are acknowledged") {
            val nflog = Nflog()
            nflog.config(5, BIND) {
                bytes(2, 0, 0, 0, 96, 2, 0)
                be32(3, 1)
                be32(4, 50)
                be32(5, 3)
                be16(6, 1)
            } shouldBe 0
            nflog.config(5) { bytes(2, 0, 0, 0, 1, 77, 0) } shouldBe 0
            val state =
                nflog.transport
                    .nflog()
                    .groups()
                    .single()
            state.copyRange() shouldBe 96
            state.copyMode() shouldBe 2
            state.flushTimeout() shouldBe 50
        }

        test("the flag CONNTRACK needs a kernel with the glue") {
            val nflog = Nflog()
            nflog.config(5, BIND) { be16(6, 4) } shouldBe Errno.EOPNOTSUPP.number()
            nflog.transport.kernel().conntrackGlue(true)
            nflog.config(5, BIND) { be16(6, 4) } shouldBe 0
        }

        test("the kernel holds a batch up to the threshold and ends it with NLMSG_DONE") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND) {
                be32(5, 3)
                be16(6, 1)
            }
            nflog.log(5, 2)
            nflog.messages() shouldBe emptyList()
            nflog.transport
                .nflog()
                .groups()
                .single()
                .queued() shouldBe 2
            nflog.log(5, 1)
            val batch = nflog.messages()
            batch.map { it.first to it.second } shouldContainExactly
                listOf(0x400 to 0L, 0x400 to 1L, 0x400 to 2L, Netlink.NLMSG_DONE to -1L)
            // Family, version and group, as in the other messages.
            batch.last().third shouldBe batch.first().third - native(2, 0, 0, 0)
        }

        test("the flush timeout sends the held packets, by the virtual clock") {
            val clock = TestClock.manual()
            val nflog = Nflog(FakeNetfilter(clock))
            nflog.config(5, BIND)
            nflog.log(5, 1)
            clock.advance(Duration.ofMillis(999))
            nflog.messages() shouldBe emptyList()
            clock.advance(Duration.ofMillis(1))
            nflog.messages().map { it.first } shouldContainExactly listOf(0x400)
        }

        test("an automatic clock brings the flush at once to a waiting receive") {
            val nflog = Nflog()
            nflog.config(5, BIND)
            nflog.log(5, 2)
            nflog.socket.receive(nflog.batch, -1) shouldBe 1
        }

        test("UNBIND delivers held packets before its acknowledgement, a close loses them") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND)
            nflog.log(5, 2)
            val writer = MessageWriter(64, ByteOrder.nativeOrder())
            writer
                .begin(CONFIG, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, 9)
                .nfgenmsg(0, 5)
                .u8(1, UNBIND)
                .end()
            nflog.socket.send(writer.datagram())
            nflog.messages().map { it.first } shouldContainExactly
                listOf(0x400, 0x400, Netlink.NLMSG_DONE, Netlink.NLMSG_ERROR)
            nflog.transport
                .nflog()
                .log(5, SampleNflog.of(byteArrayOf(1))) shouldBe false

            nflog.config(5, BIND)
            nflog.log(5, 2)
            nflog.socket.close()
            nflog.transport.nflog().groups() shouldBe emptyList()
        }

        test("a rule's own lower threshold takes precedence") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND)
            nflog.log(5, 1) { SampleNflog.of(byteArrayOf(1)).ruleThreshold(1) }
            nflog.messages().size shouldBe 1
        }

        test("a packet that does not fit the receive buffer leaves a gap in the sequence and counts in drops") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND) {
                be32(5, 1)
                be16(6, 1)
            }
            nflog.socket.set(SocketOption.NO_ENOBUFS, 1)
            nflog.socket.set(SocketOption.RECEIVE_BUFFER, 16_384)
            nflog.log(5, 20)
            val got = nflog.messages()
            got.size + nflog.socket.drops() shouldBe 20L
            nflog.log(5, 1)
            nflog.messages().single().second shouldBe 20
        }

        test("a small datagram frees its spare memory, so that many fit") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND) { be32(5, 1) }
            nflog.socket.set(SocketOption.NO_ENOBUFS, 1)
            nflog.socket.set(SocketOption.RECEIVE_BUFFER, 8_192)
            nflog.log(5, 30) { SampleNflog.of(SamplePackets.udp4(*ByteArray(100))) }
            nflog.socket.drops() shouldBe 11 // as on Linux 6.18
            nflog.messages().size shouldBe 19
        }

        test("the space for a packet is computed for the worst case, as on Linux") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND) { be32(5, 1_000) }
            nflog.log(
                5,
                150,
            ) {
                SampleNflog
                    .of(SamplePackets.udp4(1, 2, 3, 4))
                    .prefix("a-prefix")
                    .outDevice(1)
                    .uid(0)
                    .gid(0)
            }
            nflog.messages().count { it.first == Netlink.NLMSG_DONE } shouldBe 4
            nflog.transport
                .nflog()
                .groups()
                .single()
                .queued() shouldBe 10
        }

        test("a rule's own size truncates below the copy range") {
            val nflog = Nflog()
            nflog.config(5, BIND) { be32(5, 1) }
            val packet = SampleNflog.of(ByteArray(100) { 0x45 })
            val lengths =
                listOf(
                    packet,
                    SampleNflog.of(ByteArray(100)).ruleSize(40),
                    SampleNflog.of(ByteArray(100)).ruleSize(0),
                ).map { sample ->
                    nflog.log(5, 1) { sample }
                    nflog.socket.receive(nflog.batch, 0) shouldBe 1
                    nflog.batch.length(0)
                }
            lengths[0] - lengths[1] shouldBe 60
            lengths[1] - lengths[2] shouldBe 44 // without the attribute
            shouldThrow<IllegalArgumentException> { packet.ruleSize(-1) }
        }

        test("a batch never exceeds the memory that NLBUFSIZ gives, as measured on Linux") {
            val nflog = Nflog(FakeNetfilter(TestClock.manual()))
            nflog.config(5, BIND) {
                be32(3, 131_072)
                be32(5, 1_000_000)
            }
            nflog.log(5, 10_000)
            nflog.socket.set(SocketOption.RECEIVE_BUFFER, 1 shl 24)
            nflog.socket.receive(nflog.batch, 0)
            (nflog.batch.length(0) in 250_000..261_824) shouldBe true
        }

        test("PF_BIND and PF_UNBIND change the namespace's logger") {
            val nflog = Nflog()
            val kernel = nflog.transport.kernel()
            kernel.logger(AddressFamily.IPV4, "nf_log_syslog")
            nflog.config(0, 3, AddressFamily.IPV4.number()) shouldBe 0
            kernel.logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
            nflog.config(0, 4, AddressFamily.IPV4.number()) shouldBe 0
            kernel.logger(AddressFamily.IPV4) shouldBe "NONE"
        }

        test("PF_BIND of an unknown family is EINVAL, and PF_UNBIND of it has no effect") {
            val nflog = Nflog()
            nflog.config(0, 3, 11) shouldBe Errno.EINVAL.number()
            nflog.config(0, 3, 255) shouldBe Errno.EINVAL.number()
            nflog.config(0, 4, 255) shouldBe 0
            nflog.transport.kernel().logger(AddressFamily.of(255)) shouldBe "NONE"
        }
    })
