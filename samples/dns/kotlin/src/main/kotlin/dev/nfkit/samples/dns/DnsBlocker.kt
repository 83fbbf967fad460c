package dev.nfkit.samples.dns

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpSummary
import dev.nfkit.packet.PacketEditor
import kotlinx.coroutines.runBlocking

/**
 * Blocks the given domains: rewrites DNS answers about them, or about a subdomain, to "no such name". Ctrl-C ends it.
 *
 *     iptables -A INPUT -p udp --sport 53 -j NFQUEUE --queue-num 53 --queue-bypass
 */
public fun main(vararg blocked: String) {
    val main = Thread.currentThread()
    runBlocking {
        LinuxTransport.current().useNfqueue({
            queue(53) { failOpen = true }
            failureVerdict = Verdict.ACCEPT // better to allow a name too many than to block all of them
        }) {
            Runtime.getRuntime().addShutdownHook(Thread { stop().also { main.join() } })
            decide { packet -> if (blocked.any { packet.isAbout(it) }) packet.noSuchName() else Verdict.ACCEPT }
        }
    }
}

private fun QueuedPacket.isAbout(domain: String) = ".${dns()?.name()}".endsWith(".$domain", ignoreCase = true)

private fun QueuedPacket.dns(): Bytes? {
    val ip = IpSummary()
    return BytesView().takeIf { ip.wrap(payload()) && ip.payload(it) && it.length() >= 12 && it.u16(4) == 1 }
}

/** The labels of the one question, which follows the header; null if it is cut. */
private fun Bytes.name(): String? {
    val labels = mutableListOf<String>()
    var at = 12
    while (at < length() && u8(at) in 1..63 && at + u8(at) < length()) {
        labels += String(slice(at + 1, u8(at)).toArray(), Charsets.ISO_8859_1)
        at += 1 + u8(at)
    }
    return labels.joinToString(".").takeIf { at + 5 <= length() && u8(at) == 0 }
}

/** The packet with only its question, and the response code NXDOMAIN. */
private fun QueuedPacket.noSuchName(): Verdict {
    val message = checkNotNull(dns()).toArray()
    val questionEnd = message.indices.first { it >= 12 && message[it] == 0.toByte() } + 5
    message[3] = (message[3].toInt() and 0xf0 or 3).toByte()
    message.fill(0, fromIndex = 6, toIndex = 12) // no answers, authorities and additional records
    val changed = PacketEditor().edit(payload(), checksumNotReady()).payload(message.copyOf(questionEnd)).result()
    return accept().payload(changed)
}
