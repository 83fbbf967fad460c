// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

/** Longer than any step takes: only a failure reaches it. A slow machine sets it higher. */
internal val BOUND_SECONDS: Long = System.getProperty("nfkit.live.bound", "60").toLong()

/** Live tests: skipped with a reason if they cannot run, or failing, as `nfkit.live` determines. */
internal object Live {
    private val count = AtomicInteger()

    /** Why netfilter cannot be configured here, or null if it can. */
    val noNetAdmin: String? by lazy {
        demanded(
            when (val found = LinuxTransport.current().kernel().netAdmin()) {
                NetAdmin.HELD -> null
                else -> "netfilter may not be configured here: CAP_NET_ADMIN is $found"
            },
        )
    }

    /** Why named namespaces cannot be made here, or null if they can. */
    val noNamespaces: String? by lazy {
        demanded(
            noNetAdmin
                ?: runCatching { Namespace().close() }.exceptionOrNull()?.let { "`ip netns add` fails: ${it.message}" },
        )
    }

    /** Why user namespaces cannot be made here, or null if they can. */
    val noUserNamespaces: String? by lazy {
        demanded(
            runCatching {
                run(
                    "unshare",
                    "-Urn",
                    "true",
                )
            }.exceptionOrNull()?.let { "no user namespaces: ${it.message}" },
        )
    }

    /**
     * Why this process lacks what only the initial user namespace permits, such as a send buffer beyond the limit; null if
     * it is there. A build by an ordinary user runs its tests in a user namespace.
     */
    val ofUserNamespace: String? by lazy {
        demanded(
            "these tests run in a user namespace, not in the initial one".takeUnless {
                idMap("uid_map") == listOf(0, 0, 4294967295)
            },
        )
    }

    /** The first range of a user namespace's map: the number inside, the number outside, and the length. */
    fun idMap(map: String): List<Long> =
        Files
            .readString(Path.of("/proc/self/$map"))
            .lines()
            .first()
            .trim()
            .split(Regex(" +"))
            .map(String::toLong)

    fun demanded(reason: String?): String? {
        check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
        return reason
    }

    fun enabled(reason: String?): Enabled = if (reason == null) Enabled.enabled else Enabled.disabled(reason)

    fun uniqueName(): String = "nfkit-${ProcessHandle.current().pid()}-${count.incrementAndGet()}"
}

internal val needsNetAdmin: (TestCase) -> Enabled = { Live.enabled(Live.noNetAdmin) }

internal val needsNamespaces: (TestCase) -> Enabled = { Live.enabled(Live.noNamespaces) }

internal val needsUserNamespaces: (TestCase) -> Enabled = { Live.enabled(Live.noUserNamespaces) }

/** A network namespace with a name, for the duration of a test. */
internal class Namespace : AutoCloseable {
    val name: String = Live.uniqueName()
    val transport: LinuxTransport = LinuxTransport.of(NetworkNamespace.named(name))

    init {
        run("ip", "netns", "add", name)
    }

    /** Runs a command inside. Returns its output. */
    fun exec(vararg command: String): String = run("ip", "netns", "exec", name, *command)

    override fun close() {
        run("ip", "netns", "delete", name)
    }
}

/** Runs a command to its end. It must succeed. Returns its output. */
internal fun run(vararg command: String): String = output(ProcessBuilder(*command).redirectErrorStream(true))

private fun output(builder: ProcessBuilder): String {
    val command = builder.command()
    val process = builder.start()
    process.outputStream.close()
    val text = process.inputStream.bufferedReader().readText()
    check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "${command.joinToString(" ")} does not end" }
    check(process.exitValue() == 0) { "${command.joinToString(" ")} exits ${process.exitValue()}: $text" }
    return text
}

/** A JVM that runs [Probe], with a command prefix such as `unshare -Ur unshare -n`. */
internal fun probe(
    prefix: List<String>,
    vararg arguments: String,
    property: String = "nfkit.probe=true",
): List<String> =
    prefix +
        listOf(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-D$property",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.nfkit.linux.Probe",
            *arguments,
        )

/** Runs [Probe] to its end. Returns what it printed: a JVM's own warnings are on its standard error. */
internal fun probed(
    prefix: List<String>,
    vararg arguments: String,
): String = output(ProcessBuilder(probe(prefix, *arguments)).redirectError(ProcessBuilder.Redirect.INHERIT)).trim()

internal fun eventually(
    what: String,
    condition: () -> Boolean,
) {
    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
    while (!condition()) {
        check(System.nanoTime() < stop) { "never happened: $what" }
        Thread.sleep(1)
    }
}

/** A request of the NFLOG configuration that asks for an acknowledgement. */
internal fun config(
    group: Int,
    sequence: Long = 1,
    attributes: MessageWriter.() -> Unit,
): ByteBuffer =
    MessageWriter(1024, ByteOrder.nativeOrder())
        .begin(0x401, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, sequence)
        .nfgenmsg(0, group)
        .apply(attributes)
        .end()
        .datagram()

/** Binds an NFLOG group. Returns the errno of the answer. */
internal fun NetlinkSocket.bindGroup(group: Int): Int {
    val batch = DatagramBatch(1, 4096)
    send(config(group) { u8(1, 1) })
    check(receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS)) == 1) { "no answer" }
    return -batch
        .buffer()
        .duplicate()
        .order(ByteOrder.nativeOrder())
        .getInt(batch.offset(0) + 16)
}

/** The number of descriptors that this process has open. */
internal fun openDescriptors(): Int = Files.list(Path.of("/proc/self/fd")).use { it.count().toInt() }
