// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import kotlin.concurrent.thread

internal val https = SamplePackets.tcp("10.9.0.1", 40000, "192.0.2.7", 443, 2)
internal val connection = SampleTuple.tcp("10.9.0.1", 40000, "192.0.2.7", 443)

/** What a program prints. */
internal class Printed {
    private val bytes = ByteArrayOutputStream()
    val stream = PrintStream(bytes, true)
    val text get() = bytes.toString()
}

internal fun manual() = FakeNetfilter(TestClock.manual())

/** Runs a program on a thread, which ends when its sockets are closed. */
internal fun FakeNetfilter.whileRunning(
    program: () -> Unit,
    test: () -> Unit,
) {
    val running = thread(isDaemon = true) { runCatching(program) }
    test()
    sockets().forEach { it.close() }
    running.join(30_000)
}
