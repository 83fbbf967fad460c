// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Dccp
import dev.nfkit.conntrack.ConntrackAttribute.Help
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo
import dev.nfkit.conntrack.ConntrackAttribute.Sctp
import dev.nfkit.conntrack.ConntrackAttribute.SeqAdj
import dev.nfkit.conntrack.ConntrackAttribute.Tcp
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.samples.cli.Schemas
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith

private const val KIND = """{"kind":"connection","time":"1970-01-01T00:00:02.000000Z","time_source":"received","""

private fun printer() = ConntrackJson(null) { 2_000_000_000L }

/** The object of a connection, without the members before its family. */
private fun json(attributes: MessageWriter.() -> Unit): String {
    val line = StringBuilder().also { printer().entry(entry(attributes), ConntrackPrinter.NO_TIME, it) }.toString()
    Schemas.check(line)
    line shouldStartWith KIND
    return "{" + line.removePrefix(KIND)
}

private fun json(
    event: ConntrackEvent,
    nanos: Long = ConntrackPrinter.NO_TIME,
): String = StringBuilder().also { printer().event(event, nanos, it) }.toString().also(Schemas::check)

class ConntrackJsonSpec :
    FunSpec({
        val tuple =
            """{"ip":{"v4_src":"192.0.2.1","v4_dst":"198.51.100.2"},""" +
                """"proto":{"num":6,"num_name":"tcp","src_port":40000,"dst_port":443}}"""

        test("attributes nest as in the schema, in its order, with addresses as text") {
            json {
                be32(ConntrackAttribute.MARK.code(), 0xffff_ffffL)
                tuples(web)
                tcpState(3)
                nest(ConntrackAttribute.HELP) { string(Help.NAME.code(), "f\"tp") }
                counters(ConntrackAttribute.COUNTERS_ORIG, 3, 180)
                bytes(ConntrackAttribute.LABELS.code(), 1, 0, 0, -128)
            } shouldBe
                """{"family":2,"family_name":"ipv4","tuple_orig":$tuple,""" +
                """"tuple_reply":{"ip":{"v4_src":"198.51.100.2","v4_dst":"192.0.2.1"},"proto":{"num":6,""" +
                """"num_name":"tcp","src_port":443,"dst_port":40000}},""" +
                """"protoinfo":{"tcp":{"state":3,"state_name":"ESTABLISHED"}},"help":{"name":"f\"tp"},""" +
                """"mark":4294967295,"counters_orig":{"packets":3,"bytes":180},"labels":"01000080"}"""
        }

        test("counters are unsigned numbers of 64 bits") {
            json { counters(ConntrackAttribute.COUNTERS_ORIG, -1, Long.MIN_VALUE) } shouldBe
                """{"family":0,"family_name":"unspec","counters_orig":{"packets":18446744073709551615,""" +
                """"bytes":9223372036854775808}}"""
        }

        test("IPv6, ICMP, zones of a direction, translations and sequence offsets") {
            val ping = ConntrackTuple.icmp(address("fd00::1"), address("fd00::2"), 77, 128, 0).inZone(5)
            json {
                ping.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                nest(ConntrackAttribute.SEQ_ADJ_REPLY) {
                    be32(SeqAdj.CORRECTION_POS.code(), 0xffff_ffffL)
                    be32(SeqAdj.OFFSET_BEFORE.code(), 0xffff_fffbL)
                    be32(SeqAdj.OFFSET_AFTER.code(), 7)
                }
            } shouldBe
                """{"family":10,"family_name":"ipv6","tuple_orig":{"ip":{"v6_src":"fd00::1","v6_dst":"fd00::2"},""" +
                """"proto":{"num":58,""" +
                """"num_name":"icmpv6","icmpv6_id":77,"icmpv6_type":128,"icmpv6_type_name":"echo request",""" +
                """"icmpv6_code":0},"zone":5},""" +
                """"seq_adj_reply":{"correction_pos":4294967295,"offset_before":-5,"offset_after":7}}"""
            json {
                nest(ConntrackAttribute.NAT_SRC) {
                    bytes(ConntrackAttribute.Nat.V4_MINIP.code(), *address("192.0.2.1").address)
                    nest(ConntrackAttribute.Nat.PROTO) { be16(ConntrackAttribute.ProtoNat.PORT_MIN.code(), 1024) }
                }
            } shouldBe
                """{"family":0,"family_name":"unspec","nat_src":{"v4_minip":"192.0.2.1","proto":{"port_min":1024}}}"""
        }

        test("unknown attributes are omitted at every depth, and the last of two counts") {
            val line =
                json {
                    be32(63, 1)
                    be32(ConntrackAttribute.MARK.code(), 1)
                    nest(ConntrackAttribute.HELP) {
                        be32(50, 1)
                        string(Help.NAME.code(), "a")
                        string(Help.NAME.code(), "b")
                    }
                    be32(ConntrackAttribute.MARK.code(), 2)
                }
            line shouldBe """{"family":0,"family_name":"unspec","help":{"name":"b"},"mark":2}"""
        }

        test("an attribute that does not fit the schema is hexadecimal, in its place") {
            json { bytes(ConntrackAttribute.FILTER.code(), 9, 0) } shouldBe
                """{"family":0,"family_name":"unspec","filter":"0900"}"""
            json { bytes(ConntrackAttribute.MARK_MASK.code(), 7) } shouldContain
                Regex(""""family_name":"unspec","attributes":"[0-9a-f]+"}$""")
        }

        test("events contain their kind, the time if it is known, and the number lost in an overrun") {
            val entry = entry { web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code()) }

            fun event(
                name: String,
                rest: String,
                second: String = "02.000000",
                source: String = "received",
            ) = """{"kind":"conntrack_event","time":"1970-01-01T00:00:${second}Z","time_source":"$source",""" +
                """"event":"$name",$rest}"""
            val ipv4 = """"family":2,"family_name":"ipv4""""
            json(ConntrackEvent.New(entry)) shouldBe event("new", """$ipv4,"tuple_orig":$tuple""")
            json(ConntrackEvent.Updated(entry), 1_500_000_001L) shouldBe
                event("update", """$ipv4,"tuple_orig":$tuple""", "01.500000001")
            parseJson(json(ConntrackEvent.Destroyed(entry)))["event"] shouldBe "destroy"
            json(ConntrackEvent.Overrun(12)) shouldBe event("overrun", """"lost":12""")
            val expected = expectation { web.writeTo(this, ExpectationAttribute.TUPLE.code()) }
            json(ConntrackEvent.ExpectationNew(expected)) shouldBe
                event("expectation_new", """$ipv4,"tuple":$tuple""")
            parseJson(json(ConntrackEvent.ExpectationUpdated(expected)))["event"] shouldBe "expectation_update"
            parseJson(json(ConntrackEvent.ExpectationDestroyed(expected)))["event"] shouldBe "expectation_destroy"
        }

        test("an event has the kernel's time: its own, or that of the beginning or end") {
            fun times(
                start: Long,
                stop: Long,
                own: Long,
            ) = entry {
                nest(ConntrackAttribute.TIMESTAMP) {
                    be64(Timestamp.START.code(), start)
                    if (stop != 0L) be64(Timestamp.STOP.code(), stop)
                }
                if (own != 0L) be64(ConntrackAttribute.TIMESTAMP_EVENT.code(), own)
            }

            fun time(event: ConntrackEvent) = parseJson(json(event)).let { "${it["time"]} ${it["time_source"]}" }
            time(ConntrackEvent.New(times(1, 0, 0))) shouldBe "1970-01-01T00:00:00.000000001Z kernel"
            time(ConntrackEvent.Updated(times(1, 0, 0))) shouldBe "1970-01-01T00:00:02.000000Z received"
            time(ConntrackEvent.Destroyed(times(1, 3_000, 0))) shouldBe "1970-01-01T00:00:00.000003Z kernel"
            time(ConntrackEvent.Updated(times(1, 0, 5_000))) shouldBe "1970-01-01T00:00:00.000005Z kernel"
        }

        test("status, flags and directions have their names") {
            json {
                be32(ConntrackAttribute.STATUS.code(), 0x8000_000eL)
                nest(ConntrackAttribute.PROTOINFO) {
                    nest(ProtoInfo.TCP) { bytes(Tcp.FLAGS_REPLY.code(), 3, 3) }
                    nest(ProtoInfo.SCTP) { u8(Sctp.STATE.code(), 99) }
                    nest(ProtoInfo.DCCP) { u8(Dccp.ROLE.code(), 1) }
                }
            } shouldBe
                """{"family":0,"family_name":"unspec","status":2147483662,""" +
                """"status_names":["SEEN_REPLY","ASSURED","CONFIRMED"],""" +
                """"protoinfo":{"tcp":{"flags_reply":"0303","flags_reply_names":["WINDOW_SCALE","SACK_PERM"]},""" +
                """"dccp":{"role":1,"role_name":"SERVER"},"sctp":{"state":99}}}"""
        }
    })
