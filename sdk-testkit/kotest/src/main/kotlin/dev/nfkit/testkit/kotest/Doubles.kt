// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.Traces

/** The fake kernel and the replays of one test, and what is closed after it. */
internal class Doubles {
    private var kernel: FakeNetfilter? = null
    private val checks = mutableListOf<() -> Unit>()
    private val resources = mutableMapOf<Class<*>, AutoCloseable>()

    @Synchronized
    fun kernel(clock: () -> TestClock): FakeNetfilter =
        kernel ?: FakeNetfilter(clock()).also {
            kernel = it
            checks += it::verify
        }

    @Synchronized
    fun replay(
        spec: Class<*>,
        recording: String,
        lenient: Boolean,
    ): ReplayTransport =
        (if (lenient) Traces.lenient(spec, recording) else Traces.replay(spec, recording)).also { checks += it::close }

    /** The resource of a type, which is closed after the test. */
    @Synchronized
    fun <T : AutoCloseable> resource(
        type: Class<T>,
        open: () -> T,
    ): T = type.cast(resources.getOrPut(type, open))

    /** Closes the resources. Returns the error of the doubles, if something is left, or else of closing. */
    @Synchronized
    fun left(): Throwable? {
        val left = checks.mapNotNull { check -> runCatching(check).exceptionOrNull() as? AssertionError }
        val failed = resources.values.mapNotNull { resource -> runCatching(resource::close).exceptionOrNull() }
        val all = left + failed
        all.drop(1).forEach { all.first().addSuppressed(it) }
        return all.firstOrNull()
    }
}
