// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.Traces
import io.kotest.core.descriptors.Descriptor
import io.kotest.core.extensions.TestCaseExtension
import io.kotest.core.test.TestCase
import io.kotest.core.test.TestScope
import io.kotest.engine.test.TestResult
import java.util.concurrent.ConcurrentHashMap

/**
 * Provides each test with the kernel and the recordings that it requests with [fakeKernel] and [replay], and checks
 * after the test whether it left something. That fails a test that passed, and is added to the error of a test that
 * failed.
 *
 * ```kotlin
 * class FirewallSpec : FunSpec({
 *     extension(NetfilterExtension)
 *
 *     test("telnet is dropped") {
 *         val kernel = fakeKernel()
 *         NfqueueSession.open(kernel, options).use { session ->
 *             kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.tcp4()))
 *             session.poll(firewall, ZERO)
 *         }
 *         kernel.nfqueue().decided().single().shouldBeDropped()
 *     }
 * })
 * ```
 *
 * It keeps no state between tests, so one instance serves a spec or a whole project, and tests that run concurrently.
 * Repeated invocations of one test share what they request.
 */
public object NetfilterExtension : TestCaseExtension {
    private val running = ConcurrentHashMap<Descriptor, Doubles>()

    /** Runs a test and checks what it has left. */
    override suspend fun intercept(
        testCase: TestCase,
        execute: suspend (TestCase) -> TestResult,
    ): TestResult {
        val doubles = Doubles()
        running[testCase.descriptor] = doubles
        val result =
            try {
                execute(testCase)
            } finally {
                running.remove(testCase.descriptor)
            }
        val left = doubles.left()
        val failure = result.errorOrNull
        return when {
            left == null || result.isIgnored -> result
            failure != null -> result.also { failure.addSuppressed(left) }
            left is AssertionError -> TestResult.Failure(result.duration, left)
            else -> TestResult.Error(result.duration, left)
        }
    }

    internal fun doubles(
        test: TestScope,
        caller: String,
    ): Doubles =
        checkNotNull(running[test.testCase.descriptor]) {
            "$caller() is for the tests of specs that have extension(NetfilterExtension)"
        }
}

/**
 * Returns the kernel in memory of this test: the same one at each call. A test inside a container has its own.
 *
 * @param clock creates the kernel's clock, at the first call of the test
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.fakeKernel(clock: () -> TestClock = TestClock::automatic): FakeNetfilter =
    NetfilterExtension.doubles(this, "fakeKernel").kernel(clock)

/**
 * Returns a replay of a recording for this test, from the recording's start at each call. After the test it is closed.
 * That fails a test that passed but left something: a request that was not sent, or a packet that was not read.
 *
 * @param recording a file in the package of the spec's class, or from the root of the class path
 * @param lenient whether sent messages may differ from the recorded ones ([Traces.lenient])
 * @throws IllegalArgumentException if there is no such file; the message names the searched places
 * @throws java.io.UncheckedIOException if it is not a recording
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.replay(
    recording: String,
    lenient: Boolean = false,
): ReplayTransport = NetfilterExtension.doubles(this, "replay").replay(testCase.spec::class.java, recording, lenient)
