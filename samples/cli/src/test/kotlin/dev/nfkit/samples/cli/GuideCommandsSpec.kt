// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.io.path.createDirectories
import kotlin.io.path.createTempDirectory
import kotlin.io.path.readText
import kotlin.io.path.writeText

private val root = Path.of(System.getProperty("basedir", "."), "../..").toRealPath()

/** The recipes of the cookbook have tests of their own. */
private val documents = listOf("README.md", "docs/COMMAND-LINE.md")

private val commands: List<String> =
    documents
        .flatMap { root.resolve(it).readText().lines() }
        .filter { it.startsWith("    samples/nfkit ") }
        .map { it.trim() }

private const val LANES = 3

/** Packets, connections and changes of the ruleset, as long as it runs. */
private const val TRAFFIC =
    "while sleep 0.1; do echo x >/dev/udp/127.0.0.1/53; timeout 0.1 bash -c 'echo >/dev/tcp/127.0.0.1/443';" +
        " nft 'add table inet traffic; delete table inet traffic';" +
        " conntrack -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 7 --dport 443 -m 7 -t 500 --state ESTABLISHED;" +
        " done >/dev/null 2>&1"

/** What the documents call by these names. */
private fun prepare(directory: Path) {
    val launcher = directory.resolve("samples/nfkit")
    launcher.parent.createDirectories()
    launcher.writeText("#!/bin/sh\nexec ${nfkitCommand.joinToString(" ") { "'$it'" }} \"\$@\"\n")
    launcher.toFile().setExecutable(true)
    directory.resolve("firewall.nft").writeText(
        "table inet guide { chain input { type filter hook input priority filter; tcp dport 22 accept; }; }",
    )
    directory.resolve("key").toFile().writeBytes(ByteArray(32) { it.toByte() })
    directory.resolve("entries").writeText(
        "-A -t 100 -u SEEN_REPLY -s 10.0.0.9 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.9 -p udp --sport 9 --dport 53 " +
            "--reply-port-src 53 --reply-port-dst 9\n",
    )
    Files.copy(trace("nflog-batched-qthresh"), directory.resolve("RECORDING.pcap"))
    Files.copy(trace("nflog-batched-qthresh"), directory.resolve("trace.pcapng"))
    Files.copy(trace(traceNames("ctnetlink").first()), directory.resolve("CTNETLINK.pcap"))
}

/** A command of a document in a directory of its own. It ends by itself, or by SIGINT once it has printed something. */
private class Command(
    private val line: String,
    private val netns: Netns,
    private val capture: Path,
) {
    private val directory = createTempDirectory("nfkit-guide")
    private val out = directory.resolve("stdout").toFile()
    private val err = directory.resolve("stderr").toFile()

    /** Whether it goes on until SIGINT. */
    private val endless =
        Regex(
            " (capture|queue|explain udp|rules monitor|conntrack -E|top *$|flows( |$))",
        ).containsMatchIn(line.substringBefore(" # "))

    private fun ready() =
        out.length() > 0 ||
            Regex(
                "Capturing|Deciding|Explaining|Recording|Monitoring|Metering|Receiving",
            ).containsMatchIn(err.readText())

    fun run(): String? {
        prepare(directory)
        Files.copy(capture, directory.resolve("https.pcapng"))
        val shell = if ('|' in line.substringBefore(" # ").replace(Regex("'[^']*'"), "")) line else "exec $line"
        val process =
            ProcessBuilder(listOf("setsid", "ip", "netns", "exec", netns.name, "sh", "-c", shell))
                .directory(directory.toFile())
                .redirectOutput(out)
                .redirectError(err)
                .redirectInput(File("/dev/null"))
                .start()
        try {
            val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
            while (process.isAlive && !(endless && ready())) {
                process.waitFor(50, TimeUnit.MILLISECONDS)
                check(System.nanoTime() < end) { "$line: prints nothing, and does not end: ${err.readText()}" }
            }
            if (process.isAlive) {
                run("kill", "-INT", "--", "-${process.pid()}")
                check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "$line: does not end after SIGINT" }
            }
        } finally {
            process.destroyForcibly()
        }
        val permitted = if (line.startsWith("samples/nfkit doctor")) setOf(0, 1) else setOf(0)
        return "$line: code ${process.exitValue()}: ${err.readText()}".takeUnless {
            process.exitValue() in permitted || (!shell.startsWith("exec") && process.exitValue() == 130)
        }
    }
}

/** Runs commands in a namespace with rules, connections and traffic. */
private fun inNamespace(commands: List<String>) {
    Netns().use { netns ->
        netns.track()
        netns.inside("ip", "addr", "add", "10.0.0.1/32", "dev", "lo")
        netns.inside("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1")
        netns.log("iptables", 30)
        netns.inside(
            "nft",
            "add table inet filter; add chain inet filter output { type filter hook output priority 0; }",
        )
        netns.inside("nft", "add rule inet filter output tcp dport 443 drop")
        val capture = createTempDirectory("nfkit-guide").resolve("https.pcapng")
        Capturing(netns, 30, "-w", "$capture", "-c", "2").use {
            netns.udp(3)
            it.ended()
        }
        val traffic = ProcessBuilder("ip", "netns", "exec", netns.name, "bash", "-c", TRAFFIC).start()
        try {
            for (line in commands) {
                Command(line, netns, capture).run()?.let { error(it) }
            }
        } finally {
            traffic.destroy()
        }
    }
}

class GuideCommandsSpec :
    FunSpec({
        test("the commands of README and guide are found") {
            commands.size shouldBeGreaterThan 40
            commands.map { it.split(' ')[1] }.let { found ->
                listOf(
                    "demo",
                    "capture",
                    "queue",
                    "conntrack",
                    "rules",
                    "explain",
                    "record",
                    "replay",
                    "doctor",
                    "list",
                    "top",
                    "flows",
                ).forEach { found shouldContain it }
            }
        }

        test("each command of README and guide runs").config(enabledOrReasonIf = live) {
            val pool = Executors.newFixedThreadPool(LANES)
            try {
                // A group or queue has one owner, so each lane has a namespace of its own.
                List(LANES) { lane ->
                    pool.submit {
                        inNamespace(
                            commands.filterIndexed {
                                i,
                                _,
                                ->
                                i % LANES == lane
                            },
                        )
                    }
                }.forEach { it.get() }
            } finally {
                pool.shutdownNow()
            }
        }
    })
