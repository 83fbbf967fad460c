// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.NetlinkException
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import java.net.Inet4Address
import java.net.InetAddress
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** Time for a client to connect after an answer that it must not cache, and to try once or twice more. */
private val SHORTEST = 10.seconds
private val LONGEST = 1.days

/**
 * Queries reach the given servers only, even over the loopback device: so all answers to tracked queries are theirs. DNS
 * over TCP is refused because its answers are not read.
 */
private fun rules(servers: Iterable<InetAddress>) =
    """
    table inet nfkit-dns {
        flags owner
        set allowed4 { type ipv4_addr; size 65536; flags timeout; }
        set allowed6 { type ipv6_addr; size 65536; flags timeout; }
        chain refused {
            counter
            meta l4proto tcp reject with tcp reset
            reject with icmpx admin-prohibited
        }
        chain servers {
            ${servers.joinToString("\n") { "udp dport 53 ${it.family} daddr ${it.hostAddress} accept" }}
            goto refused
        }
        chain egress {
            meta l4proto { tcp, udp } th dport 53 ct direction original jump servers
            oifname "lo" accept
            ct state established,related accept
            ip daddr @allowed4 accept
            ip6 daddr @allowed6 accept
            icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
            goto refused
        }
        chain output {
            type filter hook output priority filter; policy accept;
            jump egress
        }
        chain forward {
            type filter hook forward priority filter; policy accept;
            jump egress
        }
    }
    """

private val InetAddress.family get() = if (this is Inet4Address) "ip" else "ip6"

/**
 * Rules that let packets out to some addresses only, each for a time. They are in force from the construction on, until
 * this is closed or the process ends.
 */
internal class AllowedAddresses(
    private val transport: NetlinkTransport,
    servers: Iterable<InetAddress>,
) : AutoCloseable {
    private class Request(
        val times: Map<InetAddress, Duration>,
    ) {
        val committed = CompletableDeferred<Boolean>()
    }

    private val nftables: Nftables
    private val sets: Map<String, NftSet>
    private val requests = Channel<Request>(Channel.BUFFERED)

    /** When the elements of the sets expire, by the transport's clock in nanoseconds. */
    private val ends = mutableMapOf<InetAddress, Long>()
    private var cleaned = transport.nanoTime()

    init {
        val ruleset = Ruleset.parse(rules(servers))
        sets =
            ruleset
                .tables()
                .single()
                .sets()
                .associateBy { it.name() }
        nftables = Nftables.open(transport)
        try {
            nftables.commit(Batch().add(ruleset))
        } catch (e: NetlinkException) {
            nftables.use { throw e }
        }
    }

    /** Allows addresses for a time. Returns when packets to them pass, or false if the kernel refuses it. */
    suspend fun allow(times: Map<InetAddress, Duration>): Boolean {
        val request = Request(times)
        requests.send(request)
        return request.committed.await()
    }

    /**
     * Commits what is requested, until it is cancelled: all that came during one commit with the next one. Its thread
     * waits for the kernel.
     */
    suspend fun commitRequests() {
        for (first in requests) {
            val together = generateSequence(first) { requests.tryReceive().getOrNull() }.toList()
            val committed = commit(together.map { it.times })
            together.forEach { it.committed.complete(committed) }
        }
    }

    /** Never makes the time of an address shorter: another client may still use the answer that gave it. */
    private fun commit(requested: List<Map<InetAddress, Duration>>): Boolean {
        val now = transport.nanoTime()
        val times =
            requested
                .flatMap { it.entries }
                .groupBy({ it.key }, { it.value.coerceIn(SHORTEST, LONGEST) })
                .mapValues { it.value.max() }
                .filter { (address, time) -> ends[address].let { it == null || (it - now).nanoseconds < time } }
        if (times.isEmpty()) return true
        val (ipv4, ipv6) = times.entries.partition { it.key is Inet4Address }
        val batch = Batch().replace("allowed4", ipv4).replace("allowed6", ipv6)
        try {
            nftables.commit(batch)
        } catch (e: NetlinkException) {
            System.err.println("Dropped ${requested.size} answers: ${e.message}")
            return false
        }
        times.forEach { (address, time) -> ends[address] = now + time.inWholeNanoseconds }
        if ((now - cleaned).nanoseconds > SHORTEST) {
            ends.values.removeIf { it - now < 0 }
            cleaned = now
        }
        return true
    }

    /** Kernels before 6.12 ignore the timeout of an element that exists, so it is replaced, in the same batch. */
    private fun Batch.replace(
        set: String,
        times: List<Map.Entry<InetAddress, Duration>>,
    ): Batch {
        if (times.isEmpty()) return this
        val elements = times.map { (key, time) -> SetElement.of(Constant.address(key)).timeout(time.toJavaDuration()) }
        val added = SetElements.of(sets.getValue(set), elements)
        return add(added).delete(added).add(added)
    }

    override fun close() {
        nftables.close()
    }
}
