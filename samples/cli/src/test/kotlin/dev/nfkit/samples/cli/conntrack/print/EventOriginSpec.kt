// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import java.time.Duration
import java.util.Optional

private val plain = ConntrackColumns(ConntrackColumns.Format.LINES, false, false, false, null, false, false)

/** The printed events of a connection that a packet began and a request deleted. */
private fun printed(printer: ConntrackPrinter): List<String> {
    val transport = FakeNetfilter()
    val lines = mutableListOf<String>()
    Conntrack.open(transport).use { table ->
        ConntrackEvents.open(transport, ConntrackEventOptions.builder().build()).use { events ->
            transport.conntrack().add(SampleConntrack.of(SampleTuple.udp("192.0.2.1", 5, "192.0.2.2", 53)))
            table.flush()
            var more = 1
            while (more > 0) {
                more =
                    events.poll<RuntimeException>(
                        { event: ConntrackEvent ->
                            lines += buildString { printer.event(event, ConntrackPrinter.NO_TIME, this) }
                        },
                        Duration.ZERO,
                    )
            }
        }
    }
    return lines
}

class EventOriginSpec :
    FunSpec({
        test("an event with a request has the port and the process, without control characters") {
            val asked = mutableListOf<Long>()
            val origin =
                EventOrigin {
                    asked += it
                    Optional.of(SocketOwner(7, "ev\u001bil"))
                }
            val (created, deleted) = printed(ConntrackLines(plain, ConntrackClock.EPOCH, origin))
            created shouldNotContain "USERSPACE"
            asked shouldHaveSize 1
            deleted shouldEndWith " [USERSPACE] portid=${asked.single()} progname=ev.il"
        }

        test("a process that has ended has no name, and an event without a request has no origin") {
            printed(ConntrackLines(plain, ConntrackClock.EPOCH, EventOrigin { Optional.empty() })).last() shouldContain
                Regex(" \\[USERSPACE] portid=\\d+$")
            printed(ConntrackLines(plain, ConntrackClock.EPOCH)).last() shouldNotContain "USERSPACE"
        }

        test("a JSON object has both as members") {
            val objects = printed(ConntrackJson(EventOrigin { Optional.of(SocketOwner(7, "tool")) })).map(::parseJson)
            objects.first()["port_id"] shouldBe null
            objects.last()["progname"] shouldBe "tool"
            (objects.last()["port_id"] as Long > 0) shouldBe true
        }
    })
