// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import java.nio.ByteOrder

/** The callbacks of a mirror. */
private enum class MirrorCallback(
    val words: String,
) {
    ADDED("the listener of an added connection"),
    CHANGED("the listener of a changed connection"),
    REMOVED("the listener of a removed connection"),
    SEND("the transport's send"),
    RECEIVE("the transport's receive"),
}

private val LISTENERS = listOf(MirrorCallback.ADDED, MirrorCallback.CHANGED, MirrorCallback.REMOVED)
private val DUMP = listOf(MirrorCallback.SEND, MirrorCallback.RECEIVE)

/** When one of its callbacks fails. */
private enum class MirrorPhase(
    val words: String,
    val callbacks: List<MirrorCallback>,
) {
    FIRST_DUMP("in the first dump", DUMP + MirrorCallback.ADDED),
    EVENT("at an event", LISTENERS),
    OVERRUN("in the dump after an overrun", DUMP + LISTENERS),
    OUT_OF_DATE("at the first event after a dump that failed", DUMP + LISTENERS),
}

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))

private fun SampleConntrack.entry(): ConntrackEntry {
    val order = ByteOrder.nativeOrder()
    return ConntrackEntry(EntryAttributes.owned(toAttributes(order), order))
}

/**
 * One combination: the caller gets the exception, and the mirror equals the table in the end, each change reported
 * once.
 */
private class MirrorFailureRun(
    callback: MirrorCallback,
    private val phase: MirrorPhase,
    kind: Thrown,
) {
    private val kernel = FakeNetfilter()
    private val bomb = Bomb(callback, kind)
    private val table =
        Conntrack.open(
            Tap(kernel) { call ->
                if (call == Call.SEND) bomb.at(MirrorCallback.SEND)
                if (call == Call.RECEIVE) bomb.at(MirrorCallback.RECEIVE)
            },
        )
    private val mirror = ConntrackMirror(table, ConntrackFilter.all())
    private val caught = mutableListOf<Throwable>()
    private var port = 100

    /** The mark of each connection, as the listener knows it. */
    private val reported = mutableMapOf<Long, Long>()

    private val sink =
        ConntrackChange.Sink<Exception> { change ->
            when (change) {
                is ConntrackChange.Added -> {
                    val id = change.entry().id()
                    check(reported.put(id, change.entry().mark()) == null) { "$id was added twice" }
                    bomb.at(MirrorCallback.ADDED)
                }

                is ConntrackChange.Changed -> {
                    val id = change.after().id()
                    check(
                        reported.put(id, change.after().mark()) == change.before().mark(),
                    ) { "$id was not as reported" }
                    bomb.at(MirrorCallback.CHANGED)
                }

                is ConntrackChange.Removed -> {
                    val id = change.entry().id()
                    check(reported.remove(id) != null) { "$id was removed, and never added" }
                    bomb.at(MirrorCallback.REMOVED)
                }
            }
        }

    fun check() {
        val ids = (1..6).map { kernel.conntrack().add(udp(it)) }
        during(MirrorPhase.FIRST_DUMP) { mirror.resynchronise(sink) }
        mirror.resynchronise(sink)
        events(ids.take(2)).forEach { during(MirrorPhase.EVENT) { mirror.apply(it, sink) } }
        events(ids.subList(2, 4))
        during(MirrorPhase.OVERRUN) { mirror.apply(ConntrackEvent.Overrun(3), sink) }
        if (phase == MirrorPhase.OUT_OF_DATE) {
            kernel.onRequest { true }.refuse(Errno.EPERM).times(1)
            attempt { mirror.apply(ConntrackEvent.Overrun(3), sink) }
            check(caught.removeLast() is KernelRefusedException && mirror.outOfDate())
        }
        events(ids.subList(4, 6)).forEach { during(MirrorPhase.OUT_OF_DATE) { mirror.apply(it, sink) } }
        bomb.disarm()
        check(caught.size == 1 && caught.single() === bomb.thrown.single()) { "caught $caught" }
        equalsTable()
        table.close()
        check(kernel.openSockets() == 0) { "the socket is still open" }
    }

    /** One connection is added, one changed and one removed. */
    private fun events(ids: List<Long>): List<ConntrackEvent> {
        val conntrack = kernel.conntrack()
        val removed = conntrack.connection(ids[1]).get()
        conntrack.remove(ids[1])
        conntrack.change(ids[0]) { it.mark(ids[0]) }
        val added = conntrack.add(udp(++port))
        return listOf(
            ConntrackEvent.New(conntrack.connection(added).get().entry()),
            ConntrackEvent.Updated(conntrack.connection(ids[0]).get().entry()),
            ConntrackEvent.Destroyed(removed.entry()),
        )
    }

    private fun during(
        at: MirrorPhase,
        action: () -> Unit,
    ) {
        if (at == phase && bomb.thrown.isEmpty()) bomb.arm()
        attempt(action)
    }

    private fun attempt(action: () -> Unit) {
        try {
            action()
        } catch (e: Throwable) {
            caught += e
        } finally {
            Thread.interrupted()
        }
    }

    /**
     * Another dump repairs the effect of a failure: then the mirror and its listener know the contents of the table.
     */
    private fun equalsTable() {
        mirror.apply(ConntrackEvent.Overrun(1), sink)
        check(!mirror.outOfDate()) { "the mirror is out of date" }
        val present = kernel.conntrack().connections().associate { it.entry().id() to it.entry().mark() }
        val known = mirror.entries().associate { it.id() to it.mark() }
        check(known == present) { "in the table $present, in the mirror $known" }
        check(reported == present) { "in the table $present, reported $reported" }
    }
}

/** Every callback of a mirror fails with every kind of throwable in every phase. */
class MirrorFailureSpec :
    FunSpec({
        for (phase in MirrorPhase.entries) {
            for (callback in phase.callbacks) {
                context("${callback.words} fails ${phase.words}") {
                    for (kind in Thrown.entries) {
                        test("$kind reaches the caller, and the mirror equals the table in the end") {
                            MirrorFailureRun(callback, phase, kind).check()
                        }
                    }
                }
            }
        }
    })
