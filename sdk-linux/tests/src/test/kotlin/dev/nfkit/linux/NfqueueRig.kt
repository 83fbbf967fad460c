// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** The port that the rules of these tests apply to. */
internal const val PORT = 4000

/** A namespace for one test, with its loopback enabled. */
internal fun <T> withLoopback(block: Namespace.() -> T): T =
    Namespace().use { namespace ->
        namespace.exec("ip", "link", "set", "lo", "up")
        namespace.block()
    }

/** Creates something inside, such as a socket, which stays there. */
internal fun <T : Any> Namespace.inside(make: () -> T): T =
    NamespaceEntry.Other(NetworkNamespace.named(name)).call { make() }

internal fun Namespace.iptables(rule: String): String = exec("iptables", *rule.split(' ').toTypedArray())

/** Queues the UDP packets of the port in a chain. */
internal fun Namespace.queueUdp(
    chain: String,
    more: String = "--queue-num 0",
    table: String = "filter",
    match: String = "",
) = iptables("-t $table -A $chain -p udp --dport $PORT $match-j NFQUEUE $more")

/** Counts the UDP packets of the port that reach the end of a chain. */
internal fun Namespace.countUdp(
    chain: String,
    match: String = "",
    table: String = "filter",
) = iptables("-t $table -A $chain -p udp --dport $PORT $match-m comment --comment counted")

/** The number that [countUdp] has counted in a chain. */
internal fun Namespace.counted(
    chain: String,
    table: String = "filter",
): Long =
    iptables("-t $table -nvxL $chain")
        .lines()
        .single { "/* counted */" in it }
        .trim()
        .substringBefore(' ')
        .toLong()

internal fun Namespace.open(configure: NfqueueOptions.Builder.() -> Unit): NfqueueSession =
    NfqueueSession.open(transport, NfqueueOptions.builder().apply(configure).build())

/** The number of packets that wait in a queue, as the kernel reports it. */
internal fun Namespace.waiting(queue: Int): Long =
    transport
        .kernel()
        .nfqueues()
        .single { it.queue() == queue }
        .waiting()

/** Polls until the given number of packets were decided. */
internal fun NfqueueSession.decide(
    count: Int,
    decider: (QueuedPacket) -> Verdict,
) {
    var seen = 0
    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
    while (seen < count) {
        check(System.nanoTime() < stop) { "only $seen of $count packets came: ${statistics()}" }
        seen += poll<RuntimeException>({ decider(it) }, Duration.ofSeconds(1))
    }
    seen shouldBe count
}

/** Decides the given number of packets equally. Returns owned ones. */
internal fun NfqueueSession.take(
    count: Int,
    verdict: Verdict = Verdict.ACCEPT,
): List<QueuedPacket> {
    val taken = mutableListOf<QueuedPacket>()
    decide(count) {
        taken += it.copy()
        verdict
    }
    return taken
}

/** Holds the given number of packets. */
internal fun NfqueueSession.hold(count: Int): List<QueuedPacket> {
    val held = mutableListOf<QueuedPacket>()
    decide(count) {
        held += it.hold()
        Verdict.HELD
    }
    return held
}

/** Polls repeatedly, for the kernel's answers, until a condition is true. */
internal fun NfqueueSession.pollUntil(
    what: String,
    condition: (NfqueueStatistics) -> Boolean,
) = eventually(what) {
    poll<RuntimeException>({ error("no packet was expected: $it") }, Duration.ofMillis(1))
    condition(statistics())
}

/** Every packet got one verdict, and is counted once. */
internal fun NfqueueStatistics.shouldAddUp() {
    received().delivered() + received().discarded() shouldBe
        decided() + answered() + failed() + forgotten() + expired() + settled() + held()
}

/** Runs a session on a separate thread; [join] returns its result. */
internal class Running(
    session: NfqueueSession,
    decider: (QueuedPacket) -> Verdict,
) {
    private val outcome = java.util.concurrent.CompletableFuture<Long>()
    private val runner =
        thread(isDaemon = true) {
            try {
                outcome.complete(session.run<RuntimeException> { decider(it) })
            } catch (e: Throwable) {
                outcome.completeExceptionally(e)
            }
        }

    fun join(): Long = outcome.get(BOUND_SECONDS, TimeUnit.SECONDS).also { runner.join() }
}

/**
 * Sends UDP from inside a namespace. Packets that wait in a queue after OUTPUT count against their socket's send
 * buffer, which is full with some 270 of them: more packets need several sockets.
 */
internal class UdpSender(
    namespace: Namespace,
    address: String = "127.0.0.1",
    sockets: Int = 1,
) : AutoCloseable {
    private val sockets = namespace.inside { List(sockets) { DatagramSocket() } }
    private val target = InetSocketAddress(InetAddress.getByName(address), PORT)
    private var turn = 0

    /** The port of the first socket. */
    val port: Int get() = sockets[0].localPort

    fun send(bytes: ByteArray) = sockets[turn++ % sockets.size].send(DatagramPacket(bytes, bytes.size, target))

    fun send(
        count: Int,
        size: Int = 100,
    ) {
        val bytes = ByteArray(size)
        repeat(count) { send(bytes) }
    }

    override fun close() = sockets.forEach { it.close() }
}

/** Receives UDP inside a namespace, as a real peer does, with the checksum verified by the kernel. */
internal class UdpReceiver(
    namespace: Namespace,
    address: String = "0.0.0.0",
) : AutoCloseable {
    private val socket = namespace.inside { DatagramSocket(InetSocketAddress(address, PORT)) }
    private val buffer = ByteArray(65_536)

    fun receive(): ByteArray {
        socket.soTimeout = TimeUnit.SECONDS.toMillis(BOUND_SECONDS).toInt()
        val packet = DatagramPacket(buffer, buffer.size)
        socket.receive(packet)
        return buffer.copyOf(packet.length)
    }

    /** Whether no packet waits. */
    fun isEmpty(): Boolean {
        socket.soTimeout = 1
        return runCatching { socket.receive(DatagramPacket(buffer, buffer.size)) }.isFailure
    }

    override fun close() = socket.close()
}

/**
 * Two namespaces with a link between them: packets from one to the other leave the host from the kernel's point of
 * view.
 */
internal class Wire : AutoCloseable {
    val left = Namespace()
    val right = Namespace()

    init {
        left.exec("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", right.name)
        for ((namespace, address) in listOf(left to LEFT, right to RIGHT)) {
            namespace.exec("ip", "address", "add", "$address/24", "dev", "wire")
            namespace.exec("ip", "link", "set", "wire", "up")
        }
    }

    override fun close() {
        right.close()
        left.close()
    }

    companion object {
        const val LEFT = "10.9.0.1"
        const val RIGHT = "10.9.0.2"
    }
}
