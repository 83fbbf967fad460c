package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Help
import dev.nfkit.conntrack.ConntrackAttribute.SeqAdj
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private fun json(attributes: MessageWriter.() -> Unit): String =
    StringBuilder()
        .also { ConntrackJson().entry(entry(attributes), ConntrackPrinter.NO_TIME, it) }
        .toString()

private fun json(
    event: ConntrackEvent,
    nanos: Long = ConntrackPrinter.NO_TIME,
): String = StringBuilder().also { ConntrackJson().event(event, nanos, it) }.toString()

class ConntrackJsonSpec :
    FunSpec({
        val tuple =
            """{"ip":{"v4_src":"192.0.2.1","v4_dst":"198.51.100.2"},"proto":{"num":6,"src_port":40000,"dst_port":443}}"""

        test("attributes nest as in the schema, in its order, with addresses as text") {
            json {
                be32(ConntrackAttribute.MARK.code(), 0xffff_ffffL)
                tuples(web)
                tcpState(3)
                nest(ConntrackAttribute.HELP) { string(Help.NAME.code(), "f\"tp") }
                counters(ConntrackAttribute.COUNTERS_ORIG, 3, 180)
                bytes(ConntrackAttribute.LABELS.code(), 1, 0, 0, -128)
            } shouldBe
                """{"family":2,"tuple_orig":$tuple,"tuple_reply":{"ip":{"v4_src":"198.51.100.2",""" +
                """"v4_dst":"192.0.2.1"},"proto":{"num":6,"src_port":443,"dst_port":40000}},""" +
                """"protoinfo":{"tcp":{"state":3}},"help":{"name":"f\"tp"},"mark":4294967295,""" +
                """"counters_orig":{"packets":3,"bytes":180},"labels":"01000080"}"""
        }

        test("counters are unsigned numbers of 64 bits") {
            json { counters(ConntrackAttribute.COUNTERS_ORIG, -1, Long.MIN_VALUE) } shouldBe
                """{"family":0,"counters_orig":{"packets":18446744073709551615,"bytes":9223372036854775808}}"""
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
                """{"family":10,"tuple_orig":{"ip":{"v6_src":"fd00::1","v6_dst":"fd00::2"},"proto":{"num":58,""" +
                """"icmpv6_id":77,"icmpv6_type":128,"icmpv6_code":0},"zone":5},""" +
                """"seq_adj_reply":{"correction_pos":4294967295,"offset_before":-5,"offset_after":7}}"""
            json {
                nest(ConntrackAttribute.NAT_SRC) {
                    bytes(ConntrackAttribute.Nat.V4_MINIP.code(), *address("192.0.2.1").address)
                    nest(ConntrackAttribute.Nat.PROTO) { be16(ConntrackAttribute.ProtoNat.PORT_MIN.code(), 1024) }
                }
            } shouldBe """{"family":0,"nat_src":{"v4_minip":"192.0.2.1","proto":{"port_min":1024}}}"""
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
            line shouldBe """{"family":0,"help":{"name":"b"},"mark":2}"""
            parseJson(line).keys shouldBe setOf("family", "help", "mark")
        }

        test("an attribute that does not fit the schema is hexadecimal, in its place") {
            json { bytes(ConntrackAttribute.FILTER.code(), 9, 0) } shouldBe """{"family":0,"filter":"0900"}"""
            val line = json { bytes(ConntrackAttribute.MARK_MASK.code(), 7) }
            parseJson(line).keys.toList() shouldBe listOf("family", "attributes")
        }

        test("events contain their kind, the time if it is known, and the number lost in an overrun") {
            val entry = entry { web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code()) }
            json(ConntrackEvent.New(entry)) shouldBe """{"event":"new","family":2,"tuple_orig":$tuple}"""
            json(ConntrackEvent.Updated(entry), 1_500_000_000L) shouldBe
                """{"event":"update","time":1.500000,"family":2,"tuple_orig":$tuple}"""
            parseJson(json(ConntrackEvent.Destroyed(entry)))["event"] shouldBe "destroy"
            json(ConntrackEvent.Overrun(12)) shouldBe """{"event":"overrun","lost":12}"""
            val expected = expectation { web.writeTo(this, ExpectationAttribute.TUPLE.code()) }
            json(ConntrackEvent.ExpectationNew(expected)) shouldBe
                """{"event":"expectation_new","family":2,"tuple":$tuple}"""
            parseJson(json(ConntrackEvent.ExpectationUpdated(expected)))["event"] shouldBe "expectation_update"
            parseJson(json(ConntrackEvent.ExpectationDestroyed(expected)))["event"] shouldBe "expectation_destroy"
        }
    })
