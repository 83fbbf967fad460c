// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.testkit.SocketEffect
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch

private const val READER = "conntrack-events"
private const val IPS_ASSURED = 4L
private const val IPS_CONFIRMED = 8L

/** The port of an event's connection. */
private val ConntrackEvent.port: Int get() = (this as ConntrackEvent.OfConnection).entry().port

/** A session first finds out, with a separate socket, whether there are events to receive. */
private fun Kernel.closedOnce(sessions: Int = 1) {
    fake.sockets().size shouldBe 2 * sessions
    closes.get() shouldBe 2 * sessions
}

/** Waits until the reader of a flow waits in the kernel for more. */
private suspend fun waitsInKernel() = eventually("the reader waits in the kernel") { readerListens(READER) }

class ConntrackEventFlowSpec :
    FunSpec({
        test("nothing is opened until it is collected, and each collection has a separate session") {
            val kernel = Kernel()
            val events = kernel.conntrackEvents()
            kernel.fake.sockets().shouldBeEmpty()
            for (round in 1..2) {
                bounded {
                    val ports = async { events.take(2).map { it.port }.toList() }
                    waitsInKernel()
                    kernel.connect(round * 10..round * 10 + 2)
                    ports.await() shouldContainExactly listOf(round * 10, round * 10 + 1)
                }
                kernel.closedOnce(round)
                kernel.fake.openSockets() shouldBe 0
                readers(READER).shouldBeEmpty()
            }
        }

        test("bad options are refused before the collection") {
            val kernel = Kernel()
            shouldThrow<IllegalArgumentException> { kernel.conntrackEvents { receiveBuffer = 4095 } }
                .message shouldBe "receiveBuffer 4095 is out of 4096 to 1073741823"
            shouldThrow<IllegalArgumentException> { kernel.conntrackEvents { batchCapacity = 0 } }
        }

        test("events are owned and stay valid after the session") {
            val kernel = Kernel()
            bounded {
                val event = async { kernel.conntrackEvents().first() }
                waitsInKernel()
                kernel.connect(7..7) { mark(5) }
                val made = event.await().shouldBeInstanceOf<ConntrackEvent.New>()
                made.entry().owned() shouldBe true
                made.entry().mark() shouldBe 5
                made.port shouldBe 7
            }
        }

        test("the kernel sends only events of the requested kinds and connections") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrackEvents({
                    kinds(ConntrackEventKind.DESTROYED, ConntrackEventKind.NEW)
                    filter(ConntrackFilter.all().mark(1))
                    filter(ConntrackFilter.all().mark(2))
                }) {
                    val ids =
                        listOf(1L, 2L, 3L).map { mark ->
                            kernel.connect(listOf(mark.toInt())) { mark(mark) }.single()
                        }
                    kernel.fake.conntrack().change(ids[0]) { it.status(IPS_CONFIRMED or IPS_ASSURED) }
                    kernel.fake.conntrack().expire(ids[1])
                    stop()
                    events.map { it::class to it.port }.toList() shouldContainExactly
                        listOf(
                            ConntrackEvent.New::class to 1,
                            ConntrackEvent.New::class to 2,
                            ConntrackEvent.Destroyed::class to 2,
                        )
                }
            }
        }

        test("cancelling a collector that waits in the kernel closes the socket, once") {
            val kernel = Kernel()
            bounded {
                val job = launch { kernel.conntrackEvents().collect {} }
                waitsInKernel()
                job.cancelAndJoin()
            }
            kernel.closedOnce()
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("cancelling while the first request has no answer ends at once") {
            val kernel = Kernel()
            kernel.fake.onRequest { true }.withoutAcknowledgement()
            bounded {
                val job = launch { kernel.conntrackEvents().collect {} }
                eventually("the request is sent") { kernel.fake.sent().isNotEmpty() }
                job.cancelAndJoin() // the clock stands still, so no deadline can have ended it
            }
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("cancelling before the reader has begun leaves nothing open") {
            repeat(200) {
                val kernel = Kernel()
                bounded {
                    launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) { kernel.conntrackEvents().collect {} }
                        .cancelAndJoin()
                }
                kernel.fake.openSockets() shouldBe 0
            }
        }

        test("the collector gets the exception of the open, or of a receive after the earlier events, unchanged") {
            val kernel = Kernel()
            val failure = SystemCallException("socket(AF_NETLINK)", Errno.EMFILE, null)
            kernel.openFailure = failure
            runCatching { kernel.conntrackEvents().collect {} }.exceptionOrNull() shouldBeSameInstanceAs failure
            kernel.openFailure = null
            val ports = mutableListOf<Int>()
            bounded {
                val thrown =
                    async { runCatching { kernel.conntrackEvents().collect { ports += it.port } } }
                waitsInKernel()
                kernel.connect(1..3)
                eventually("they are received") { kernel.fake.socket().pending() == 0 }
                kernel.failReceive(failure)
                thrown.await().exceptionOrNull() shouldBeSameInstanceAs failure
            }
            ports shouldContainExactly listOf(1, 2, 3)
            kernel.closedOnce()
        }

        test("the block starts when the groups are subscribed, and stop delivers all events sent so far") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrackEvents {
                    kernel.connect(1..50)
                    events.take(10).map { it.port }.toList() shouldContainExactly (1..10).toList()
                    stop()
                    events.map { it.port }.toList() shouldContainExactly (11..50).toList()
                    statistics().delivered() shouldBe 50
                    statistics().discarded() shouldBe 0
                }
            }
            kernel.closedOnce()
            readers(READER).shouldBeEmpty()
        }

        test("a slow collector makes the receive buffer overflow, and gets the position and size of the loss") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrackEvents({
                    receiveBuffer = 16_384
                    batchCapacity = 1
                }) {
                    kernel.connect(1..1)
                    eventually("it is received") { kernel.fake.socket().pending() == 0 }
                    kernel.connect(2..2)
                    eventually("the reader is blocked") { readerIsHeldUp(READER) }
                    kernel.connect(3..5_000)
                    stop()
                    val all = events.toList()
                    val overruns = all.filterIsInstance<ConntrackEvent.Overrun>()
                    val newEvents = all.filterIsInstance<ConntrackEvent.New>()
                    overruns.sumOf { it.lost() } shouldBeGreaterThan 4_000
                    newEvents.size + overruns.sumOf { it.lost() } shouldBe 5_000
                    newEvents.map { it.port } shouldContainExactly (1..newEvents.size).toList()
                    all.last().shouldBeInstanceOf<ConntrackEvent.Overrun>()
                    statistics().socketDrops() shouldBe overruns.sumOf { it.lost() }
                }
            }
        }

        test("an overrun is reported even if nothing follows, and a close does not count it as a discarded event") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrackEvents {
                    kernel.fake.socket().effect(SocketEffect.Overrun(3))
                    events.first() shouldBe ConntrackEvent.Overrun(3)
                }
            }
            lateinit var scope: ConntrackEventScope
            bounded {
                kernel.useConntrackEvents {
                    scope = this
                    kernel.connect(1..2)
                    events.first().port shouldBe 1
                    kernel.fake.socket().effect(SocketEffect.Overrun(3))
                    eventually("it is received") { statistics().overruns() == 1L && statistics().delivered() == 2L }
                    waitsInKernel()
                }
            }
            scope.statistics().delivered() shouldBe 1
            scope.statistics().discarded() shouldBe 1
            scope.statistics().socketDrops() shouldBe 3
        }

        test("a failure that no collector has thrown is thrown when the block returns") {
            val kernel = Kernel()
            val failure = SystemCallException("recvmmsg", Errno.of(12), null)
            val thrown =
                runCatching {
                    kernel.useConntrackEvents {
                        kernel.failReceive(failure)
                        eventually("the reader has ended") { readers(READER).isEmpty() }
                    }
                }
            thrown.exceptionOrNull() shouldBeSameInstanceAs failure
        }
    })
