// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns.network

import dev.nfkit.linux.LinuxTransport
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.ObjectSink
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.socket.NetAdmin
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

/** Two hosts as network namespaces, the filtered one and [FarHost], for the duration of a test. */
class Wire : AutoCloseable {
    private val name = "nfkit-dns-${ProcessHandle.current().pid()}-${count.incrementAndGet()}"
    private val near = "$name-near"
    private val far = "$name-far"
    private val processes = mutableListOf<Process>()

    /** Of the filtered host. */
    val transport: LinuxTransport = LinuxTransport.of(NetworkNamespace.named(near))

    init {
        try {
            for (host in listOf(near, far)) {
                run("ip netns add $host")
                run("ip -n $host link set lo up")
            }
            run("ip link add name near0 netns $near type veth peer name far0 netns $far")
            for ((host, device, number) in listOf(Triple(near, "near0", 1), Triple(far, "far0", 2))) {
                run("ip -n $host address add 192.0.2.$number/24 dev $device")
                run("ip -n $host address add 2001:db8::$number/64 dev $device nodad")
                run("ip -n $host link set $device up")
            }
            for ((net, via) in listOf("$NET4.0.0.0/8" to FAR4, "fd%02x::/16".format(NET6) to FAR6)) {
                run("ip -n $near route add $net via $via")
                run("ip -n $far route add local $net dev lo")
            }
        } catch (e: IllegalStateException) {
            close()
            throw e
        }
    }

    /** Starts [FarHost]. Returns when it is ready. */
    fun startFarHost() {
        val process = java(far, FarHost::class.java.name)
        check(process.inputStream.bufferedReader().readLine() == "ready") { "the far host does not start" }
    }

    /** Runs [NearHost] to its end. Returns what it prints. */
    fun nearHost(vararg arguments: String): List<String> = finish(java(near, NearHost::class.java.name, *arguments))

    /** The packets that a table's rules with counters matched: here those that were rejected. */
    fun rejected(name: String): Long =
        Nftables.open(transport).use { nftables ->
            val table = TableId.inet(name)
            val rules = mutableListOf<Rule>()
            nftables.list().rules(table, ObjectSink<Rule, RuntimeException> { rules += it })
            val reader = nftables.list().ruleReader(table)
            rules.flatMap { reader.statements(it) }.filterIsInstance<Counter>().sumOf { it.packets() }
        }

    /** Starts a JVM on the filtered host, with these options and arguments. */
    fun start(vararg arguments: String): Process = jvm(near, *arguments)

    private fun java(
        host: String,
        vararg arguments: String,
    ): Process = jvm(host, "-cp", System.getProperty("java.class.path"), *arguments)

    private fun jvm(
        host: String,
        vararg arguments: String,
    ): Process {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val options = arrayOf("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dnfkit.live.bound=$boundSeconds")
        val command = listOf("ip", "netns", "exec", host, java, *options, *arguments)
        return ProcessBuilder(command).redirectErrorStream(true).start().also(processes::add)
    }

    override fun close() {
        processes.forEach { it.destroyForcibly().waitFor() }
        for (host in listOf(near, far)) {
            runCatching { run("ip netns delete $host") }
        }
    }

    companion object {
        /** The addresses of the DNS server. */
        const val FAR4: String = "192.0.2.2"
        const val FAR6: String = "2001:db8::2"

        /** The first bytes of the addresses that it gives out. */
        const val NET4: Byte = 10
        const val NET6: Byte = 0x53

        private val boundSeconds = System.getProperty("nfkit.live.bound", "60").toLong()
        private val count = AtomicInteger()

        /** Why this test cannot run here, or null if it can. */
        private val obstacle: String? by lazy {
            val reason =
                when (val found = LinuxTransport.current().kernel().netAdmin()) {
                    NetAdmin.HELD -> runCatching { Wire().close() }.exceptionOrNull()?.message
                    else -> "netfilter may not be configured here: CAP_NET_ADMIN is $found"
                }
            check(
                reason == null || System.getProperty("nfkit.live") != "required",
            ) { "live tests are required: $reason" }
            reason
        }

        /** Skips a test, with the reason, where it cannot run. */
        val live: (TestCase) -> Enabled = { obstacle?.let(Enabled::disabled) ?: Enabled.enabled }

        /** Awaits the end of a process. Returns what it printed. */
        fun finish(process: Process): List<String> {
            val lines = process.inputStream.bufferedReader().readLines()
            check(process.waitFor(boundSeconds, TimeUnit.SECONDS)) { "${process.info()} does not end" }
            check(process.exitValue() in setOf(0, TERMINATED)) { "${process.exitValue()}: ${lines.joinToString("\n")}" }
            return lines
        }

        private fun run(command: String) {
            finish(ProcessBuilder(command.split(' ')).redirectErrorStream(true).start())
        }

        private const val TERMINATED = 143
    }
}
