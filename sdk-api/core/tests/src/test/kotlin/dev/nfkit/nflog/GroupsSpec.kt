// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.Refusal
import dev.nfkit.session.LoopRig
import dev.nfkit.session.answer
import dev.nfkit.session.message
import dev.nfkit.socket.GroupState
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetAdmin
import dev.nfkit.wire.MessageCursor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.reflect.Proxy
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Optional
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

private val DAMAGE = MalformedMessageException("here", 0, "more", "less")

/** The groups 4 and 5 of a session, without the session. */
private class GroupsRig(
    configure: NflogOptions.Builder.() -> Unit = {},
) {
    val loop = LoopRig()
    val sent = mutableListOf<MessageCursor>()
    var logger = "nf_log_ipv4"
    val restored = mutableListOf<String>()
    private val kernel =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, method, arguments ->
            when (method.name) {
                "nflogGroups" -> listOf(3, 4, 5).map { GroupState(it, 4_700L + it, 0, 2, 64, 0, 0) }
                "netAdmin" -> NetAdmin.HELD
                "owner", "namespaceId" -> Optional.empty<Any>()
                "logger" -> if (arguments.size == 1) logger else restored.add(arguments[1] as String)
                else -> error("no test asks for ${method.name}")
            }
        } as KernelView
    val groups =
        Groups(
            NflogOptions
                .builder()
                .group(
                    NflogGroup
                        .builder(4)
                        .bufferSize(3_776)
                        .copyRange(64)
                        .build(),
                ).group(
                    NflogGroup
                        .builder(5)
                        .bufferSize(65_536)
                        .copyRange(64)
                        .build(),
                ).apply(configure)
                .build(),
            1 shl 20,
            kernel,
        )

    init {
        loop.onSend = {
            sent +=
                MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN).also { m -> m.next() }
        }
    }

    fun open() = groups.open(loop.loop, ByteOrder.LITTLE_ENDIAN)

    fun statistics() = groups.statistics(loop.socket, loop.loop.inbound())
}

class GroupsSpec :
    FunSpec({
        test("each group has its buffer, the largest of which determines the datagrams, and no other group has one") {
            val rig = GroupsRig()
            rig.groups.bufferSize(4) shouldBe 3_776
            rig.groups.bufferSize(5) shouldBe 65_536
            rig.groups.largestDatagram() shouldBe 131_072
            shouldThrow<IllegalArgumentException> { rig.groups.bufferSize(6) }.message shouldContain
                "group 6 is not one"
        }

        test("loggers are claimed before groups are bound, and restored before they are unbound") {
            val rig = GroupsRig { claimLogger(AddressFamily.IPV4) }
            rig.groups.requestRest() // nothing is open yet
            rig.sent.size shouldBe 0
            repeat(3) { rig.loop.arrive(answer(it + 1L)) }
            rig.open()
            rig.sent.map { it.family() to it.resId() } shouldContainExactly listOf(2 to 0, 0 to 4, 0 to 5)
            rig.logger = "nfnetlink_log"
            rig.sent.clear()
            rig.loop.onSend = {
                rig.restored.size shouldBe 1
                rig.sent +=
                    MessageCursor().wrap(ByteBuffer.wrap(it), 0, it.size, ByteOrder.LITTLE_ENDIAN).also { m ->
                        m.next()
                    }
            }
            rig.groups.requestRest()
            rig.sent.map { it.resId() } shouldContainExactly listOf(4, 5)
            rig.sent.map { it.sequence() } shouldContainExactly listOf(4L, 5L)
            rig.groups.ended()
            rig.restored shouldContainExactly listOf("nf_log_ipv4")
        }

        test("an end without a stop restores the loggers too") {
            val rig = GroupsRig { claimLogger(AddressFamily.IPV4) }
            repeat(3) { rig.loop.arrive(answer(it + 1L)) }
            rig.open()
            rig.logger = "nfnetlink_log"
            rig.groups.ended()
            rig.restored shouldContainExactly listOf("nf_log_ipv4")
        }

        test("a refusal names the owner of the group that is refused, and restores the loggers") {
            val rig = GroupsRig { claimLogger(AddressFamily.IPV4) }
            rig.loop.arrive(answer(1))
            rig.loop.arrive(answer(2))
            rig.loop.script +=
                LoopRig.Step {
                    rig.logger = "nfnetlink_log"
                    listOf(answer(3, Errno.EPERM.number()))
                }
            val refused = shouldThrow<KernelRefusedException> { rig.open() }
            refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            refused.message shouldContain "bind NFLOG group 5"
            refused.message shouldContain "port 4705"
            rig.restored shouldContainExactly listOf("nf_log_ipv4")
        }

        test("damage is counted, and goes to the handler, or to the log each time that it has doubled") {
            val handled = mutableListOf<MalformedMessageException>()
            val handling = GroupsRig { onMalformed { handled += it } }
            handling.groups.malformed(DAMAGE)
            handled shouldContainExactly listOf(DAMAGE)
            val rig = GroupsRig()
            val lines = mutableListOf<String>()
            val logger = Logger.getLogger(NflogSession::class.java.name)
            val handler =
                object : Handler() {
                    override fun publish(record: LogRecord) {
                        lines += record.message
                    }

                    override fun flush() = Unit

                    override fun close() = Unit
                }
            logger.addHandler(handler)
            logger.useParentHandlers = false
            try {
                repeat(5) { rig.groups.malformed(DAMAGE) }
            } finally {
                logger.removeHandler(handler)
                logger.useParentHandlers = true
            }
            lines.map { it.substringAfter("found less ") } shouldContainExactly
                listOf("(1 so far)", "(2 so far)", "(4 so far)")
            rig.statistics().malformed() shouldBe 5
        }

        test("only packets count as discarded") {
            val rig = GroupsRig()
            for (type in listOf(NflogConfig.NFULNL_MSG_PACKET, NflogConfig.NFULNL_MSG_CONFIG)) {
                val bytes = message(type, 1, 4)
                rig.groups.discarded(
                    MessageCursor()
                        .wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN)
                        .also { it.next() },
                )
            }
            rig.statistics().discarded() shouldBe 1
        }
    })
