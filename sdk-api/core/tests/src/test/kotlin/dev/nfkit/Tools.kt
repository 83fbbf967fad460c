// SPDX-License-Identifier: Apache-2.0
package dev.nfkit

import io.kotest.core.test.Enabled
import java.io.File
import java.util.concurrent.TimeUnit

private fun installed(tool: String): Boolean =
    System
        .getenv("PATH")
        .orEmpty()
        .split(File.pathSeparator)
        .any { File(it, tool).canExecute() }

/** Whether a test that needs a tool can run. It must if live tests are required. */
fun available(tool: String): Enabled =
    if (installed(tool) || System.getProperty("nfkit.live") == "required") {
        Enabled.enabled
    } else {
        Enabled.disabled("$tool is not installed")
    }

/** Runs a tool to its end. Its exit code must be 0. */
fun run(vararg command: String): List<String> {
    val output = tempfileOf()
    try {
        val process =
            ProcessBuilder(*command)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .also { it.environment()["TZ"] = "UTC" }
                .start()
        check(process.waitFor(60, TimeUnit.SECONDS)) { "${command[0]} did not end" }
        val text = output.readText()
        check(process.exitValue() == 0) { "${command.joinToString(" ")} ended with ${process.exitValue()}: $text" }
        return text.lines().filterNot { it.isBlank() || it.startsWith("Running as user") }
    } finally {
        output.delete()
    }
}

private fun tempfileOf(): File = File.createTempFile("nfkit", ".out")
