// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.SystemCallException
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.reflect.Proxy
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val LIST = 0x101

/** Requests over a socket that follows a script. */
private class TableRig {
    val rig = LoopRig()
    val options = mutableListOf<Pair<SocketOption, Int>>()
    var onSet: () -> Unit = {}
    val sent = mutableListOf<MessageCursor>()
    private val kernel =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, method, _ ->
            if (method.name == "netAdmin") NetAdmin.MISSING else error("no test asks for ${method.name}")
        } as KernelView
    private val transport =
        object : NetlinkTransport by rig.clock {
            override fun open(protocol: Int): NetlinkSocket {
                protocol shouldBe Netlink.NETLINK_NETFILTER
                return object : NetlinkSocket by rig.socket {
                    override fun set(
                        option: SocketOption,
                        value: Int,
                    ) {
                        onSet()
                        options += option to value
                    }
                }
            }

            override fun kernel(): KernelView = this@TableRig.kernel

            override fun nanoTime(): Long = rig.now
        }

    init {
        rig.onSend = {
            sent +=
                MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN).also { m -> m.next() }
        }
    }

    fun open(): TableRequests = TableRequests.open(transport, "table of the test", 2)

    /** What a request throws that the kernel refuses. */
    fun refused(
        errno: Errno,
        request: TableRequests.() -> Unit,
    ): KernelRefusedException {
        val requests = open()
        rig.arrive(answer(1, errno.number()))
        return shouldThrow { requests.request() }
    }
}

private fun TableRequests.list(): Boolean = ask<RuntimeException>("list it", LIST, 0, { it.nfgenmsg(2, 0) }) {}

private fun TableRequests.probe() = probe("probe it", LIST, "load the module")

class TableRequestsSpec :
    FunSpec({
        test("a socket is asked to explain refusals, and closed if that fails") {
            val rig = TableRig()
            rig.open()
            rig.options shouldContainExactly listOf(SocketOption.EXT_ACK to 1, SocketOption.CAP_ACK to 1)
            rig.rig.socket.closed shouldBe false
            rig.onSet = { throw failure(Errno.EACCES) }
            shouldThrow<SystemCallException> { rig.open() }.errno() shouldBe Errno.EACCES
            rig.rig.socket.closed shouldBe true
        }

        test("a request has its flags and its body, and its messages are passed on") {
            val rig = TableRig()
            val requests = rig.open()
            val taken = mutableListOf<Int>()
            rig.rig.arrive(message(0x21, 1, flags = Netlink.NLM_F_DUMP_INTR), message(Netlink.NLMSG_DONE, 1))
            requests.ask<RuntimeException>("list it", LIST, Netlink.NLM_F_DUMP, { it.nfgenmsg(2, 5) }) {
                taken += it.type()
            } shouldBe true
            taken shouldContainExactly listOf(0x21)
            rig.rig.arrive(answer(2))
            requests.list() shouldBe false
            rig.sent.map { it.type() } shouldContainExactly listOf(LIST, LIST)
            rig.sent.map { it.flags() } shouldContainExactly
                listOf(Netlink.NLM_F_REQUEST or Netlink.NLM_F_DUMP, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK)
            rig.sent[0].resId() shouldBe 5
            requests.lend() shouldBe null
        }

        test("the refusals of a table have a cause: no entry, an entry already, no privilege") {
            for ((errno, refusal) in listOf(
                Errno.ENOENT to Refusal.NOT_FOUND,
                Errno.EEXIST to Refusal.EXISTS,
                Errno.EPERM to Refusal.NO_CAPABILITY,
                Errno.EINVAL to Refusal.UNKNOWN,
            )) {
                val refused = TableRig().refused(errno) { list() }
                refused.errno() shouldBe errno
                refused.refusal() shouldBe refusal
                refused.cure().isPresent shouldBe (errno != Errno.EINVAL)
            }
        }

        test("a probe finds out that the kernel does not know the table, and names what to do") {
            for (errno in listOf(Errno.EINVAL, Errno.EOPNOTSUPP)) {
                val refused = TableRig().refused(errno) { probe() }
                refused.refusal() shouldBe Refusal.NOT_SUPPORTED
                refused.message shouldContain "load the module"
            }
            TableRig().refused(Errno.EPERM) { probe() }.refusal() shouldBe Refusal.NO_CAPABILITY
            val rig = TableRig()
            val requests = rig.open()
            rig.rig.arrive(answer(1))
            requests.probe()
            val probe = rig.sent.single()
            probe.type() shouldBe LIST
            probe.length() shouldBe 20
            probe.resId() shouldBe 0
        }

        test("a request about an entry finds out whether there is one") {
            for ((answer, there) in listOf(answer(1) to true, answer(1, Errno.ENOENT.number()) to false)) {
                val rig = TableRig()
                rig.rig.arrive(answer)
                rig.open().sendIfThere("delete it", LIST) { it.nfgenmsg(2, 0) } shouldBe there
                val taken = mutableListOf<Int>()
                val asking = TableRig()
                val parts = if (there) arrayOf(message(0x21, 1), answer) else arrayOf(answer)
                asking.rig.arrive(*parts)
                asking.open().askIfThere("get it", LIST, { it.nfgenmsg(2, 0) }) { taken += it.type() } shouldBe there
                taken shouldContainExactly if (there) listOf(0x21) else listOf()
            }
            TableRig().refused(Errno.EPERM) { sendIfThere("delete it", LIST) { it.nfgenmsg(2, 0) } }.refusal() shouldBe
                Refusal.NO_CAPABILITY
        }

        test("closing requests closes their socket") {
            val rig = TableRig()
            rig.open().close()
            rig.rig.socket.closed shouldBe true
        }
    })
