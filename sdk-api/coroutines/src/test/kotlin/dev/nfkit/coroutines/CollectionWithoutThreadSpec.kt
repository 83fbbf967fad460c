// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldContainExactly
import java.io.File
import java.util.concurrent.TimeUnit

private val prlimit: Enabled =
    if (System
            .getenv("PATH")
            .orEmpty()
            .split(':')
            .any { File(it, "prlimit").canExecute() }
    ) {
        Enabled.enabled
    } else {
        Enabled.disabled("no prlimit(1)")
    }

/** Runs a main class in a process of its own; what it printed. */
private fun run(
    main: String,
    vararg options: String,
): List<String> {
    val java = "${System.getProperty("java.home")}/bin/java"
    val output = File.createTempFile("collection", ".txt")
    val command = listOf(java) + options + listOf("-cp", System.getProperty("java.class.path"), main)
    val builder = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output)
    builder.environment()["MALLOC_ARENA_MAX"] = "1" // glibc's arenas would take the address space that is left
    val process = builder.start()
    try {
        check(process.waitFor(1, TimeUnit.MINUTES)) { "it does not end: ${output.readText()}" }
        return output.readLines()
    } finally {
        process.destroyForcibly()
        output.delete()
    }
}

/** A collection whose thread cannot be started. */
class CollectionWithoutThreadSpec :
    FunSpec({
        test(
            "a collection whose thread cannot be started throws the Error and leaves no socket, and the next one collects",
        ).config(enabledOrReasonIf = { prlimit }) {
            run(
                CollectionWithoutThread::class.java.name,
                "-Xss${CollectionWithoutThread.STACK_MIB}m",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
            ).filter { "[warning]" !in it && !it.startsWith("OpenJDK") } shouldContainExactly
                listOf(
                    "flow: OutOfMemoryError",
                    "scope: OutOfMemoryError",
                    "sockets: 0",
                    "collected again: 1",
                )
        }
    })
