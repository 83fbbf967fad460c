package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/** The fake kernel and the replays of one test, in its context. */
internal class Doubles : AbstractCoroutineContextElement(Doubles) {
    companion object Key : CoroutineContext.Key<Doubles>

    private var kernel: FakeNetfilter? = null
    private val checks = mutableListOf<() -> Unit>()

    @Synchronized
    fun kernel(clock: () -> TestClock): FakeNetfilter =
        kernel ?: FakeNetfilter(clock()).also {
            kernel = it
            checks += it::verify
        }

    /** What is left over, if anything is. */
    @Synchronized
    fun left(): AssertionError? {
        val left = checks.mapNotNull { check -> runCatching(check).exceptionOrNull() as? AssertionError }
        left.drop(1).forEach { left.first().addSuppressed(it) }
        return left.firstOrNull()
    }
}
