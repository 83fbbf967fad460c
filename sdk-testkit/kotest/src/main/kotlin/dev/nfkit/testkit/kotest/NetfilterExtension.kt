package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import io.kotest.core.extensions.TestCaseExtension
import io.kotest.core.test.TestCase
import io.kotest.engine.test.TestResult
import kotlinx.coroutines.withContext
import kotlin.coroutines.coroutineContext

/**
 * Gives each test the kernel and the recordings that it asks for with [fakeKernel] and [replay], and looks behind it
 * whether anything is left over: that fails a test which passed, and is added to what failed.
 *
 * ```kotlin
 * class FirewallSpec : FunSpec({
 *     extension(NetfilterExtension)
 *
 *     test("telnet is dropped") {
 *         val kernel = fakeKernel()
 *         NfqueueSession.open(kernel, options).use { session ->
 *             kernel.nfqueue().enqueue(3, SampleNfqueue.of(*SamplePackets.tcp4()))
 *             session.poll(firewall, ZERO)
 *         }
 *         kernel.nfqueue().decided().single().shouldBeDropped()
 *     }
 * })
 * ```
 *
 * It keeps nothing between tests, so that one serves a spec or a whole project, and tests that run at once.
 */
public object NetfilterExtension : TestCaseExtension {
    /** Runs a test and looks what it has left over. */
    override suspend fun intercept(
        testCase: TestCase,
        execute: suspend (TestCase) -> TestResult,
    ): TestResult {
        val doubles = Doubles()
        val result = withContext(doubles) { execute(testCase) }
        val left = doubles.left()
        val failure = result.errorOrNull
        return when {
            left == null || result.isIgnored -> result
            failure == null -> TestResult.Failure(result.duration, left)
            else -> result.also { failure.addSuppressed(left) }
        }
    }
}

/**
 * The kernel in memory of this test: the same one however often it is asked for.
 *
 * @param clock makes what its time follows, where this is the first call of the test
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public suspend fun fakeKernel(clock: () -> TestClock = TestClock::automatic): FakeNetfilter =
    doubles("fakeKernel").kernel(clock)

private suspend fun doubles(caller: String): Doubles =
    checkNotNull(coroutineContext[Doubles]) {
        "$caller() is for the tests of specs that have extension(NetfilterExtension)"
    }
