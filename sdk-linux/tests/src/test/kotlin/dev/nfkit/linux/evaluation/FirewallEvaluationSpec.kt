// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.linux.Namespace
import dev.nfkit.linux.address
import dev.nfkit.linux.needsNft
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.bytecode.Compat
import dev.nfkit.nftables.bytecode.Opaque
import dev.nfkit.nftables.bytecode.Queue
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.RawRuleset
import dev.nfkit.testkit.TestPacket
import dev.nfkit.testkit.copyRuleset
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.time.Duration
import java.util.Random
import java.util.concurrent.TimeUnit
import kotlin.random.asKotlinRandom

private const val UNICAST = 1
private const val LOCAL = 2

/** The rule that counts all packets but those of the kernel itself. */
private const val RAW = "1 t raw 0"
private val PATIENCE = Duration.ofSeconds(5)

/**
 * Random firewalls with translation, queues and chains at all hooks: the fake and this kernel count the same packets in
 * each rule, and let the same bytes pass, with the same marks and devices.
 */
class FirewallEvaluationSpec :
    FunSpec({
        test("the fake takes packets through firewalls as this kernel does").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                Router(namespace).use { router ->
                    Listeners(namespace.transport).use { listeners ->
                        val known = KnownConnections(namespace.transport)
                        val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BUDGET_SECONDS)
                        var seed = FIRST_SEED
                        var refused = 0
                        val pairs = mutableMapOf<Way, Int>()
                        var passed = 0
                        val differences = mutableListOf<String>()
                        while ((System.nanoTime() < stop || pairs.isEmpty()) && differences.size < 3) {
                            val firewall = Firewall(namespace, router, listeners, known, seed++)
                            val compared = firewall.compare()
                            if (compared == null) {
                                refused++
                            } else {
                                pairs.merge(firewall.shape.way, PACKETS, Int::plus)
                                passed += firewall.passed
                                differences += compared
                            }
                        }
                        known.close()
                        differences.forEach(::println)
                        println(
                            "firewalls: ${pairs.values.sum()} pairs $pairs, $passed passed, $refused refused by nft",
                        )
                        differences.shouldBeEmpty()
                        withClue("firewalls that nft refuses") { (refused <= (seed - FIRST_SEED) / 2) shouldBe true }
                    }
                }
            }
        }
    })

/** The sessions that get what passes, and what is queued. */
private class Listeners(
    transport: NetlinkTransport,
) : AutoCloseable {
    private val end =
        NflogSession.open(transport, NflogOptions.builder().group(END_GROUP) { it.threshold(1) }.build())
    private val queue = NfqueueSession.open(transport, NfqueueOptions.builder().queue(FIREWALL_QUEUE).build())

    /** The packets that have passed, as text; waits for a number of them. */
    fun passed(atLeast: Int): List<String> {
        val found = mutableListOf<String>()
        val stop = System.nanoTime() + PATIENCE.toNanos()
        do {
            end.poll<RuntimeException>({ found += text(it) }, Duration.ZERO)
        } while (found.size < atLeast && System.nanoTime() < stop)
        while (end.poll<RuntimeException>({ found += text(it) }, Duration.ZERO) > 0) {
            // what is more than expected
        }
        return found
    }

    private fun text(packet: NflogPacket): String {
        val devices =
            listOf(NflogAttribute.IFINDEX_INDEV, NflogAttribute.IFINDEX_OUTDEV).map {
                if (packet.has(it)) packet.bytes(it).u32(0) else 0
            }
        val owner = if (packet.has(NflogAttribute.UID)) packet.uid() else -1
        return "${packet.prefix()} ${packet.hook()} mark ${packet.mark()} devices $devices uid $owner " +
            packet.payload().toHex()
    }

    /** Decides queued packets until a number of them were decided. */
    fun decide(count: Int): Int {
        var decided = 0
        val stop = System.nanoTime() + PATIENCE.toNanos()
        while (decided < count && System.nanoTime() < stop) {
            decided += queue.poll<RuntimeException>(::decision, if (count == 1) PATIENCE else Duration.ZERO)
        }
        return decided
    }

    /** What waits although nothing should. */
    fun unexpected(): Int = queue.poll<RuntimeException>(::decision, Duration.ZERO)

    /** Depends on the packet only, so that both kernels get the same verdict. */
    private fun decision(packet: QueuedPacket): Verdict {
        val bytes = packet.payload().toArray()
        return when (bytes.contentHashCode() and 7) {
            0, 1 -> {
                Verdict.DROP
            }

            2 -> {
                packet.accept().mark(packet.mark() + 1)
            }

            3 -> {
                bytes[bytes.size - 1] = (bytes.last() + 1).toByte()
                packet.accept().payload(dev.nfkit.Bytes.of(*bytes))
            }

            else -> {
                Verdict.ACCEPT
            }
        }
    }

    override fun close() {
        end.close()
        queue.close()
    }
}

/** One firewall and its packets, on both kernels. */
private class Firewall(
    private val namespace: Namespace,
    private val router: Router,
    private val listeners: Listeners,
    private val known: KnownConnections,
    private val seed: Long,
) {
    private val random = Random(seed)
    val shape: FirewallShape = FirewallShape(random)
    private val text = RandomFirewalls(random, shape).ruleset()
    private val kernel = RawRuleset(namespace.transport)
    private val fake = FakeNetfilter()
    private val copy = RawRuleset(fake)
    var passed: Int = 0
        private set

    /** The differences; null if nft refuses the ruleset. */
    fun compare(step: Boolean = false): List<String>? {
        val file = Files.createTempFile("nfkit", ".nft")
        Files.writeString(file, "flush ruleset\n$text\n")
        val accepted = runCatching { namespace.exec("nft", "-f", "$file") }
        Files.delete(file)
        accepted.onFailure {
            if (System.getProperty("nfkit.evaluation.print") != null) println(it.message)
            return null
        }
        val info =
            ByteBuffer
                .allocate(8)
                .order(ByteOrder.nativeOrder())
                .putShort(FIREWALL_QUEUE.toShort())
                .putShort(1)
        kernel.rule("q", Compat.Target("NFQUEUE", 3, Opaque.of(*info.array())))
        if (kernel.commit().isNotEmpty()) { // not every kernel takes the target in this family
            kernel.rule("q", Queue.Numbered(FIREWALL_QUEUE, 1, 0))
            kernel.commit() shouldBe emptyMap()
        }
        withClue("the copy is refused, seed $seed") { copyRuleset(kernel, copy) shouldBe emptyMap() }
        Listeners(fake).use { own ->
            val packets = RandomPackets(random, shape.way.source, shape.way.destination)
            val connections = connections()
            var sent = 0L
            repeat(PACKETS) {
                val connection = if (random.nextInt(6) == 0) connections.randomOrNull(random.asKotlinRandom()) else null
                val packet =
                    connection?.let { RandomPacket(it.packet(ByteArray(random.nextInt(50))), true, false) }
                        ?: packets.next(false)
                router.send(shape.way, packet.bytes)
                val trace = evaluate(packet, connection)
                var waits = 0
                while (trace.outcome() == PacketTrace.Outcome.WAITING && waits++ < 10) {
                    own.decide(1)
                    if (listeners.decide(1) != 1) return problem(step, "the kernel has not queued packet $sent: $trace")
                }
                sent++
                if (connection != null && trace.wasTracked()) connection.mark = trace.connectionMark()
                if (step) {
                    val found = differences(own)
                    if (found.isNotEmpty()) {
                        return found + "packet $sent ${packet.bytes.toHexString()}" + "$trace" + text
                    }
                }
            }
            if (listeners.unexpected() > 0) return problem(step, "the kernel has queued more packets")
            val found = differences(own)
            return if (found.isEmpty()) found else problem(step, found.joinToString("\n"))
        }
    }

    /** Connections that packets may belong to: rules must not give them what stays, except marks. */
    private fun connections(): List<KnownConnection> {
        val stays = "ct label set" in text || "ct zone set" in text
        return if (shape.tracked && !stays) known.of(shape.way) else emptyList()
    }

    private fun PacketTrace.wasTracked(): Boolean = !untracked() && steps().any { it.chain() == "raw" }

    private fun problem(
        step: Boolean,
        what: String,
    ): List<String> {
        if (step) return listOf("seed $seed: $what\n$text")
        while (listeners.unexpected() > 0) {
            // an earlier packet
        }
        listeners.passed(0)
        val again = Firewall(namespace, router, listeners, known, seed).compare(true).orEmpty()
        return listOf(again.ifEmpty { listOf("seed $seed, not repeated: $what") }.joinToString("\n"))
    }

    /** The rules and passed packets that differ so far. */
    private fun differences(own: Listeners): List<String> {
        val computed = copy.instructions()
        val counted = kernel.settled(RAW, computed.packets(RAW))
        val rules = differing(seed, counted, computed)
        val expected = own.passed(0)
        passed += expected.size
        val found = listeners.passed(expected.size)
        if (found == expected) return rules
        val at =
            found.zip(expected).indexOfFirst { (one, other) -> one != other }.let {
                if (it <
                    0
                ) {
                    minOf(found.size, expected.size)
                } else {
                    it
                }
            }
        return rules + "seed $seed, passed packet $at of ${found.size} and ${expected.size}:\n" +
            "kernel ${found.getOrNull(at)}\nfake   ${expected.getOrNull(at)}"
    }

    private fun evaluate(
        packet: RandomPacket,
        connection: KnownConnection?,
    ): PacketTrace {
        val state = if (packet.valid) TestPacket.ConnectionState.NEW else TestPacket.ConnectionState.INVALID
        val four = packet.bytes[0].toInt() shr 4 == 4
        val sent =
            fake
                .packets()
                .of(packet.bytes)
                .connection(state)
                .out("e0", router.outIndex, address(OUT4), address(OUT6))
        if (connection != null) {
            sent.connection(TestPacket.ConnectionState.ESTABLISHED) {
                it.mark(connection.mark).status(KNOWN_STATUS)
                if (connection.reply) it.reply()
            }
        }
        return when (shape.way) {
            Way.INPUT -> {
                arriving(sent, packet)
                    .routes { it.source(UNICAST, "d0").destination(LOCAL, null) }
                    .toInput()
            }

            Way.FORWARD -> {
                arriving(sent, packet)
                    .routes {
                        it.source(UNICAST, "d0").destination(UNICAST, "e0")
                        it.nextHop(address(if (four) GATEWAY4 else GATEWAY6))
                    }.forward()
            }

            Way.OUTPUT -> {
                sent
                    .owner(0, 0)
                    .routes {
                        it.source(LOCAL, null).destination(UNICAST, "e0")
                        it.nextHop(address(if (four) GATEWAY4 else GATEWAY6))
                    }.fromOutput()
            }
        }
    }

    private fun arriving(
        sent: TestPacket,
        packet: RandomPacket,
    ): TestPacket =
        sent
            .`in`("d0", router.near.index, address(LOCAL4), address(LOCAL6))
            .link(*router.near.header(packet.bytes))
}
