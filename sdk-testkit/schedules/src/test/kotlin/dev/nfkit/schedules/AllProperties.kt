// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import org.junit.platform.engine.TestExecutionResult
import org.junit.platform.engine.discovery.DiscoverySelectors
import org.junit.platform.launcher.TestExecutionListener
import org.junit.platform.launcher.TestIdentifier
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder
import org.junit.platform.launcher.core.LauncherFactory
import kotlin.system.exitProcess

/** Runs the properties in this JVM, and prints a line for each: the number of schedules that passed, or the failure. */
internal object AllProperties {
    val classes =
        listOf(
            SchedulerProperties::class,
            QueueProperties::class,
            FaultProperties::class,
            SessionProperties::class,
            ConntrackProperties::class,
            CoroutineProperties::class,
        )

    @JvmStatic
    fun main(arguments: Array<String>) {
        val chosen = classes.filter { arguments.isEmpty() || it.simpleName in arguments }
        val request =
            LauncherDiscoveryRequestBuilder
                .request()
                .selectors(chosen.map { DiscoverySelectors.selectClass(it.java) })
                .build()
        LauncherFactory.create().execute(request, Printer())
        exitProcess(0) // threads of a schedule that failed may be left
    }

    private class Printer : TestExecutionListener {
        override fun executionFinished(
            test: TestIdentifier,
            result: TestExecutionResult,
        ) {
            if (result.status != TestExecutionResult.Status.SUCCESSFUL) {
                println("FAILED ${test.displayName}: ${result.throwable.map(::describe).orElse("")}")
            } else if (test.isTest) {
                println("passed ${test.displayName}: ${takeReport()}")
            }
        }

        private fun describe(failure: Throwable): String =
            generateSequence(failure) { it.cause }.joinToString("\ncaused by ") { cause ->
                val frames = cause.stackTrace.filter { it.className.startsWith("dev.nfkit") }
                "$cause\n" + frames.joinToString("\n") { "    at $it" }
            }
    }
}
