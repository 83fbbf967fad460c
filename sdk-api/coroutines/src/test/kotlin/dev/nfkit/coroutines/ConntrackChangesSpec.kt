// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.testkit.SocketEffect
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import java.time.Duration
import kotlin.time.Duration.Companion.INFINITE
import kotlin.time.Duration.Companion.ZERO
import kotlin.time.Duration.Companion.seconds

private const val READER = "conntrack-changes"
private const val GET = 0x101

/** A short form of a change: +, ~ or - and the port, and the mark if there is one. */
private val ConntrackChange.short: String
    get() =
        when (this) {
            is ConntrackChange.Added -> "+${entry().port}"
            is ConntrackChange.Changed -> "~${after().port} ${before().mark()}>${after().mark()}"
            is ConntrackChange.Removed -> "-${entry().port}"
        }

/** Collects changes concurrently with the test. */
private class Watch(
    scope: CoroutineScope,
    changes: Flow<ConntrackChange>,
) {
    private val seen = Channel<String>(Channel.UNLIMITED)
    val job = scope.launch(Dispatchers.Default) { changes.collect { seen.send(it.short) } }

    /** The next changes. */
    suspend fun next(count: Int): List<String> = List(count) { seen.receive() }
}

class ConntrackChangesSpec :
    FunSpec({
        test("existing connections are added first, then changes follow") {
            val kernel = Kernel()
            val ids = kernel.connect(1..3)
            bounded {
                val watch = Watch(this, kernel.conntrackChanges())
                watch.next(3) shouldContainExactlyInAnyOrder listOf("+1", "+2", "+3")
                kernel.connect(4..4)
                kernel.fake.conntrack().change(ids[0]) { it.mark(7) }
                kernel.fake.conntrack().expire(ids[1])
                watch.next(3) shouldContainExactly listOf("+4", "~1 0>7", "-2")
                watch.job.cancelAndJoin()
            }
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("each collection has its own mirror, and changes are owned") {
            val kernel = Kernel()
            kernel.connect(1..5)
            val changes = kernel.conntrackChanges()
            kernel.fake.sockets().shouldBeEmpty()
            repeat(2) {
                bounded {
                    changes.take(5).toList().all { (it as ConntrackChange.Added).entry().owned() } shouldBe true
                }
                kernel.fake.openSockets() shouldBe 0
            }
        }

        test("a connection that begins or ceases to match the filter is added or removed") {
            val kernel = Kernel()
            val ids = kernel.connect(1..2) { mark(7) } + kernel.connect(3..3)
            bounded {
                val watch = Watch(this, kernel.conntrackChanges(ConntrackFilter.all().mark(7)))
                watch.next(2) shouldContainExactlyInAnyOrder listOf("+1", "+2")
                kernel.fake.conntrack().change(ids[0]) { it.mark(8) }
                kernel.fake.conntrack().change(ids[2]) { it.mark(7) }
                watch.next(2) shouldContainExactly listOf("-1", "+3")
                watch.job.cancelAndJoin()
            }
        }

        test("after a loss of events the table is dumped, and missed changes are reported") {
            val kernel = Kernel()
            val ids = kernel.connect(1..2)
            bounded {
                val watch = Watch(this, kernel.conntrackChanges())
                watch.next(2) shouldContainExactlyInAnyOrder listOf("+1", "+2")
                kernel.withoutEvents {
                    kernel.fake.conntrack().expire(ids[0])
                    kernel.connect(3..3)
                }
                kernel.listener().effect(SocketEffect.Overrun(2))
                watch.next(2) shouldContainExactlyInAnyOrder listOf("-1", "+3")
                watch.job.cancelAndJoin()
            }
        }

        test("changes without events are found after the refresh time, and never if it is disabled") {
            for (refresh in listOf(10.seconds, INFINITE)) {
                val kernel = Kernel()
                val ids = kernel.connect(1..1)
                bounded {
                    val watch = Watch(this, kernel.conntrackChanges(refresh = refresh))
                    watch.next(1) shouldContainExactly listOf("+1")
                    eventually("it waits for events") { readerListens(READER) }
                    kernel.withoutEvents { kernel.connect(2..2) }
                    kernel.fake.clock().advance(Duration.ofSeconds(9))
                    kernel.fake.conntrack().change(ids[0]) { it.mark(1) }
                    watch.next(1) shouldContainExactly listOf("~1 0>1")
                    kernel.fake.clock().advance(Duration.ofSeconds(1))
                    if (refresh.isFinite()) {
                        watch.next(1) shouldContainExactly listOf("+2")
                    }
                    kernel.fake.conntrack().change(ids[0]) { it.mark(2) }
                    watch.next(1) shouldContainExactly listOf("~1 1>2")
                    watch.job.cancelAndJoin()
                }
            }
        }

        test("a table that changes during every dump is soon dumped again") {
            val kernel = Kernel()
            val ids = kernel.connect(1..2_000)
            bounded {
                val watch = Watch(this, kernel.conntrackChanges())
                watch.next(2_000)
                kernel.withoutEvents { kernel.fake.conntrack().expire(ids[0]) }
                kernel.fake.conntrack().interruptDumps(8)
                kernel.fake.clock().advance(Duration.ofSeconds(30))
                eventually("it has dumped 8 times") { kernel.fake.sent().count { it.type() == GET } == 9 }
                eventually("it waits for events") { readerListens(READER) }
                kernel.fake.clock().advance(Duration.ofSeconds(1))
                watch.next(1) shouldContainExactly listOf("-1")
                watch.job.cancelAndJoin()
            }
        }

        test("cancelling during a dump without an answer ends at once") {
            val kernel = Kernel()
            kernel.fake.onRequest { it.type() == GET }.withoutAcknowledgement()
            bounded {
                val job = launch { kernel.conntrackChanges().collect {} }
                eventually("the request is sent") { kernel.fake.sent().any { it.type() == GET } }
                job.cancelAndJoin()
            }
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("the collector gets the kernel's refusal, and everything is closed") {
            val kernel = Kernel()
            kernel.fake.onRequest { it.type() == GET }.refuse(Errno.EPERM)
            shouldThrow<KernelRefusedException> { kernel.conntrackChanges().collect {} }
            kernel.fake.openSockets() shouldBe 0
            kernel.fake
                .conntrack()
                .settings()
                .available(false)
            shouldThrow<KernelRefusedException> { kernel.conntrackChanges().collect {} }
            kernel.fake.openSockets() shouldBe 0
        }

        test("a time that is not positive is refused") {
            shouldThrow<IllegalArgumentException> { Kernel().conntrackChanges(refresh = ZERO) }
                .message shouldBe "refresh 0s is not positive"
        }
    })
