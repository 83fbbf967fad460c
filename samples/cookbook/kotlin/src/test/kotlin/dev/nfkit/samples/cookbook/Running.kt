// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.samples.cli.Main
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.testkit.live.TestNamespace
import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.io.PrintStream
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference

/** Longer than any step takes: only a failure reaches it. A slow machine sets it higher. */
internal val BOUND_SECONDS: Long = System.getProperty("nfkit.live.bound", "60").toLong()

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

/** Standard output and errors of each running program, apart from those of others that still end. */
private object Output {
    private val own = InheritableThreadLocal<Pair<OutputStream, OutputStream>?>()

    private fun divided(
        otherwise: PrintStream,
        part: (Pair<OutputStream, OutputStream>) -> OutputStream,
    ) = PrintStream(
        object : OutputStream() {
            override fun write(byte: Int) = (own.get()?.let(part) ?: otherwise).write(byte)
        },
        true,
        Charsets.UTF_8,
    )

    init {
        System.setOut(divided(System.out) { it.first })
        System.setErr(divided(System.err) { it.second })
    }

    /** Collects what this thread prints, and the threads that it starts. */
    fun collect(
        printed: OutputStream,
        errors: OutputStream,
    ) = own.set(printed to errors)
}

/** A program or command in this process, on a thread in a namespace. */
internal class Running(
    private val namespace: TestNamespace,
    private val main: () -> Unit,
) : AutoCloseable {
    private val printed = ByteArrayOutputStream()
    private val errors = ByteArrayOutputStream()
    private val failure = AtomicReference<Throwable>()
    private val thread: Thread

    init {
        TextOutput.redirect(printed)
        // A thread that is started inside stays inside, and so are those that it starts.
        thread =
            namespace.call {
                Thread(::run, "a recipe").apply {
                    isDaemon = true
                    start()
                }
            }
    }

    private fun run() {
        Output.collect(printed, errors)
        try {
            main()
        } catch (e: Throwable) {
            failure.set(e)
        }
    }

    val lines: List<String> get() = printed.toString(Charsets.UTF_8).lines().filter { it.isNotBlank() }

    /** Waits for a condition, as long as nothing has failed. */
    fun await(
        what: String,
        condition: () -> Boolean,
    ) = eventually("$what; printed $lines, $errors") {
        failure.get()?.let { throw AssertionError("failed before $what, printed $lines, $errors", it) }
        condition()
    }

    fun awaitGroup() =
        apply {
            await("a group is bound") {
                namespace
                    .transport()
                    .kernel()
                    .nflogGroups()
                    .isNotEmpty()
            }
        }

    fun awaitQueues(count: Int = 1) =
        apply {
            await("$count queues are bound") {
                namespace
                    .transport()
                    .kernel()
                    .nfqueues()
                    .size == count
            }
        }

    /** Waits for a table whose name begins so; those of sessions begin with nfkit-. */
    fun awaitTable(name: String = "nfkit-") =
        apply {
            await(
                "table $name",
            ) {
                namespace
                    .nftables()
                    .list()
                    .tables()
                    .any { it.table().name().startsWith(name) }
            }
        }

    fun awaitLines(
        count: Int,
        contained: String = "",
    ): List<String> {
        await("$count lines with \"$contained\"") { lines.count { contained in it } >= count }
        return lines.filter { contained in it }
    }

    /** Waits for its end. */
    fun ended(): List<String> {
        await("the end") { !thread.isAlive }
        return lines
    }

    /** Interrupts it, which a session notices within a second: no test waits for that. */
    override fun close() {
        thread.interrupt()
        TextOutput.redirect(null)
        failure.get()?.let {
            if (it !is InterruptedException) {
                throw AssertionError(
                    "failed, printed $lines, $errors",
                    it,
                )
            }
        }
    }
}

/** A program. */
internal fun TestNamespace.program(main: () -> Unit): Running = Running(this, main)

/** A line that begins with `samples/nfkit`, with more arguments. Files are written into a directory. */
internal fun TestNamespace.nfkit(
    line: String,
    vararg more: String,
): Running {
    val words = words(line).drop(1) + more
    return Running(this) {
        val code = Main.run(*words.toTypedArray())
        check(code == 0) { "nfkit ${words.joinToString(" ")} exits with $code" }
    }
}

/** The words of a line of shell, with quotes. */
internal fun words(line: String): List<String> =
    Regex("'([^']*)'|\"([^\"]*)\"|(\\S+)")
        .findAll(line)
        .map { word ->
            word.groupValues.drop(1).joinToString("")
        }.toList()
