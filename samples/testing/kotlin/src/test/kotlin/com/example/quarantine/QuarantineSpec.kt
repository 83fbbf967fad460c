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
    nfqueue().enqueue(QUEUE, *SamplePackets.udp(source, 4000, "10.0.0.1", 22))

class QuarantineSpec :
    FunSpec({
        extension(NetfilterExtension)
        coroutineTestScope = true // virtual time, as runTest has it

        test("who is trusted comes in, and nobody else does") {
            val kernel = fakeKernel()
            guarded(kernel, { it == "10.0.0.2" }) {
                kernel.knock("10.0.0.2")
                kernel.knock("10.0.0.3")
                val (friend, stranger) = kernel.nfqueue().decided(2)
                friend shouldHaveVerdict Verdict.ACCEPT
                stranger shouldHaveVerdict Verdict.DROP
            }
        }

        test("an oracle that takes its time holds up nobody else") {
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

        test("who waits longer than the deadline stays outside, and the test does not wait at all") {
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

        test("what was decided on the real kernel is decided again") {
            replay("quarantine.pcapng").quarantine { it == "10.0.0.2" }
        }

        test("whatever goes wrong, no packet is left without a verdict") {
            FaultRuns.of(100).check { run ->
                val kernel = FakeNetfilter()
                runBlocking(Dispatchers.Default) {
                    val guard =
                        launch {
                            try {
                                run.over(kernel).quarantine { true }
                            } catch (e: NetlinkException) {
                                // It gives up, and says why: that is for whoever runs it.
                            }
                        }
                    repeat(5) { kernel.knock("10.0.0.2") }
                    guard.cancelAndJoin()
                }
                kernel.nfqueue().decided() shouldHaveSize 5
            }
        }

        test("where the quarantine has ended, the kernel drops what comes") {
            val kernel = fakeKernel()
            guarded(kernel, { true }) {}
            kernel.knock("10.0.0.2")
            kernel.nfqueue().decided().single() shouldHaveDeparted Departure.NO_QUEUE
        }
    })
