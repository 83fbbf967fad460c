// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.BatchRefusedException
import dev.nfkit.nfqueue.QueueFeature
import dev.nfkit.testkit.live.TestNamespace
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.io.path.writeText

/** Skipped with the reason, or failing if live tests are required. */
internal val live: (TestCase) -> Enabled = {
    TestNamespace.skipReason().map { Enabled.disabled(it) }.orElse(Enabled.enabled)
}

/** Whether this kernel has the statement queue of nftables (CONFIG_NFT_QUEUE). */
internal val nftQueues: Boolean by lazy {
    TestNamespace.open().use { namespace ->
        try {
            namespace.rules("table inet t { chain c { queue to 0; }; }")
            true
        } catch (e: BatchRefusedException) {
            false
        }
    }
}

/** Whether this kernel attaches connections to packets (CONFIG_NETFILTER_NETLINK_GLUE_CT). */
internal val attachesConnections: Boolean by lazy {
    TestNamespace.open().use { QueueFeature.CONNTRACK.supportedBy(it.transport()) }
}

/** As [live], for kernels with the statement queue; others are skipped, even if live tests are required. */
internal val liveWithNftQueues: (TestCase) -> Enabled = { test ->
    val permitted = live(test)
    if (permitted.isEnabled && !nftQueues) Enabled.disabled("this kernel lacks CONFIG_NFT_QUEUE") else permitted
}

/** Executes lines of shell, which must succeed. */
internal fun TestNamespace.shell(lines: List<String>) = lines.forEach { exec("sh", "-c", it) }

/** Installs a ruleset by nft. */
internal fun TestNamespace.nft(text: String) {
    val file = Files.createTempFile("cookbook", ".nft")
    try {
        file.writeText(text)
        exec("nft", "-f", "$file")
    } finally {
        Files.delete(file)
    }
}

/** Runs with a directory that is deleted afterwards. */
internal fun <T> inDirectory(block: (Path) -> T): T {
    val directory = Files.createTempDirectory("cookbook")
    try {
        return block(directory)
    } finally {
        directory.toFile().deleteRecursively()
    }
}

/** A server that sends back what it gets, a line of each connection. */
internal class Echo(
    namespace: TestNamespace,
    port: Int,
) : AutoCloseable {
    private val socket = namespace.call { ServerSocket(port) }

    init {
        thread(isDaemon = true) {
            try {
                while (true) {
                    socket.accept().use { peer ->
                        val line = peer.getInputStream().bufferedReader().readLine()
                        peer.getOutputStream().write("$line\n".toByteArray())
                    }
                }
            } catch (e: java.io.IOException) {
                // The test closes the socket.
            }
        }
    }

    override fun close() = socket.close()
}

/** Exchanges a line with an echo server. */
internal fun TestNamespace.exchange(
    server: InetAddress,
    port: Int,
) {
    call { Socket(server, port) }.use { socket ->
        socket.soTimeout = (BOUND_SECONDS * 1000).toInt()
        socket.getOutputStream().write("hello\n".toByteArray())
        check(socket.getInputStream().bufferedReader().readLine() == "hello")
    }
}

/** Sends a datagram. */
internal fun TestNamespace.datagram(
    target: InetAddress,
    port: Int,
    data: ByteArray = "hello".toByteArray(),
    sourcePort: Int = 0,
) = call { DatagramSocket(sourcePort) }.use { it.send(DatagramPacket(data, data.size, target, port)) }

/** Ways to install the rules of a page. */
internal val rules: List<Pair<String, TestNamespace.(Page) -> Unit>> =
    listOf("iptables" to { shell(it.iptables) }, "nft" to { nft(it.nft()) })

/** Ways to install the rules of a page that queue, with the condition of each. */
internal val queueRules =
    listOf<Triple<String, (TestCase) -> Enabled, TestNamespace.(Page) -> Unit>>(
        Triple("iptables", live) { shell(it.iptables) },
        Triple("nft", liveWithNftQueues) { nft(it.nft()) },
    )

/** The datagrams that arrive at a port of the loopback. */
internal class Arrivals(
    namespace: TestNamespace,
    port: Int,
) : AutoCloseable {
    private val socket =
        namespace.call { DatagramSocket(port) }.apply { soTimeout = TimeUnit.SECONDS.toMillis(BOUND_SECONDS).toInt() }

    fun next(): String {
        val packet = DatagramPacket(ByteArray(2000), 2000)
        socket.receive(packet)
        return String(packet.data, 0, packet.length)
    }

    override fun close() = socket.close()
}
