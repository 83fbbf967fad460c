package dev.nfkit.samples.dns

import dev.nfkit.linux.LinuxTransport
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.socket.NetAdmin
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import java.nio.file.Path
import java.util.concurrent.TimeUnit

private val BOUND_SECONDS: Long = System.getProperty("nfkit.live.bound", "60").toLong()

/** A network namespace whose DNS answers wait in queue 53, for the duration of a test. */
private class Namespace : AutoCloseable {
    private val name = "nfkit-dns-${ProcessHandle.current().pid()}-${System.nanoTime()}"
    private val transport = LinuxTransport.of(NetworkNamespace.named(name))
    val queues get() = transport.kernel().nfqueues()

    init {
        finish(start("ip", "netns", "add", name))
        inside("ip", "link", "set", "lo", "up")
        inside(*"iptables -A INPUT -p udp --sport 53 -j NFQUEUE --queue-num 53".split(' ').toTypedArray())
    }

    fun inside(vararg command: String) = finish(start("ip", "netns", "exec", name, *command))

    /** A Java program in a JVM of its own. */
    fun java(vararg arguments: String): Process {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val path = System.getProperty("java.class.path")
        return start("ip", "netns", "exec", name, java, "-XX:TieredStopAtLevel=1", "-cp", path, *arguments)
    }

    private fun start(vararg command: String) = ProcessBuilder(*command).redirectErrorStream(true).start()

    fun finish(process: Process): List<String> {
        val lines = process.inputStream.bufferedReader().readLines()
        check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "${process.info()} does not end" }
        check(process.exitValue() in setOf(0, 143)) { "${process.exitValue()}: ${lines.joinToString("\n")}" }
        return lines
    }

    override fun close() {
        finish(start("ip", "netns", "delete", name))
    }
}

/** Why this test cannot run here, or null if it can. */
private val obstacle: String? by lazy {
    val reason =
        when (val found = LinuxTransport.current().kernel().netAdmin()) {
            NetAdmin.HELD -> runCatching { Namespace().close() }.exceptionOrNull()?.message
            else -> "netfilter may not be configured here: CAP_NET_ADMIN is $found"
        }
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

private val live: (TestCase) -> Enabled = { obstacle?.let(Enabled::disabled) ?: Enabled.enabled }

class DnsBlockerLiveSpec :
    FunSpec({
        test(
            "blocked names and their subdomains get NXDOMAIN, and others get their answer",
        ).config(enabledOrReasonIf = live) {
            Namespace().use { namespace ->
                val blocker = namespace.java("dev.nfkit.samples.dns.DnsBlockerKt", "ads.example", "evil.test")
                try {
                    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
                    while (namespace.queues.isEmpty()) {
                        check(System.nanoTime() < stop && blocker.isAlive) { "the blocker does not bind its queue" }
                        Thread.sleep(1)
                    }
                    val names =
                        arrayOf(
                            "good.example",
                            "ads.example",
                            "a.b.ADS.example",
                            "bads.example",
                            "example",
                            "evil.test",
                        )
                    namespace.finish(namespace.java("dev.nfkit.samples.dns.Resolver", *names)) shouldContainExactly
                        listOf(
                            "good.example 0 1",
                            "ads.example 3 0",
                            "a.b.ADS.example 3 0",
                            "bads.example 0 1",
                            "example 0 1",
                            "evil.test 3 0",
                        )
                } finally {
                    blocker.toHandle().destroy() // destroy() of Process closes the streams as well
                    namespace.finish(blocker)
                }
                namespace.queues.shouldBeEmpty()
            }
        }
    })
