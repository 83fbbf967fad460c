// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEventSink
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.EntrySink
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec

private const val CONNECTIONS = 4

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))

private fun kernel() = FakeNetfilter(TestClock.real()).strictBatches(false)

/** Whether an action succeeded; false if the client was closed meanwhile. */
private fun unlessClosed(action: () -> Unit): Boolean =
    try {
        action()
        true
    } catch (e: SystemCallException) {
        if (e.errno() != Errno.EBADF) throw e
        false
    }

/** The table and its events: a client may be closed at any time, and a mirror is correct at the end. */
class ConntrackProperties :
    FunSpec({
        test("a client that is closed ends its dumps and requests at once, and a dump that succeeds is complete") {
            explore {
                val kernel = kernel()
                val ids = (1..CONNECTIONS).map { kernel.conntrack().add(udp(it)) }
                val table = Conntrack.open(kernel)
                val closesInside = chance(4)
                val dumper =
                    thread("dumper") {
                        val seen = mutableListOf<Long>()
                        val complete =
                            unlessClosed {
                                table.dump(
                                    EntrySink<RuntimeException> {
                                        seen += it.id()
                                        if (closesInside) table.close()
                                    },
                                )
                            }
                        check(!complete || seen.toSet() == ids.toSet()) { "the dump gave $seen of $ids" }
                    }
                val asker = thread("asker") { unlessClosed { table.statistics() } }
                val closers = List(2) { thread("closer-$it") { table.close() } }
                (closers + dumper + asker).forEach { it.join() }
                check(kernel.openSockets() == 0) { "a socket is left" }
                kernel.verify()
            }
        }

        test("dumps and requests of several threads all succeed") {
            explore(0.5) {
                val kernel = kernel()
                (1..CONNECTIONS).forEach { kernel.conntrack().add(udp(it)) }
                val table = Conntrack.open(kernel)
                val threads =
                    List(2) { n ->
                        thread("reader-$n") {
                            val listed = table.list(ConntrackFilter.all())
                            check(listed.size == CONNECTIONS) { "$n: $listed" }
                            table.statistics()
                        }
                    }
                threads.forEach { it.join() }
                table.close()
                check(kernel.openSockets() == 0) { "a socket is left" }
                kernel.verify()
            }
        }

        test("a mirror that has received every event until the stop equals the table") {
            explore {
                val kernel = kernel()
                val before = (1..2).map { kernel.conntrack().add(udp(it)) }
                val events =
                    ConntrackEvents.open(
                        kernel,
                        ConntrackEventOptions.builder().receiveBuffer(1 shl 13).build(),
                    )
                val table = Conntrack.open(kernel)
                val mirror = ConntrackMirror(table, ConntrackFilter.all())
                val net = mutableMapOf<Long, Int>()
                val sink =
                    ConntrackChange.Sink<RuntimeException> { change ->
                        when (change) {
                            is ConntrackChange.Added -> net.merge(change.entry().id(), 1, Int::plus)
                            is ConntrackChange.Removed -> net.merge(change.entry().id(), -1, Int::plus)
                            is ConntrackChange.Changed -> Unit
                        }
                    }
                val runner =
                    thread("runner") {
                        mirror.resynchronise(sink)
                        events.run(ConntrackEventSink<RuntimeException> { mirror.apply(it, sink) })
                    }
                val changers =
                    listOf(
                        thread("remover") { before.forEach { kernel.conntrack().remove(it) } },
                        thread("adder") { (1..CONNECTIONS).forEach { kernel.conntrack().add(udp(100 + it)) } },
                    )
                changers.forEach { it.join() }
                events.stop()
                runner.join()
                val present = kernel.conntrack().connections().size
                check(mirror.size() == present) { "$present connections, ${mirror.size()} in the mirror" }
                check(net.filterValues { it != 0 }.size == present) { "$present connections, but reported: $net" }
                events.close()
                table.close()
                check(kernel.openSockets() == 0) { "a socket is left" }
                kernel.verify()
            }
        }
    })
