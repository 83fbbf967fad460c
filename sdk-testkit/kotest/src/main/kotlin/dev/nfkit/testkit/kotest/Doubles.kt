package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.Traces

/** The fake kernel and the replays of one test. */
internal class Doubles {
    private var kernel: FakeNetfilter? = null
    private val checks = mutableListOf<() -> Unit>()

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

    /** The error of the doubles, if something is left. */
    @Synchronized
    fun left(): AssertionError? {
        val left = checks.mapNotNull { check -> runCatching(check).exceptionOrNull() as? AssertionError }
        left.drop(1).forEach { left.first().addSuppressed(it) }
        return left.firstOrNull()
    }
}
