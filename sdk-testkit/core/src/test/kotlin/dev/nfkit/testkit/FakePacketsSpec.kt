// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Hook
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nftables.bytecode.Cmp
import dev.nfkit.nftables.bytecode.Compat
import dev.nfkit.nftables.bytecode.Constant
import dev.nfkit.nftables.bytecode.Diversion
import dev.nfkit.nftables.bytecode.Fib
import dev.nfkit.nftables.bytecode.Generator
import dev.nfkit.nftables.bytecode.Immediate
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.Log
import dev.nfkit.nftables.bytecode.Meta
import dev.nfkit.nftables.bytecode.MetaKey
import dev.nfkit.nftables.bytecode.Opaque
import dev.nfkit.nftables.bytecode.Payload
import dev.nfkit.nftables.bytecode.Queue
import dev.nfkit.nftables.bytecode.Reject
import dev.nfkit.nftables.bytecode.Stateful
import dev.nfkit.nftables.bytecode.Translation
import dev.nfkit.nftables.bytecode.Verdict
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private const val INPUT = 1
private const val POSTROUTING = 4
private const val UDP = 17
private const val QUEUE = 7

private val mark =
    { value: Int ->
        arrayOf<Instruction>(
            Immediate(
                1,
                Constant.of(
                    *ByteBuffer
                        .allocate(4)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value)
                        .array(),
                ),
            ),
            Meta.Set(MetaKey.MARK, 1),
        )
    }

private val counter = Stateful.Counter(0, 0)

/** Matches packets of UDP. */
private val udp =
    arrayOf<Instruction>(Meta.Load(MetaKey.L4PROTO, 1), Cmp(Cmp.Op.EQ, 1, Constant.of(UDP.toByte())))

private class Rules {
    val clock: TestClock = TestClock.manual()
    val kernel = FakeNetfilter(clock)
    val raw = RawRuleset(kernel)

    fun input(vararg rules: Array<out Instruction>): Rules {
        raw.table().chain("in", INPUT)
        rules.forEach { raw.rule("in", *it) }
        raw.commit() shouldBe emptyMap()
        return this
    }

    fun packet(): TestPacket =
        kernel
            .packets()
            .of(SamplePackets.udp4())
            .`in`("eth0")
            .out("eth1")
}

class FakePacketsSpec :
    FunSpec({
        test("without rules a packet passes all hooks") {
            val trace = Rules().packet().forward()
            trace.outcome() shouldBe PacketTrace.Outcome.ACCEPTED
            trace.steps().size shouldBe 0
            trace.hook() shouldBe Hook.POST_ROUTING
        }

        test("rules that match count and change the packet, and the policy ends the chain") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("in", INPUT, policy = 0)
                .rule("in", *udp, counter, *mark(7))
            rules.raw.rule("in", Meta.Load(MetaKey.IIFNAME, 1), Cmp(Cmp.Op.NEQ, 1, Constant.of(*"eth0".toByteArray())))
            rules.raw.commit() shouldBe emptyMap()
            val trace = rules.packet().toInput()
            trace.outcome() shouldBe PacketTrace.Outcome.DROPPED
            trace.mark() shouldBe 7
            trace.steps().map { "${it.table()} ${it.chain()} ${it.handle()} ${it.matched()}" } shouldContainExactly
                listOf("inet t in 2 true", "inet t in 3 false", "inet t in 0 true")
            trace.matched() shouldContainExactly listOf(2L)
            rules.raw.instructions().getValue("1 t in 0")[2] shouldBe
                Stateful.Counter(1, SamplePackets.udp4().size.toLong())
        }

        test("chains of one hook run in the order of their priorities, and drop ends all of them") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("late", INPUT, 10)
                .chain("early", INPUT, -10)
                .chain("between", INPUT, 0)
                .rule("late", counter)
                .rule("early", counter)
                .rule("between", Immediate.verdict(Verdict.DROP))
            rules.raw.commit() shouldBe emptyMap()
            val trace = rules.packet().at(Hook.LOCAL_IN)
            trace.steps().filter { it.handle() != 0L }.map { it.chain() } shouldContainExactly
                listOf("early", "between")
        }

        test("jumps return, and goto does not") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("a")
                .chain("b")
                .chain("in", INPUT)
                .rule("a", Immediate.verdict(Verdict.goTo("b")))
                .rule("a", *mark(1))
                .rule("b", *mark(2))
                .rule("in", Immediate.verdict(Verdict.jump("a")))
                .rule("in", counter)
            rules.raw.commit() shouldBe emptyMap()
            val trace = rules.packet().toInput()
            trace.mark() shouldBe 2
            trace.matched().size shouldBe 4
        }

        test("a circle of jumps is refused with EMLINK") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("a")
                .chain("b")
                .chain("in", INPUT)
                .rule("in", Immediate.verdict(Verdict.jump("a")))
                .rule("a", Immediate.verdict(Verdict.jump("b")))
                .rule("b", Immediate.verdict(Verdict.jump("a")))
            rules.raw
                .commit()
                .values
                .toSet() shouldBe setOf(31)
        }

        test("a logged packet reaches the session of its group") {
            val rules = Rules().input(arrayOf(Log("in: ", 30, null, null, null, null)))
            val prefixes = mutableListOf<String>()
            NflogSession.open(rules.kernel, NflogOptions.builder().group(30).build()).use { session ->
                val trace = rules.packet().toInput()
                trace.logs() shouldContainExactly listOf(PacketTrace.LoggedTo(30, "in: ", true))
                rules.clock.advance(Duration.ofSeconds(2))
                session.poll<RuntimeException>({ prefixes += it.prefix() }, Duration.ZERO)
            }
            prefixes shouldContainExactly listOf("in: ")
            rules.packet().toInput().logs() shouldContainExactly listOf(PacketTrace.LoggedTo(30, "in: ", false))
        }

        test("a queued packet goes on with the rest of the chains when it is accepted") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("in", INPUT)
                .chain("after", INPUT, 10)
                .rule("in", Queue.Numbered(QUEUE, 1, 0))
                .rule("in", *mark(1))
                .rule("after", counter, Meta.Load(MetaKey.MARK, 1))
            rules.raw.commit() shouldBe emptyMap()
            Listener(rules.kernel).use { listener ->
                val trace = rules.packet().toInput()
                trace.outcome() shouldBe PacketTrace.Outcome.WAITING
                trace.queues() shouldContainExactly listOf(QUEUE)
                listener.decide(1, NfqueueConfig.NF_ACCEPT, 9)
                trace.awaitEnd() shouldBe PacketTrace.Outcome.ACCEPTED
                trace.mark() shouldBe 9
                trace.steps().map { it.chain() } shouldContainExactly listOf("in", "after", "after")
                val other = rules.packet().toInput()
                listener.decide(2, NfqueueConfig.NF_DROP, 0)
                other.outcome() shouldBe PacketTrace.Outcome.DROPPED
                val again = rules.packet().toInput()
                listener.decide(3, NfqueueConfig.NF_REPEAT, 0)
                again.queues() shouldContainExactly listOf(QUEUE, QUEUE)
                listener.decide(4, NfqueueConfig.NF_ACCEPT, 0)
                again.outcome() shouldBe PacketTrace.Outcome.ACCEPTED
            }
        }

        test("without a listener a queued packet is dropped, or bypasses the queue") {
            Rules()
                .input(arrayOf(Queue.Numbered(QUEUE, 1, 0)))
                .packet()
                .toInput()
                .outcome() shouldBe
                PacketTrace.Outcome.DROPPED
            Rules()
                .input(arrayOf(Queue.Numbered(QUEUE, 1, Queue.BYPASS)))
                .packet()
                .toInput()
                .outcome() shouldBe
                PacketTrace.Outcome.ACCEPTED
        }

        test("the target NFQUEUE of iptables queues, too") {
            val info = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder())
            info.putShort(QUEUE.toShort()).putShort(1).putShort(0)
            val trace =
                Rules()
                    .input(arrayOf(Compat.Target("NFQUEUE", 3, Opaque.of(*info.array()))))
                    .packet()
                    .toInput()
            trace.queues() shouldContainExactly listOf(QUEUE)
        }

        test("removing a base chain drops the packets that wait in all queues") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("in", INPUT)
                .chain("other", INPUT)
                .rule("in", Queue.Numbered(QUEUE, 1, 0))
            rules.raw.commit() shouldBe emptyMap()
            Listener(rules.kernel).use {
                val trace = rules.packet().toInput()
                rules.raw.message(MessageTypes.DELCHAIN, flags = 0) { string(1, "t").string(3, "other") }
                rules.raw.commit() shouldBe emptyMap()
                trace.outcome() shouldBe PacketTrace.Outcome.DROPPED
                rules.kernel
                    .nfqueue()
                    .decided()
                    .single()
                    .departure() shouldBe DecidedPacket.Departure.HOOK_REMOVED
            }
        }

        test("a limit refills by the fake's clock") {
            val rules =
                Rules().input(
                    arrayOf<Instruction>(Stateful.Limit(1, 1, 2, false, 0), Immediate.verdict(Verdict.ACCEPT)),
                    arrayOf(Immediate.verdict(Verdict.DROP)),
                )

            fun passes() = rules.packet().toInput().outcome() == PacketTrace.Outcome.ACCEPTED
            List(3) { passes() } shouldContainExactly listOf(true, true, false)
            rules.clock.advance(Duration.ofSeconds(1))
            List(2) { passes() } shouldContainExactly listOf(true, false)
        }

        test("addresses and ports are translated once for a new connection, with correct checksums") {
            val rules = Rules()
            val target = InetAddress.getByName("198.51.100.9").address
            rules.raw
                .table()
                .chain("dnat", 0, -100, "nat")
                .chain("snat", POSTROUTING, 100, "nat")
                .rule(
                    "dnat",
                    *udp,
                    Immediate(1, Constant.of(*target)),
                    Immediate(2, Constant.of(0x1f, 0x90.toByte())),
                    Translation.Nat(
                        Translation.Nat.Type.DNAT,
                        dev.nfkit.AddressFamily.IPV4,
                        1,
                        null,
                        2,
                        null,
                        Translation.MAP_IPS or Translation.PROTO_SPECIFIED,
                    ),
                ).rule("snat", Translation.Masq(null, null, null))
            rules.raw.commit() shouldBe emptyMap()
            val packet = rules.packet().out("eth1", 3, InetAddress.getByName("203.0.113.1"))
            val trace = packet.forward()
            trace.translations() shouldContainExactly listOf("dnat", "snat")
            val bytes = trace.bytes().toArray()
            bytes.copyOfRange(16, 20) shouldBe target
            bytes.copyOfRange(12, 16) shouldBe InetAddress.getByName("203.0.113.1").address
            (((bytes[22].toInt() and 0xff) shl 8) or (bytes[23].toInt() and 0xff)) shouldBe 8080
            val checksums = dev.nfkit.packet.PacketChecksums()
            checksums.wrap(trace.bytes()) shouldBe true
            (((bytes[26].toInt() and 0xff) shl 8) or (bytes[27].toInt() and 0xff)) shouldBe checksums.computeTransport()
            val established = packet.connection(TestPacket.ConnectionState.ESTABLISHED).forward()
            established.translations().size shouldBe 0
        }

        test("a rejected packet is dropped, and the trace has the reason") {
            val trace = Rules().input(arrayOf(Reject(Reject.Type.ICMPX_UNREACH, 3))).packet().toInput()
            trace.outcome() shouldBe PacketTrace.Outcome.DROPPED
            trace.rejected().get() shouldBe "icmpx 3"
        }

        test("what the test states about routes answers fib, and without it the evaluation fails by name") {
            val rules =
                Rules().input(
                    arrayOf(
                        Fib(Fib.Result.ADDRTYPE, Fib.SADDR, 1),
                        Cmp(Cmp.Op.EQ, 1, Constant.of(2, 0, 0, 0)),
                        *mark(5),
                    ),
                )
            rules
                .packet()
                .routes { it.source(2, "lo") }
                .toInput()
                .mark() shouldBe 5
            rules
                .packet()
                .routes { it.source(1, "eth0") }
                .toInput()
                .mark() shouldBe 0
            shouldThrow<AssertionError> { rules.packet().toInput() }.message shouldContain "fib saddr type"
        }

        test("notrack before connection tracking leaves the packet without a connection") {
            val rules = Rules()
            rules.raw
                .table()
                .chain("raw", 0, -300)
                .rule("raw", Diversion.Notrack())
            rules.raw.commit() shouldBe emptyMap()
            val trace = rules.packet().toInput()
            trace.untracked() shouldBe true
        }

        test("what is not modelled fails by name when a packet reaches it") {
            val rules = Rules().input(arrayOf(Generator.Symhash(1, 4, 0)))
            shouldThrow<AssertionError> { rules.packet().toInput() }.message shouldContain "symhash"
            val bridge = Rules().input(arrayOf(Meta.Load(MetaKey.BRI_IIFNAME, 1)))
            shouldThrow<AssertionError> { bridge.packet().toInput() }.message shouldContain "meta bri_iifname"
        }

        test("a packet that is not IP is refused") {
            shouldThrow<IllegalArgumentException> { FakeNetfilter().packets().of(byteArrayOf(1, 2, 3)) }
        }

        test("a later fragment's data is taken for the ports, as the kernel does, but not for more of the header") {
            val fragment = SamplePackets.udp4()
            fragment[7] = 4 // the offset of the fragment, in units of 8 bytes
            val first = Meta.Load(MetaKey.L4PROTO, 1)
            val rules =
                Rules().input(
                    arrayOf(first, Payload.Load(Payload.Base.TRANSPORT, 2, 2, 1), *mark(1)),
                    arrayOf(first, Payload.Load(Payload.Base.TRANSPORT, 0, 8, 1), *mark(2)),
                    arrayOf(first, Payload.Load(Payload.Base.TRANSPORT, 1, 2, 1), *mark(3)),
                )
            val trace =
                rules.kernel
                    .packets()
                    .of(fragment)
                    .`in`("eth0")
                    .toInput()
            trace.mark() shouldBe 1
        }

        test("bytes of the packet are read at all headers") {
            val link = ByteArray(14) { it.toByte() }
            val rules =
                Rules().input(
                    arrayOf(
                        Payload.Load(Payload.Base.LINK, 0, 6, 1),
                        Cmp(Cmp.Op.EQ, 1, Constant.of(*link.copyOf(6))),
                        *mark(1),
                    ),
                    arrayOf(
                        Payload.Load(Payload.Base.TRANSPORT, 0, 2, 1),
                        Cmp(Cmp.Op.EQ, 1, Constant.of(*SamplePackets.udp4().copyOfRange(20, 22))),
                        *mark(2),
                    ),
                )
            rules
                .packet()
                .link(*link)
                .toInput()
                .matched()
                .size shouldBe 2
            rules
                .packet()
                .toInput()
                .matched()
                .size shouldBe 1
        }
    })

/** Binds the queue and decides by hand. */
private class Listener(
    kernel: FakeNetfilter,
) : AutoCloseable {
    private val socket = kernel.open(Netlink.NETLINK_NETFILTER)
    private val batch = DatagramBatch(8, 65536)

    init {
        send(NfqueueConfig.NFQNL_MSG_CONFIG) { bytes(NfqueueConfig.NFQA_CFG_CMD, 1, 0, 0, 0) }
        send(NfqueueConfig.NFQNL_MSG_CONFIG) { bytes(NfqueueConfig.NFQA_CFG_PARAMS, 0, 0, -1, -1, 2) }
    }

    private fun send(
        type: Int,
        content: MessageWriter.() -> Unit,
    ) {
        val writer = MessageWriter(4096, ByteOrder.nativeOrder())
        writer.begin(type, Netlink.NLM_F_REQUEST, 1).nfgenmsg(0, QUEUE)
        writer.content()
        socket.send(writer.end().datagram())
    }

    fun decide(
        id: Int,
        verdict: Int,
        mark: Long,
    ) = send(NfqueueConfig.NFQNL_MSG_VERDICT) {
        bytes(
            2,
            *ByteBuffer
                .allocate(8)
                .putInt(verdict)
                .putInt(id)
                .array(),
        )
        if (mark != 0L) be32(3, mark)
    }

    override fun close() {
        socket.receive(batch, 0)
        socket.close()
    }
}
