// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.TestCase
import io.kotest.core.test.TestScope
import io.kotest.engine.test.TestResult
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.time.Duration.ofSeconds
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours

/** A test case with another name than the running one. */
private suspend fun TestScope.run(
    result: TestResult = TestResult.Success(Duration.ZERO),
    body: suspend TestScope.() -> Unit,
): TestResult {
    val inner = testCase.copy(descriptor = testCase.descriptor.append("inner"))
    val scope = TestScopeOf(inner, this)
    return NetfilterExtension.intercept(inner) {
        scope.body()
        result
    }
}

private class TestScopeOf(
    override val testCase: TestCase,
    outer: TestScope,
) : TestScope by outer

class NetfilterExtensionSpec :
    FunSpec({
        extension(NetfilterExtension)

        var before: FakeNetfilter? = null

        test("a test has one kernel, in any coroutine context") {
            val kernel = fakeKernel()
            before = kernel
            fakeKernel() shouldBeSameInstanceAs kernel
            withContext(Dispatchers.Default) { fakeKernel() } shouldBeSameInstanceAs kernel
        }

        test("the next test has another kernel, with its own clock") {
            val clock = TestClock.manual()
            fakeKernel { clock }.clock() shouldBeSameInstanceAs clock
            fakeKernel() shouldNotBeSameInstanceAs before!!
        }

        test("a test with virtual time of Kotest has a kernel too").config(coroutineTestScope = true) {
            val kernel = fakeKernel()
            delay(1.hours)
            fakeKernel() shouldBeSameInstanceAs kernel
        }

        context("a container") {
            val outer = fakeKernel()
            test("nested tests have their own kernel") {
                fakeKernel() shouldNotBeSameInstanceAs outer
            }
        }

        test("something left fails a test that passed") {
            lateinit var left: NetlinkSocket
            val result = run { left = fakeKernel().open(NETLINK_NETFILTER) }
            result.isFailure shouldBe true
            result.errorOrNull!!.message!! shouldContain "is open"
            left.close()
        }

        test("a failure stays the first, and what was left is suppressed in it") {
            val failure = AssertionError("the first failure")
            val result =
                run(TestResult.Failure(Duration.ZERO, failure)) { fakeKernel().open(NETLINK_NETFILTER) }
            result.errorOrNull shouldBeSameInstanceAs failure
            failure.suppressed.single().message!! shouldContain "is open"
        }

        test("a recording is replayed into the real session") {
            val recorded = replay("traces/nflog/nflog-ipv4-icmp.pcap", lenient = true)
            var packets = 0
            NflogSession.open(recorded, NflogOptions.builder().group(30).build()).use { session ->
                while (session.poll<RuntimeException>({ packets++ }, ofSeconds(1)) > 0) {
                    packets shouldBeLessThan 1000
                }
                session.stop()
            }
            packets shouldBe 3
        }

        test("a recording that is not read to its end fails a test that passed") {
            val result = run { replay("traces/nflog/nflog-ipv4-icmp.pcap") }
            result.isFailure shouldBe true
            result.errorOrNull!!.message!! shouldContain "no socket was opened"
        }

        test("a test that leaves nothing passes") {
            run { fakeKernel().open(NETLINK_NETFILTER).close() }.isSuccess shouldBe true
        }
    })

class NoExtensionSpec :
    FunSpec({
        test("without the extension, requesting a kernel fails with advice") {
            shouldThrow<IllegalStateException> { fakeKernel() }.message!! shouldContain "extension(NetfilterExtension)"
        }
    })
