// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.coroutines.NfqueueScope
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.kotlin.ip
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.PacketRule
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.xbill.DNS.Address
import org.xbill.DNS.Message
import org.xbill.DNS.ResolverConfig
import java.net.InetAddress
import kotlin.system.exitProcess
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Replies to queries that the rules let out, whether the client is this host or one that it forwards for. */
private val ANSWERS = PacketRule.of("udp sport 53 ct state established ct direction reply").hooks("input", "forward")

private const val SERVER = "--server"

/**
 * Lets packets out only to hosts that are allowed by name. Ctrl-C ends it.
 *
 * @param arguments `--server ADDRESS` for each DNS server, by default those of `/etc/resolv.conf`; and names:
 *     `example.com`, or `*.example.com` for all names below it
 */
public fun main(vararg arguments: String) {
    val given =
        arguments
            .toList()
            .zipWithNext()
            .filter { it.first == SERVER }
            .map { it.second }
    val patterns = arguments.filterIndexed { at, it -> it != SERVER && arguments.getOrNull(at - 1) != SERVER }
    if (patterns.isEmpty() || arguments.last() == SERVER) {
        System.err.println("usage: NameGate [--server ADDRESS]... NAME...")
        exitProcess(2)
    }
    val configured by lazy { ResolverConfig.getCurrentConfig().servers().map { it.address } }
    val servers = given.map { Address.getByAddress(it) }.ifEmpty { configured }
    val main = Thread.currentThread()
    runBlocking {
        LinuxTransport.current().nameGate(AllowedNames(patterns), servers) {
            Runtime.getRuntime().addShutdownHook(Thread { stop().also { main.join() } })
            println("Allowing ${patterns.joinToString()}")
        }
    }
}

/**
 * An answer of a DNS server waits in the queue until its addresses are in the set of allowed ones, and goes on then: the
 * first packet to such an address always passes. It fails closed: an answer whose addresses cannot be allowed is dropped,
 * so its client asks again. A malformed answer goes on, since it allows nothing.
 *
 * @param started called when the rules are in force
 */
internal suspend fun NetlinkTransport.nameGate(
    names: AllowedNames,
    servers: List<InetAddress>,
    started: NfqueueScope.() -> Unit = {},
) {
    useNfqueue({
        queue(53)
        rule(ANSWERS)
        deadline = 2.seconds
    }) {
        AllowedAddresses(this@nameGate, servers).use { allowed ->
            coroutineScope {
                val commits = launch(Dispatchers.IO) { allowed.commitRequests() }
                started()
                decide(concurrency = 1024) { packet ->
                    val found = packet.addresses(names)
                    if (found.isEmpty() || allowed.allow(found)) Verdict.ACCEPT else Verdict.DROP
                }
                commits.cancel()
            }
        }
    }
}

private fun QueuedPacket.addresses(names: AllowedNames): Map<InetAddress, Duration> =
    try {
        ip?.payload?.let { Message(it.toArray()).addresses(names) }.orEmpty()
    } catch (_: Exception) {
        // It is malformed; and a bug of the parser must not end the filter.
        emptyMap()
    }
