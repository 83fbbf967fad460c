// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import com.sun.jna.Native
import dev.nfkit.flows.FlowMeter
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nflog.NflogSession
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.trace.Trace
import picocli.CommandLine
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** Longer than any step takes: only a failure reaches it. A slow machine sets it higher. */
internal val BOUND_SECONDS: Long = System.getProperty("nfkit.live.bound", "60").toLong()

private val traces: Path =
    Path.of(
        System.getProperty("basedir", "."),
        "../../sdk-testkit/core/src/test/resources/traces",
    )

/** The names of a family's recordings. */
internal fun traceNames(family: String): List<String> =
    Files.list(traces.resolve(family)).use { files ->
        files
            .map { it.fileName.toString() }
            .filter { it.endsWith(".pcap") }
            .map { it.removeSuffix(".pcap") }
            .sorted()
            .toList()
    }

internal fun trace(name: String): Path = traces.resolve("${name.substringBefore('-')}/$name.pcap").normalize()

/** The exit code and output of a command. */
internal data class Ran(
    val code: Int,
    val out: String,
    val err: String,
) {
    /** The messages on standard error, without the line below an error that shows where its code is explained. */
    val messages: List<String>
        get() = err.lines().filter { it.isNotEmpty() && !it.startsWith("nfkit: see docs/TROUBLESHOOTING.md#") }
}

/**
 * The command line in this process: several commands are faster than starting a JVM for each. Its output is the lines
 * of packets and entries; a capture to standard output, the demo and help go to the process's own output. Each line of
 * JSON must be valid by its schema.
 */
internal fun nfkit(vararg args: String): Ran {
    val before = System.err
    val errors = ByteArrayOutputStream()
    val printed = ByteArrayOutputStream()
    System.setErr(PrintStream(errors, true, Charsets.UTF_8))
    TextOutput.redirect(printed)
    try {
        val code = Main.run(*args)
        val out = printed.toString(Charsets.UTF_8)
        Schemas.checkOutput(args, out)
        return Ran(code, out, errors.toString(Charsets.UTF_8))
    } finally {
        TextOutput.redirect(null)
        System.setErr(before)
    }
}

private fun place(type: Class<*>): String =
    Path
        .of(
            type.protectionDomain.codeSource.location
                .toURI(),
        ).toString()

/** The command that the launcher executes: the samples on the module path. */
internal val nfkitCommand: List<String> by lazy {
    val jars =
        listOf(
            Main::class.java,
            NflogSession::class.java,
            FlowMeter::class.java,
            LinuxTransport::class.java,
            ReplayTransport::class.java,
            Native::class.java,
            CommandLine::class.java,
            org.jspecify.annotations.NullMarked::class.java,
        ).map(::place).distinct()
    val native =
        if (Runtime.version().feature() >=
            22
        ) {
            listOf("--enable-native-access=dev.nfkit.linux")
        } else {
            emptyList()
        }
    // A build in the background ignores SIGINT, and so do its children.
    listOf("env", "--default-signal=INT,TERM", Path.of(System.getProperty("java.home"), "bin", "java").toString()) +
        listOf("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto") + native +
        listOf("--module-path", jars.joinToString(":"), "-m", "dev.nfkit.samples.cli/${Main::class.java.name}")
}

/** Runs a command to its end. */
internal fun run(vararg command: String): Ran = run(command.toList())

internal fun run(command: List<String>): Ran {
    val process = ProcessBuilder(command).start()
    process.outputStream.close()
    var err = ""
    val reader = Thread { err = process.errorStream.reader().readText() }.apply { start() }
    val out = process.inputStream.reader().readText()
    check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "$command does not end" }
    reader.join()
    return Ran(process.exitValue(), out, err)
}

/** Waits for a condition, with a bound. */
internal fun await(
    what: String,
    condition: () -> Boolean,
) {
    val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
    while (!condition()) {
        check(System.nanoTime() < end) { "timed out waiting for $what" }
        Thread.sleep(10)
    }
}

internal fun replayed(name: String): Trace = Trace.read(trace(name))
