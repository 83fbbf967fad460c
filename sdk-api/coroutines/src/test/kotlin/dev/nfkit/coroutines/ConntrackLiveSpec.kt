// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.table.DumpResult
import dev.nfkit.conntrack.table.NewConnection
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import java.net.InetAddress
import java.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private const val TRACKING = "-A OUTPUT -m conntrack --ctstate NEW -j ACCEPT"
private const val MANY = 5_000
private val TIMEOUT = Duration.ofSeconds(600)

/** The original tuple of the connection with a number, which is a UDP one. */
private fun tuple(number: Int): ConntrackTuple =
    ConntrackTuple.udp(
        InetAddress.getByAddress(byteArrayOf(10, 1, (number shr 8).toByte(), number.toByte())),
        1 + number,
        InetAddress.getByName("10.0.0.2"),
        53,
    )

private suspend fun ConntrackScope.create(numbers: IntRange) =
    numbers.forEach { create(NewConnection.of(tuple(it), TIMEOUT)) }

class ConntrackLiveSpec :
    FunSpec({
        fun live(
            name: String,
            body: suspend Namespace.() -> Unit,
        ) = test(name).config(enabledOrReasonIf = live) { Namespace(TRACKING).use { bounded { it.body() } } }

        live("connections are created, found, changed, dumped and removed") {
            transport.useConntrack {
                create(1..3)
                shouldThrow<KernelRefusedException> { create(3..3) }.refusal() shouldBe Refusal.EXISTS
                update(tuple(2), ConntrackUpdate.none().mark(7))
                get(tuple(2)).shouldNotBeNull().mark() shouldBe 7
                get(tuple(2).inverted()).shouldNotBeNull().mark() shouldBe 7
                get(tuple(4)).shouldBeNull()
                var result: DumpResult? = null
                dump { result = it }.map { it.original() }.toList() shouldContainExactlyInAnyOrder (1..3).map(::tuple)
                result shouldBe DumpResult(3, false)
                val marked = dump(ConntrackFilter.all().mark(7)).first()
                marked.original() shouldBe tuple(2)
                delete(marked) shouldBe true
                delete(marked) shouldBe false
                deleteAll(ConntrackFilter.all().original(TuplePattern.of(tuple(1)))) shouldBe 1
                statistics().entries() shouldBe 1
                cpuStatistics().size shouldBeGreaterThan 0
                expectations.list().shouldBeEmpty()
                flush()
                list().shouldBeEmpty()
            }
        }

        live("events of connections that packets create are received") {
            val unreplied = ConntrackFilter.all().original(TuplePattern.any().protocol(17).destinationPort(9))
            transport.useConntrackEvents({ filter(unreplied) }) {
                send("abc")
                val made = events.filterIsInstance<ConntrackEvent.New>().take(3).toList()
                made.map { it.entry().original().destinationPort() } shouldContainExactly listOf(9, 9, 9)
                stop()
            }
        }

        live("a dump that is abandoned after ten entries ends promptly and leaves the client usable") {
            transport.useConntrack {
                create(0 until MANY)
                repeat(20) { round ->
                    dump().take(10).toList().size shouldBe 10
                    val job = launchBeside { dump().collect { } }
                    delay(round.milliseconds)
                    job.cancelAndJoin()
                    readers("conntrack-dump").shouldBeEmpty()
                    get(tuple(round)).shouldNotBeNull()
                }
                list().map { it.original() }.toSet().size shouldBe MANY
                dump().collect { if (it.original().sourcePort() % 2 == 0) delete(it) }
                statistics().entries() shouldBe MANY / 2
            }
        }

        live("with thousands of short connections, received and lost events add up to all") {
            transport.useConntrackEvents({
                receiveBuffer = 65_536
                batchCapacity = 1
            }) {
                val all = mutableListOf<ConntrackEvent>()
                val slow =
                    launchBeside {
                        events.collect {
                            all += it
                            if (all.size % 500 == 0) {
                                delay(20.milliseconds)
                            }
                        }
                    }
                transport.useConntrack {
                    create(0 until MANY)
                    flush()
                }
                stop()
                slow.join()
                val lost = all.filterIsInstance<ConntrackEvent.Overrun>().sumOf { it.lost() }
                lost shouldBeGreaterThan 0
                all.count { it !is ConntrackEvent.Overrun } + lost shouldBe 2 * MANY
                statistics().delivered() + statistics().socketDrops() shouldBe 2 * MANY
            }
        }

        live("a collector that waits in the kernel is cancelled at once") {
            repeat(20) { round ->
                for (flow in listOf(transport.conntrackEvents(), transport.conntrackChanges())) {
                    val job = launchBeside { flow.collect { } }
                    delay(round.milliseconds)
                    job.cancelAndJoin()
                }
                readers("conntrack-events").shouldBeEmpty()
                readers("conntrack-changes").shouldBeEmpty()
            }
        }

        live("changes of the table are reported: existing entries first, and those without events later") {
            val changes = Channel<ConntrackChange>(Channel.UNLIMITED)
            transport.useConntrack {
                create(1..2) // before there is a listener, so that the kernel sends no events of them
                val watch =
                    launchBeside {
                        transport.conntrackChanges(refresh = 2.seconds).collect(changes::send)
                    }
                setOf(changes.receive(), changes.receive()).all { it is ConntrackChange.Added } shouldBe true
                create(3..3)
                changes
                    .receive()
                    .shouldBeInstanceOf<ConntrackChange.Added>()
                    .entry()
                    .original() shouldBe tuple(3)
                update(tuple(3), ConntrackUpdate.none().mark(7))
                changes
                    .receive()
                    .shouldBeInstanceOf<ConntrackChange.Changed>()
                    .after()
                    .mark() shouldBe 7
                for (number in listOf(3, 1)) {
                    delete(tuple(number)) shouldBe true
                    changes
                        .receive()
                        .shouldBeInstanceOf<ConntrackChange.Removed>()
                        .entry()
                        .original() shouldBe
                        tuple(number)
                }
                watch.cancelAndJoin()
            }
        }
    })
