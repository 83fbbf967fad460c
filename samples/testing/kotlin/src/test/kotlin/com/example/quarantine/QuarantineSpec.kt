package com.example.quarantine

import dev.nfkit.NetlinkException
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.coroutines.bound
import dev.nfkit.testkit.coroutines.decided
import dev.nfkit.testkit.coroutines.netlinkClock
import dev.nfkit.testkit.fault.FaultRuns
import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.fakeKernel
import dev.nfkit.testkit.kotest.replay
import dev.nfkit.testkit.kotest.shouldBeDropped
import dev.nfkit.testkit.kotest.shouldHaveDeparted
import dev.nfkit.testkit.kotest.shouldHaveVerdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration.Companion.minutes

/** Runs the quarantine on this test's kernel while a block runs. */
private suspend fun guarded(
    kernel: FakeNetfilter,
    isTrusted: suspend (String) -> Boolean,
    block: suspend () -> Unit,
) = coroutineScope {
    val guard = launch { kernel.quarantine(isTrusted) }
    kernel.nfqueue().bound(QUEUE)
    block()
    guard.cancel()
}

private fun FakeNetfilter.knock(source: String) =
    nfqueue().enqueue(QUEUE, SamplePackets.udp(source, 4000, "10.0.0.1", 22))

class QuarantineSpec :
    FunSpec({
        extension(NetfilterExtension)
        coroutineTestScope = true // virtual time, as runTest has it

        test("only packets of trusted peers are accepted") {
            val kernel = fakeKernel()
            guarded(kernel, { it == "10.0.0.2" }) {
                kernel.knock("10.0.0.2")
                kernel.knock("10.0.0.3")
                val (trusted, unknown) = kernel.nfqueue().decided(2)
                trusted shouldHaveVerdict Verdict.ACCEPT
                unknown shouldHaveVerdict Verdict.DROP
            }
        }

        test("a slow oracle does not delay other packets") {
            val kernel = fakeKernel()
            val answer = CompletableDeferred<Boolean>()
            guarded(kernel, { if (it == "10.0.0.9") answer.await() else true }) {
                kernel.knock("10.0.0.9")
                kernel.knock("10.0.0.2")
                kernel.nfqueue().decided(1).single() shouldHaveVerdict Verdict.ACCEPT
                answer.complete(false)
                kernel.nfqueue().decided(2).last() shouldHaveVerdict Verdict.DROP
            }
        }

        test("a packet that waits longer than the deadline is dropped, and the test does not wait") {
            val clock = netlinkClock()
            val kernel = fakeKernel { clock }
            guarded(kernel, {
                delay(10.minutes)
                true
            }) {
                kernel.knock("10.0.0.2")
                kernel.nfqueue().decided(1).single().shouldBeDropped()
            }
        }

        test("decisions recorded on the real kernel are repeated") {
            replay("quarantine.pcapng").quarantine { it == "10.0.0.2" }
        }

        test("no packet is left without a verdict, whatever goes wrong") {
            FaultRuns.of(100).check { run ->
                val kernel = FakeNetfilter()
                runBlocking(Dispatchers.Default) {
                    val guard =
                        launch {
                            try {
                                run.over(kernel).quarantine { true }
                            } catch (e: NetlinkException) {
                                // The quarantine fails with the reason: the application handles it.
                            }
                        }
                    repeat(5) { kernel.knock("10.0.0.2") }
                    guard.cancelAndJoin()
                }
                kernel.nfqueue().decided() shouldHaveSize 5
            }
        }

        test("the kernel drops packets after the quarantine has ended") {
            val kernel = fakeKernel()
            guarded(kernel, { true }) {}
            kernel.knock("10.0.0.2")
            kernel.nfqueue().decided().single() shouldHaveDeparted Departure.NO_QUEUE
        }
    })
