// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.io.IOException

private const val TEXT = "thrown by the test"

/** The exceptions that are thrown. */
private val kinds: Map<String, () -> Throwable> =
    mapOf(
        "a RuntimeException" to { IllegalStateException(TEXT) },
        "a checked exception" to { IOException(TEXT) },
        "a NetlinkException" to { SystemCallException(TEXT, Errno.EIO, null) },
        "an InterruptedException" to { InterruptedException(TEXT) },
        "an AssertionError" to { AssertionError(TEXT) },
        "a StackOverflowError" to { StackOverflowError(TEXT) },
        "an OutOfMemoryError" to { OutOfMemoryError(TEXT) },
        "an Error" to { Error(TEXT) },
        "a Throwable" to { Throwable(TEXT) },
    )

/** A session of the SDK in a separate coroutine, and what it throws to its caller. */
private class Caller(
    call: suspend () -> Unit,
) {
    @Volatile var seen: Throwable? = null

    val job: Job =
        CoroutineScope(Dispatchers.Default).launch {
            try {
                call()
            } catch (e: Throwable) {
                seen = e
            }
        }
}

private const val PACKETS = 5

private fun Kernel.enqueueSome() = repeat(PACKETS) { fake.nfqueue().enqueue(0, SamplePackets.udp4()) }

private fun malformed() = ByteArray(20).also { it[0] = 77 } // a length that exceeds its datagram

/** A row of the table: where something fails, and how it is caused. The caller must get that same failure. */
private class Row(
    val name: String,
    val call: suspend Kernel.(failure: Throwable, begun: CompletableDeferred<Unit>) -> Unit,
    /** Whether the caller is cancelled once it has begun. */
    val cancelled: Boolean = false,
    /** Makes the kernel fail, after the session has begun. */
    val disturb: suspend Kernel.(failure: Throwable) -> Unit = {},
)

private suspend fun Kernel.queue(block: suspend NfqueueScope.() -> Unit) =
    useNfqueue({ queue(0) }) {
        enqueueSome()
        block()
    }

private val QueuedPacket.isSecond get() = id() == 2L

private val rows =
    listOf(
        Row("the block of a queue", { failure, _ -> queue { throw failure } }),
        Row("the configuration of a queue", { failure, _ -> useNfqueue({ throw failure }) { } }),
        Row("a decider", { failure, _ ->
            queue { decide { if (it.isSecond) throw failure else Verdict.ACCEPT } }
        }),
        Row("one of several deciders", { failure, _ ->
            queue { decide(concurrency = 4) { if (it.isSecond) throw failure else Verdict.ACCEPT } }
        }),
        Row("a decider that has suspended", { failure, _ ->
            queue {
                decide(concurrency = 4) {
                    yield()
                    if (it.isSecond) throw failure else Verdict.ACCEPT
                }
            }
        }),
        Row("a decider during a stop", { failure, _ ->
            queue {
                stop()
                decide { if (it.isSecond) throw failure else Verdict.ACCEPT }
            }
        }),
        Row("a decider that is cancelled", { failure, begun ->
            queue {
                decide {
                    try {
                        begun.complete(Unit)
                        awaitCancellation()
                    } finally {
                        throw failure
                    }
                }
            }
        }, cancelled = true),
        Row("a collector of packets", { failure, _ -> queue { packets.collect { throw failure } } }),
        Row("a collector of batches", { failure, _ -> queue { batches.collect { throw failure } } }),
        Row("onMalformed, thrown to the decider", { failure, _ ->
            useNfqueue({
                queue(0)
                onMalformed { throw failure }
            }) {
                fake.socket().deliver(*malformed())
                decide { Verdict.ACCEPT }
            }
        }),
        Row(
            "onMalformed, before a cancellation",
            { failure, begun ->
                useNfqueue({
                    queue(0)
                    onMalformed { throw failure }
                }) {
                    fake.socket().deliver(*malformed())
                    eventually("the session ends") { fake.openSockets() == 0 }
                    begun.complete(Unit)
                    awaitCancellation()
                }
            },
            cancelled = true,
        ),
        Row("the transport's open", { failure, _ ->
            openFailure = failure
            queue { }
        }),
        Row("the transport's receive, before the block ends", { failure, _ ->
            queue {
                failReceive(failure)
                eventually("the session ends") { fake.openSockets() == 0 }
            }
        }),
        Row(
            "the transport's receive, before a cancellation",
            { failure, begun ->
                queue {
                    failReceive(failure)
                    eventually("the session ends") { fake.openSockets() == 0 }
                    begun.complete(Unit)
                    awaitCancellation()
                }
            },
            cancelled = true,
        ),
        Row("the transport's close, at the end of the block", { failure, _ -> queue { closeFailure = failure } }),
        Row(
            "the transport's close, at a cancellation",
            { failure, begun ->
                queue {
                    closeFailure = failure
                    begun.complete(Unit)
                    awaitCancellation()
                }
            },
            cancelled = true,
        ),
        Row(
            "the transport's wakeup, at a cancellation",
            { failure, begun ->
                queue {
                    wakeupFailure = failure
                    begun.complete(Unit)
                    awaitCancellation()
                }
            },
            cancelled = true,
        ),
        Row("the block of a log", { failure, _ -> useNflog({ group(30) }) { throw failure } }),
        Row("a collector of a log", { failure, _ ->
            useNflog({ group(30) { threshold = 1 } }) {
                log(1..3)
                packets.collect { throw failure }
            }
        }),
        Row(
            "the receive of a log, before a cancellation",
            { failure, begun ->
                useNflog({ group(30) }) {
                    failReceive(failure)
                    eventually("the session ends") { fake.openSockets() == 0 }
                    begun.complete(Unit)
                    awaitCancellation()
                }
            },
            cancelled = true,
        ),
        Row("a collector of a log's flow", { failure, _ ->
            nflog(30) { threshold = 1 }.collect { throw failure }
        }, disturb = {
            eventually("the group is bound") { bound() }
            log(1..1) // the group is unbound once the first has come
        }),
        Row("the close of a log's flow", { failure, _ ->
            nflog(30) { threshold = 1 }.collect {
                closeFailure = failure
                throw CancellationException("the collector has enough")
            }
        }, disturb = {
            eventually("the group is bound") { bound() }
            log(1..1) // the group is unbound once the first has come
        }),
        Row("a collector of a dump", { failure, _ ->
            connect(1..3)
            useConntrack { dump().collect { throw failure } }
        }),
        Row("the block of a table", { failure, _ -> useConntrack { throw failure } }),
        Row("a collector of changes", { failure, _ ->
            connect(1..3)
            conntrackChanges().collect { throw failure }
        }),
    )

/**
 * Every callback of the Kotlin API fails with every kind of throwable. Each time the caller gets that same failure,
 * even if it was cancelled; the sockets are closed, the reader threads have ended, and no packet waits or was accepted
 * undecided.
 */
class FailureSpec :
    FunSpec({
        for (row in rows) {
            context("a failure of ${row.name}${if (row.cancelled) ", which a cancelled caller gets" else ""}") {
                for ((kind, make) in kinds) {
                    test(kind) {
                        val kernel = Kernel()
                        val failure = make()
                        val begun = CompletableDeferred<Unit>()
                        bounded {
                            val caller = Caller { row.call(kernel, failure, begun) }
                            row.disturb(kernel, failure)
                            if (row.cancelled) {
                                begun.await()
                                caller.job.cancelAndJoin()
                            }
                            caller.job.join()
                            caller.seen shouldBeSameInstanceAs failure
                        }
                        kernel.fake.openSockets() shouldBe 0
                        ownThreads().shouldBeEmpty()
                        val left = kernel.fake.nfqueue().decided()
                        kernel.fake
                            .nfqueue()
                            .queues()
                            .shouldBeEmpty()
                        left.map { it.id() }.toSet() shouldHaveSize left.size
                        left.filter { it.passed() && it.id() == 2L }.shouldBeEmpty()
                    }
                }
            }
        }
    })

private fun ownThreads() =
    Thread
        .getAllStackTraces()
        .keys
        .filter { it.isAlive && it.name.startsWith("nfkit-n") }
