// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.linux.LinuxTransport
import dev.nfkit.socket.NetAdmin
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import java.io.File
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

private val numbers = AtomicInteger()

/** Why live tests cannot run here, or null if they can. Fails if they are required and cannot run. */
private val hindrance: String? by lazy {
    val reason =
        runCatching {
            val found = LinuxTransport.current().kernel().netAdmin()
            check(found == NetAdmin.HELD) { "CAP_NET_ADMIN is $found" }
            for (tool in listOf(
                "ip",
                "iptables",
                "ip6tables",
                "tshark",
                "tcpdump",
                "capinfos",
                "ping",
                "conntrack",
                "script",
            )) {
                check(run("sh", "-c", "command -v $tool").code == 0) { "$tool is not installed" }
            }
            Netns().close()
        }.exceptionOrNull()?.message
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

internal val live: (TestCase) -> Enabled = { hindrance?.let { Enabled.disabled(it) } ?: Enabled.enabled }

/** A network namespace for the duration of a test, with the loopback enabled. */
internal class Netns : AutoCloseable {
    val name = "nfkit-cli-${ProcessHandle.current().pid()}-${numbers.incrementAndGet()}"

    init {
        ok("ip", "netns", "add", name)
        inside("ip", "link", "set", "lo", "up")
    }

    private fun ok(vararg command: String): String {
        val ran = run(*command)
        check(ran.code == 0) { "${command.joinToString(" ")}: ${ran.err}" }
        return ran.out
    }

    fun inside(vararg command: String): String = ok("ip", "netns", "exec", name, *command)

    /** Logs packets that leave, with `-p` and further arguments of iptables. */
    fun log(
        tool: String,
        group: Int,
        vararg match: String,
    ) {
        inside(tool, "-A", "OUTPUT", *match, "-j", "NFLOG", "--nflog-group", "$group", "--nflog-threshold", "1024")
    }

    /** Queues packets that leave, with `-p` and further arguments of iptables. */
    fun queue(
        tool: String,
        queue: Int,
        vararg match: String,
    ) {
        inside(tool, "-A", "OUTPUT", *match, "-j", "NFQUEUE", "--queue-num", "$queue")
    }

    /** Enables connection tracking, with space for labels. */
    fun track() {
        for (tool in listOf("iptables", "ip6tables")) {
            inside(tool, "-A", "OUTPUT", "-m", "conntrack", "--ctstate", "NEW", "-m", "connlabel", "--label", "127")
        }
    }

    /** Counts packets that arrive, with `-p` and further arguments of iptables: a rule for [counted]. */
    fun count(vararg match: String) {
        inside("iptables", "-A", "INPUT", *match)
    }

    /** The numbers of packets that the counting rules matched, in order. */
    fun counted(): List<Int> =
        inside("iptables", "-nvxL", "INPUT")
            .lines()
            .drop(2)
            .filter { it.isNotBlank() }
            .map { it.trim().substringBefore(' ').toInt() }

    /** The number of packets that wait for a queue's verdict. */
    fun waiting(queue: Int): Int =
        inside("cat", "/proc/net/netfilter/nfnetlink_queue")
            .lines()
            .map { it.trim().split(Regex(" +")) }
            .first { it[0] == "$queue" }[2]
            .toInt()

    fun bound(group: Int): Boolean =
        inside("cat", "/proc/net/netfilter/nfnetlink_log").lines().any { it.trim().startsWith("$group ") }

    /** The number of packets that the kernel holds for a group. */
    fun held(group: Int): Int =
        inside("cat", "/proc/net/netfilter/nfnetlink_log")
            .lines()
            .map { it.trim().split(Regex(" +")) }
            .first { it[0] == "$group" }[2]
            .toInt()

    /** Sends datagrams to a port of the loopback on which no process listens. */
    fun udp(
        count: Int,
        address: String = "127.0.0.1",
        port: Int = 9,
    ) {
        inside(
            "bash",
            "-c",
            "for i in $(seq $count); do echo -n hello >/dev/udp/$address/$port; done 2>/dev/null || true",
        )
    }

    override fun close() {
        run("ip", "netns", "del", name)
    }
}

/** `nfkit capture` as a separate process, bound to its group when the constructor returns. */
internal class Capturing(
    netns: Netns,
    group: Int,
    vararg args: String,
) : Running("Capturing on", "capture", "--netns", netns.name, "-i", "nflog:$group", *args)

/** `nfkit queue` as a separate process, bound to its queues when the constructor returns. */
internal class Deciding(
    netns: Netns,
    queues: String,
    vararg args: String,
) : Running("Deciding on", "queue", "--netns", netns.name, "-i", "nfqueue:$queues", *args)

/**
 * A command as a separate process. It has printed that it is ready when the constructor returns. Each line of JSON must
 * be valid by its schema.
 */
internal open class Running(
    ready: String,
    private vararg val args: String,
) : AutoCloseable {
    private val out = File.createTempFile("nfkit", ".out").apply { deleteOnExit() }
    private val err = File.createTempFile("nfkit", ".err").apply { deleteOnExit() }
    val process: Process =
        ProcessBuilder(nfkitCommand + args)
            .redirectOutput(out)
            .redirectError(err)
            .start()

    init {
        await("nfkit to be ready, which printed ${err.readText()}") {
            check(process.isAlive || process.exitValue() == 0) { "nfkit ended: ${err.readText()}" }
            err.readText().contains(ready)
        }
    }

    /** The output so far. */
    fun printed(): String = out.readText()

    fun signal(name: String): Ran {
        run("kill", "-$name", "${process.pid()}")
        return ended()
    }

    fun ended(): Ran {
        check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "nfkit does not end" }
        Schemas.checkOutput(args, printed())
        return Ran(process.exitValue(), printed(), err.readText())
    }

    override fun close() {
        process.destroyForcibly()
    }
}

/** The number of packets that capinfos counts; fails if the file is not valid. */
internal fun capinfos(file: File): Int {
    val ran = run("capinfos", "-M", "-c", file.path)
    check(ran.code == 0) { ran.err }
    return ran.out
        .lines()
        .first { it.startsWith("Number of packets") }
        .substringAfter(':')
        .trim()
        .toInt()
}

/** Fields of each packet as tshark prints them. */
internal fun tshark(
    file: File,
    vararg fields: String,
): List<String> {
    val ran = run(listOf("tshark", "-n", "-r", file.path, "-T", "fields") + fields.flatMap { listOf("-e", it) })
    check(ran.code == 0) { ran.err }
    return ran.out.lines().filter { it.isNotEmpty() }
}
