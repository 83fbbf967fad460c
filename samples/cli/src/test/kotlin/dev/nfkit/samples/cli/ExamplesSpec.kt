// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson
import dev.nfkit.samples.cli.conntrack.print.counters
import dev.nfkit.samples.cli.conntrack.print.entry
import dev.nfkit.samples.cli.conntrack.print.expectation
import dev.nfkit.samples.cli.conntrack.print.nest
import dev.nfkit.samples.cli.conntrack.print.tcpState
import dev.nfkit.samples.cli.conntrack.print.tuples
import dev.nfkit.samples.cli.conntrack.print.web
import io.kotest.core.spec.style.FunSpec

private const val TIME = 1_796_155_953_123_456_789L

private fun replayedObject(
    trace: String,
    kind: String,
): String =
    nfkit("replay", "--json", trace(trace).toString()).out.lines().first {
        it.startsWith("{\"kind\":\"$kind\"")
    }

/** The other examples are in the specs of what prints them. */
class ExamplesSpec :
    FunSpec({
        test("a logged and a queued packet of a recording are the examples") {
            Examples.check(replayedObject("nflog-ipv4-icmp", "logged_packet"))
            Examples.check(replayedObject("nfqueue-conntrack-connmark", "queued_packet"))
        }

        test("an event, a request and an answer of a recording are the examples") {
            Examples.check(replayedObject("ctnetlink-events", "conntrack_event"))
            Examples.check(replayedObject("ctnetlink-events", "conntrack_request"))
            Examples.check(replayedObject("ctnetlink-events", "conntrack_answer"))
        }

        test("a connection is the example") {
            val connection =
                entry {
                    tuples(web)
                    be32(
                        ConntrackAttribute.STATUS.code(),
                        ConntrackStatus.bits(
                            ConntrackStatus.SEEN_REPLY,
                            ConntrackStatus.ASSURED,
                            ConntrackStatus.CONFIRMED,
                        ),
                    )
                    tcpState(3)
                    be32(ConntrackAttribute.TIMEOUT.code(), 431_999)
                    be32(ConntrackAttribute.MARK.code(), 7)
                    counters(ConntrackAttribute.COUNTERS_ORIG, 3, 180)
                    counters(ConntrackAttribute.COUNTERS_REPLY, 2, 3000)
                    be32(ConntrackAttribute.ID.code(), 1_061_612_448)
                    nest(ConntrackAttribute.TIMESTAMP) { be64(Timestamp.START.code(), TIME) }
                }
            Examples.check(StringBuilder().also { ConntrackJson().entry(connection, TIME, it) }.toString())
        }

        test("an expectation is the example") {
            val expected =
                expectation {
                    web.writeTo(this, ExpectationAttribute.MASTER.code())
                    web.writeTo(this, ExpectationAttribute.TUPLE.code())
                    be32(ExpectationAttribute.TIMEOUT.code(), 299)
                    string(ExpectationAttribute.HELP_NAME.code(), "ftp")
                    be32(ExpectationAttribute.FLAGS.code(), 1)
                    be32(ExpectationAttribute.CLASS.code(), 0)
                }
            Examples.check(StringBuilder().also { ConntrackJson().expectation(expected, TIME, it) }.toString())
        }
    })
