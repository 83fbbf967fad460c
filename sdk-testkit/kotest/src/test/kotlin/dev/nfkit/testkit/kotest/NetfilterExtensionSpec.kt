package dev.nfkit.testkit.kotest

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.TestClock
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.TestCase
import io.kotest.engine.test.TestResult
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Duration

private suspend fun run(
    testCase: TestCase,
    result: TestResult = TestResult.Success(Duration.ZERO),
    body: suspend () -> Unit,
): TestResult =
    NetfilterExtension.intercept(testCase) {
        body()
        result
    }

class NetfilterExtensionSpec :
    FunSpec({
        extension(NetfilterExtension)

        var before: FakeNetfilter? = null

        test("a test has one kernel, in whatever context it asks") {
            val kernel = fakeKernel()
            before = kernel
            fakeKernel() shouldBeSameInstanceAs kernel
            withContext(Dispatchers.Default) { fakeKernel() } shouldBeSameInstanceAs kernel
        }

        test("the next test has another one, with the clock that it wants") {
            val clock = TestClock.manual()
            fakeKernel { clock }.clock() shouldBeSameInstanceAs clock
            fakeKernel() shouldNotBeSameInstanceAs before!!
        }

        context("a container") {
            val outer = fakeKernel()
            test("its tests have their own") {
                fakeKernel() shouldNotBeSameInstanceAs outer
            }
        }

        test("what is left over fails a test that passed") {
            lateinit var left: NetlinkSocket
            val result = run(testCase) { left = fakeKernel().open(NETLINK_NETFILTER) }
            result.isFailure shouldBe true
            result.errorOrNull!!.message!! shouldContain "is open"
            left.close()
        }

        test("a failure stays the first and has what was left over besides") {
            val failure = AssertionError("the first failure")
            val result =
                run(testCase, TestResult.Failure(Duration.ZERO, failure)) { fakeKernel().open(NETLINK_NETFILTER) }
            result.errorOrNull shouldBeSameInstanceAs failure
            failure.suppressed.single().message!! shouldContain "is open"
        }

        test("what leaves nothing over passes") {
            run(testCase) { fakeKernel().open(NETLINK_NETFILTER).close() }.isSuccess shouldBe true
        }
    })

class NoExtensionSpec :
    FunSpec({
        test("without the extension, asking for a kernel says what is missing") {
            shouldThrow<IllegalStateException> { fakeKernel() }.message!! shouldContain "extension(NetfilterExtension)"
        }
    })
