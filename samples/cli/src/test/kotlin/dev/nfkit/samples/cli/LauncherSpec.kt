// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import java.io.File

private const val SIGINT_BIT = 2L

/** The launcher in a tree that looks built, with a Java that prints the signals it ignores. */
private fun launcher(root: File): Pair<File, Map<String, String>> {
    for (module in listOf("sdk-api/core", "sdk-api/flows", "sdk-linux", "sdk-testkit", "samples/cli/target/lib")) {
        root.resolve(module).mkdirs()
    }
    root.resolve("pom.xml").writeText("<project/>")
    val jar = root.resolve("samples/cli/target/nfkit-samples-cli.jar")
    jar.writeText("")
    jar.setLastModified(System.currentTimeMillis() + 60_000)
    val script = root.resolve("samples/nfkit")
    File(System.getProperty("basedir", "."), "../nfkit").copyTo(script)
    script.setExecutable(true)
    val java = root.resolve("jdk/bin/java")
    java.parentFile.mkdirs()
    java.writeText("#!/bin/sh\necho \"\$(awk '/SigIgn/{print \$2}' /proc/self/status) \$*\"\n")
    java.setExecutable(true)
    root.resolve("jdk/release").writeText("JAVA_VERSION=\"17\"\n")
    return script to mapOf("JAVA_HOME" to root.resolve("jdk").path)
}

private fun inBackground(
    script: File,
    environment: Map<String, String>,
): String {
    // A shell without job control makes background commands ignore SIGINT.
    val builder = ProcessBuilder("sh", "-c", "\"$0\" capture -x & wait", script.path)
    builder.environment().putAll(environment)
    val process = builder.redirectErrorStream(true).start()
    return process.inputStream
        .bufferedReader()
        .readText()
        .trim()
        .also { process.waitFor() shouldBe 0 }
}

class LauncherSpec :
    FunSpec({
        test("a command in the background of a script obeys SIGINT")
            .config(enabled = run("sh", "-c", "env --default-signal=INT true").code == 0) {
                val (script, environment) = launcher(tempdir())
                val printed = inBackground(script, environment)
                printed shouldMatch Regex("[0-9a-f]{16} .*dev.nfkit.samples.cli.Main capture -x")
                printed.substringBefore(' ').toLong(16) and SIGINT_BIT shouldBe 0
            }

        test("if env cannot reset a signal, the command starts all the same") {
            val root = tempdir()
            val (script, environment) = launcher(root)
            val env = root.resolve("bin/env")
            env.parentFile.mkdirs()
            env.writeText("#!/bin/sh\nexit 125\n")
            env.setExecutable(true)
            val path = "${env.parent}:${System.getenv("PATH")}"
            inBackground(script, environment + ("PATH" to path)) shouldMatch
                Regex("[0-9a-f]{16} .*dev.nfkit.samples.cli.Main capture -x")
        }
    })
