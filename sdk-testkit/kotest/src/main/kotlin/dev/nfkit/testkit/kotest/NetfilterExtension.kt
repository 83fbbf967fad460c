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
 * It keeps nothing between tests, so that one serves a spec or a whole project, and tests that run at once. Repeated
 * invocations of one test share what they ask for.
 */
public object NetfilterExtension : TestCaseExtension {
    private val running = ConcurrentHashMap<Descriptor, Doubles>()

    /** Runs a test and looks what it has left over. */
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
            failure == null -> TestResult.Failure(result.duration, left)
            else -> result.also { failure.addSuppressed(left) }
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
 * The kernel in memory of this test: the same one however often it is asked for. A test inside a container has its own.
 *
 * @param clock makes what its time follows, where this is the first call of the test
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.fakeKernel(clock: () -> TestClock = TestClock::automatic): FakeNetfilter =
    NetfilterExtension.doubles(this, "fakeKernel").kernel(clock)

/**
 * A replay of a recording for this test, from the recording's start at each call. Behind the test it is closed, which fails
 * what passed and left something over: a request that was not made, a packet that was not read.
 *
 * @param recording a file in the package of the spec's class, or from the root of the class path
 * @param lenient whether what is sent need not be what was sent then ([Traces.lenient])
 * @throws IllegalArgumentException if there is no such file, naming where it was looked for
 * @throws java.io.UncheckedIOException if it is no recording
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.replay(
    recording: String,
    lenient: Boolean = false,
): ReplayTransport = NetfilterExtension.doubles(this, "replay").replay(testCase.spec::class.java, recording, lenient)
