// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

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

/** Runs a main class in a separate process. Returns its output. */
private fun run(
    main: String,
    vararg options: String,
): List<String> {
    val java = "${System.getProperty("java.home")}/bin/java"
    val output = File.createTempFile("workers", ".txt")
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

/** Workers of which some threads cannot be started. */
class WorkersFailureSpec :
    FunSpec({
        test("a thread that cannot be started ends the run with its Error, and the others; it can be run again")
            .config(enabledOrReasonIf = { prlimit }) {
                run(
                    WorkersWithoutThreads::class.java.name,
                    "-Xss${WorkersWithoutThreads.STACK_MIB}m",
                    "-Xmx64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                ).filter { "[warning]" !in it && !it.startsWith("OpenJDK") } shouldContainExactly
                    listOf(
                        "thrown: OutOfMemoryError",
                        "threads: 0",
                        "ended: 0",
                        "decided when run again: 8",
                        "sockets: 0",
                    )
            }
    })
