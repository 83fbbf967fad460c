// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.linux.LinuxTransport
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.socket.NetAdmin
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.util.concurrent.TimeUnit

private const val PAYLOAD_OFFSET = 28 // after the headers of IPv4 and UDP

/** A network namespace with rules of iptables and a loopback device, for the duration of a test. */
internal class Namespace(
    vararg rules: String,
) : AutoCloseable {
    private val name = "nfkit-kt-${ProcessHandle.current().pid()}-${System.nanoTime()}"
    val transport: LinuxTransport = LinuxTransport.of(NetworkNamespace.named(name))

    init {
        run("ip", "netns", "add", name)
        try {
            exec("ip", "link", "set", "lo", "up")
            rules.forEach { iptables(it) }
        } catch (e: IllegalStateException) {
            close()
            throw e
        }
    }

    /**
     * Sends datagrams that contain one letter each. No process listens: the kernel's ICMP error may arrive late, at a
     * new socket that has the same port by chance, and then fails its first write, which sends nothing.
     */
    fun send(letters: String) {
        val script = letters.map { "printf $it > /dev/udp/127.0.0.1/9 || printf $it > /dev/udp/127.0.0.1/9" }
        exec("bash", "-c", script.joinToString("\n"))
    }

    /** Waits for the lock, which legacy iptables has for all namespaces: other modules' tests run concurrently. */
    fun iptables(arguments: String) = exec("iptables", "-w", *arguments.split(' ').toTypedArray())

    private fun exec(vararg command: String) = run("ip", "netns", "exec", name, *command)

    private fun run(vararg command: String): String {
        val process = ProcessBuilder(*command).redirectErrorStream(true).start()
        process.outputStream.close()
        val text = process.inputStream.bufferedReader().readText()
        check(process.waitFor(BOUND.inWholeSeconds, TimeUnit.SECONDS)) { "${command.joinToString(" ")} does not end" }
        check(process.exitValue() == 0) { "${command.joinToString(" ")} exits ${process.exitValue()}: $text" }
        return text
    }

    override fun close() {
        run("ip", "netns", "delete", name)
    }
}

/** The letter that [Namespace.send] put into a packet. */
internal val NetfilterPacket.letter: Char get() = payload().u8(PAYLOAD_OFFSET).toChar()

/** Why live tests cannot run here, or null if they can. */
private val obstacle: String? by lazy {
    val reason =
        when (val found = LinuxTransport.current().kernel().netAdmin()) {
            NetAdmin.HELD -> runCatching { Namespace().close() }.exceptionOrNull()?.message
            else -> "netfilter may not be configured here: CAP_NET_ADMIN is $found"
        }
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

internal val live: (TestCase) -> Enabled = { obstacle?.let(Enabled::disabled) ?: Enabled.enabled }
