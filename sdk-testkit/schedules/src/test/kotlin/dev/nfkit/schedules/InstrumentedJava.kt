// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import java.io.File
import java.nio.file.Path
import java.util.Properties
import java.util.concurrent.TimeUnit
import kotlin.io.path.absolute
import kotlin.io.path.exists
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.reader

/** A JDK of this machine, linked with its own classes instrumented, as the scheduler requires. */
internal object InstrumentedJava {
    /** The first JDK whose classes the scheduler knows. */
    private const val SINCE = 25

    private const val LINK_MINUTES = 10L

    /** The scheduler needs RMI and the modules of its agents, the tests' libraries need the rest. */
    private const val MODULES = "java.base,java.instrument,java.logging,java.management,java.rmi,jdk.unsupported"

    /** The directory into which the build has put the scheduler's agents and its plugin for jlink. */
    private val directory = Path.of(System.getProperty("nfkit.schedules.directory", "target/fray")).absolute()

    /** The JDK of `-Dnfkit.newer.java`, or the first one in the usual directory. */
    private val jdk: Path? by lazy {
        val named = System.getProperty("nfkit.newer.java")?.let { listOf(Path.of(it)) }
        val usual = Path.of("/usr/lib/jvm")
        (named ?: if (usual.isDirectory()) usual.listDirectoryEntries().sorted() else emptyList())
            .firstOrNull { it.resolve("bin/jlink").exists() && feature(it) >= SINCE }
    }

    /** Why there is no JDK; null if there is one. */
    fun absent(): String? =
        when {
            System.getProperty("os.name") != "Linux" || System.getProperty("os.arch") != "amd64" -> {
                "the scheduler's native agent is for Linux on amd64 only"
            }

            jdk == null -> {
                "no JDK from $SINCE on in /usr/lib/jvm; -Dnfkit.newer.java names one"
            }

            else -> {
                null
            }
        }

    private fun feature(home: Path): Int {
        val release = home.resolve("release")
        if (!release.exists()) return 0
        val version = release.reader().use { Properties().apply { load(it) } }.getProperty("JAVA_VERSION", "0")
        return version.trim('"').substringBefore('.').toIntOrNull() ?: 0
    }

    /** Runs a main class in it with the class path and the options of this JVM. Returns what it printed. */
    fun run(
        main: String,
        minutes: Long,
    ): List<String> {
        val options = System.getProperties().filterKeys { it.toString().startsWith("nfkit.schedules") }
        return run(
            listOf(
                linked().resolve("bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:MaxDirectMemorySize=2g",
                "-javaagent:$directory/fray-instrumentation-agent.jar",
                "-agentpath:$directory/libjvmti.so",
            ) + options.map { "-D${it.key}=${it.value}" } + listOf("-cp", System.getProperty("java.class.path"), main),
            minutes,
        )
    }

    /** Links it, unless it exists from an earlier build. */
    private fun linked(): Path {
        val home = checkNotNull(jdk)
        val linked = directory.resolve("java-${home.fileName}")
        if (linked.exists()) return linked
        val parts = directory.resolve("instrumentation")
        val unfinished = directory.resolve("unfinished-${ProcessHandle.current().pid()}")
        run(
            listOf(
                home.resolve("bin/jlink").toString(),
                "-J-javaagent:$parts/fray-instrumentation-jdk.jar",
                "-J--module-path=$parts",
                "-J--class-path=$parts/kotlin-stdlib.jar",
                "-J--add-modules=org.pastalab.fray.instrumentation.jdk",
                "--fray-instrumentation",
                "--add-modules=$MODULES",
                "--output=$unfinished",
            ),
            LINK_MINUTES,
        )
        check(unfinished.toFile().renameTo(linked.toFile())) { "cannot rename $unfinished to $linked" }
        return linked
    }

    private fun run(
        command: List<String>,
        minutes: Long,
    ): List<String> {
        val output = File.createTempFile("schedules", ".txt")
        val process = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start()
        try {
            val ended = process.waitFor(minutes, TimeUnit.MINUTES)
            check(ended) { "$command did not end in $minutes minutes:\n${output.readText()}" }
            check(process.exitValue() == 0) { "exit code ${process.exitValue()} of $command:\n${output.readText()}" }
            return output.readLines()
        } finally {
            process.destroyForcibly()
            output.delete()
        }
    }
}
