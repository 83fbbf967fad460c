// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import org.junit.platform.engine.TestExecutionResult
import org.junit.platform.engine.discovery.DiscoverySelectors
import org.junit.platform.launcher.TestExecutionListener
import org.junit.platform.launcher.TestIdentifier
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder
import org.junit.platform.launcher.core.LauncherFactory
import java.io.File

/** Runs the specs of sockets in this Java version, and prints how native calls were made and what failed. */
internal object SocketSpecs {
    private val JNA_FILE = Regex("/jna[0-9]+\\.tmp|libjnidispatch")

    @JvmStatic
    fun main(arguments: Array<String>) {
        Machine.require()
        println("calls by ${LibC.way()}")
        println("JNA loaded: ${jnaLoaded()}")
        if (System.getProperty("nfkit.specs") == "none") return
        val specs =
            listOf(
                LinuxSocketContractSpec::class,
                SleepingSocketContractSpec::class,
                HotPathSpec::class,
                ForeignSendersSpec::class,
                ProcKernelViewSpec::class,
                NetworkNamespaceSpec::class,
            )
        val request =
            LauncherDiscoveryRequestBuilder
                .request()
                .selectors(specs.map { DiscoverySelectors.selectClass(it.java) })
                .build()
        val outcome = Outcome()
        LauncherFactory.create().execute(request, outcome)
        outcome.failed.forEach { println("FAILED $it") }
        println("passed ${outcome.passed}")
    }

    /** Whether JNA's native part, which it unpacks into a file, is loaded in this process. */
    private fun jnaLoaded(): Boolean =
        File("/proc/self/maps").useLines { lines -> lines.any { JNA_FILE.containsMatchIn(it) } }

    private class Outcome : TestExecutionListener {
        var passed = 0
        val failed = mutableListOf<String>()

        override fun executionFinished(
            test: TestIdentifier,
            result: TestExecutionResult,
        ) {
            if (result.status == TestExecutionResult.Status.SUCCESSFUL) {
                if (test.isTest) passed++
            } else {
                failed += "${test.displayName}: ${result.throwable.map(Throwable::stackTraceToString).orElse("")}"
            }
        }
    }
}
