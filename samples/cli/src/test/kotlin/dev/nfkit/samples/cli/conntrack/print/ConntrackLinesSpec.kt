// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Help
import dev.nfkit.conntrack.ConntrackAttribute.SecCtx
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.packet.IpProtocol
import dev.nfkit.samples.cli.conntrack.names.LabelNames
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.BitSet

private const val SECOND = 1_000_000_000L

private val plain = ConntrackColumns(ConntrackColumns.Format.LINES, false, false, false, null, false, false)

private fun line(
    columns: ConntrackColumns = plain,
    now: Long = ConntrackPrinter.NO_TIME,
    attributes: MessageWriter.() -> Unit,
): String =
    StringBuilder()
        .also { ConntrackLines(columns, ConntrackClock.EPOCH).entry(entry(attributes), now, it) }
        .toString()

private fun event(
    event: ConntrackEvent,
    nanos: Long = ConntrackPrinter.NO_TIME,
    clock: ConntrackClock = ConntrackClock.EPOCH,
): String = StringBuilder().also { ConntrackLines(plain, clock).event(event, nanos, it) }.toString()

private fun MessageWriter.status(vararg bits: ConntrackStatus) =
    be32(ConntrackAttribute.STATUS.code(), ConntrackStatus.bits(*bits))

class ConntrackLinesSpec :
    FunSpec({
        val established: MessageWriter.() -> Unit = {
            tuples(web)
            status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED)
            be32(ConntrackAttribute.TIMEOUT.code(), 431999)
            tcpState(3)
            be32(ConntrackAttribute.MARK.code(), 0)
            be32(ConntrackAttribute.USE.code(), 1)
            be32(ConntrackAttribute.ID.code(), 0xffff_fffeL)
        }

        test("a TCP connection has the family and the id if they are requested") {
            val tail =
                "6 431999 ESTABLISHED src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443 " +
                    "src=198.51.100.2 dst=192.0.2.1 sport=443 dport=40000 [ASSURED] mark=0 use=1"
            line { established() } shouldBe "tcp      $tail"
            line(ConntrackColumns.EXTENDED) { established() } shouldBe "ipv4     2 tcp      $tail id=4294967294"
        }

        test("counters, unreplied, security context and zones are where conntrack(8) has them") {
            line {
                val udp = ConntrackTuple.udp(address("fd00::1"), 5, address("fd00::2"), 53)
                tuples(udp.inZone(7), udp.inverted().inZone(8))
                status()
                be32(ConntrackAttribute.TIMEOUT.code(), 29)
                counters(ConntrackAttribute.COUNTERS_ORIG, 1, 31)
                counters(ConntrackAttribute.COUNTERS_REPLY, 0, 0)
                be32(ConntrackAttribute.MARK.code(), 0xffff_ffffL)
                be16(ConntrackAttribute.ZONE.code(), 9)
                nest(ConntrackAttribute.SECCTX) { string(SecCtx.NAME.code(), "system_u:object_r\u001b") }
                nest(ConntrackAttribute.HELP) { string(Help.NAME.code(), "sip") }
                be32(ConntrackAttribute.USE.code(), 2)
            } shouldBe
                "udp      17 29 src=fd00::1 dst=fd00::2 sport=5 dport=53 zone-orig=7 packets=1 bytes=31 " +
                "[UNREPLIED] src=fd00::2 dst=fd00::1 sport=53 dport=5 zone-reply=8 packets=0 bytes=0 " +
                "mark=4294967295 secctx=system_u:object_r. zone=9 helper=sip use=2"
        }

        test("counters are unsigned numbers of 64 bits") {
            line {
                web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                counters(ConntrackAttribute.COUNTERS_ORIG, -1, Long.MIN_VALUE)
            } shouldBe
                "tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443 " +
                "packets=18446744073709551615 bytes=9223372036854775808"
        }

        test("ICMP has type, code and id, GRE its keys, and other protocols nothing") {
            line { tuples(ConntrackTuple.icmp(address("192.0.2.1"), address("192.0.2.2"), 77, 8, 0)) } shouldBe
                "icmp     1 src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=77 " +
                "src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=77"
            line {
                tuples(ConntrackTuple.of(IpProtocol.GRE, address("192.0.2.1"), 10, address("192.0.2.2"), 0xabcd))
            } shouldBe
                "gre      47 src=192.0.2.1 dst=192.0.2.2 srckey=0xa dstkey=0xabcd " +
                "src=192.0.2.2 dst=192.0.2.1 srckey=0xabcd dstkey=0xa"
            line(ConntrackColumns.EXTENDED) {
                tuples(ConntrackTuple.of(99, address("::1"), address("::2")))
            } shouldBe "ipv6     10 unknown  99 src=::1 dst=::2 src=::2 dst=::1"
        }

        test("connections of a flow table are marked as offloaded, and a state without a name is NONE") {
            line {
                tuples(web)
                status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED, ConntrackStatus.OFFLOAD)
            } shouldBe
                "tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443 " +
                "src=198.51.100.2 dst=192.0.2.1 sport=443 dport=40000 [OFFLOAD]"
            line {
                web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.HW_OFFLOAD)
                tcpState(77)
            } shouldBe "tcp      6 NONE src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443 [HW_OFFLOAD]"
        }

        test("the duration is printed, and with ktimestamp the beginning and end in local time") {
            val times: MessageWriter.() -> Unit = {
                web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                nest(ConntrackAttribute.TIMESTAMP) {
                    be64(Timestamp.START.code(), 1_000 * SECOND + 900_000_000)
                    be64(Timestamp.STOP.code(), 1_005 * SECOND)
                }
            }
            val began: MessageWriter.() -> Unit = {
                web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                nest(ConntrackAttribute.TIMESTAMP) { be64(Timestamp.START.code(), 1_000 * SECOND) }
            }
            val tuple = "tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443"
            line { times() } shouldBe "$tuple delta-time=5"
            line(now = 1_060 * SECOND) { began() } shouldBe "[1060.000000]\t$tuple delta-time=60"
            val zone = java.util.TimeZone.getDefault()
            java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"))
            try {
                line(
                    ConntrackColumns(ConntrackColumns.Format.LINES, false, false, true, null, false, false),
                ) { times() } shouldBe
                    "$tuple delta-time=5 [start=Thu Jan  1 00:16:40 1970] [stop=Thu Jan  1 00:16:45 1970]"
            } finally {
                java.util.TimeZone.setDefault(zone)
            }
        }

        test("labels are printed by name, or by number if they have no name") {
            val names =
                LabelNames(listOf("# comment", "3 eth0-in # the inside", "200 too-large", "nonsense", " 4\tmail"))
            val labelled: MessageWriter.() -> Unit = {
                web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code())
                bytes(ConntrackAttribute.LABELS.code(), 0, 0, 0, 0, 0, 0, 0, 0)
            }
            val columns = ConntrackColumns(ConntrackColumns.Format.LINES, false, false, false, names, false, false)
            val tuple = "tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443"
            line(columns) { labelled() } shouldBe tuple
            val text = StringBuilder()
            names.append(BitSet().apply { set(3, 6) }, text)
            "$text" shouldBe "labels=eth0-in,mail,5 "
            names.parse("-l", listOf("mail", "7")) shouldBe BitSet().apply { listOf(4, 7).forEach(::set) }
        }

        test("attributes missing from a broken message are omitted") {
            line { } shouldBe "unknown  0"
            line {
                nest(ConntrackAttribute.TUPLE_ORIG) {}
                nest(ConntrackAttribute.TUPLE_REPLY) {}
                nest(ConntrackAttribute.HELP) {}
                nest(ConntrackAttribute.SECCTX) {}
                nest(ConntrackAttribute.TIMESTAMP) {}
            } shouldBe "unknown  0"
        }

        test("events begin with their kind, and with the time if it is known") {
            val bare: ConntrackEntry = entry { web.writeTo(this, ConntrackAttribute.TUPLE_ORIG.code()) }
            val tuple = "tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443"
            event(ConntrackEvent.New(bare)) shouldBe "    [NEW] $tuple"
            event(ConntrackEvent.Updated(bare)) shouldBe " [UPDATE] $tuple"
            event(ConntrackEvent.Destroyed(bare), 1_795_207_195 * SECOND + 7_000) shouldBe
                "[1795207195.000007]\t[DESTROY] $tuple"
            event(ConntrackEvent.Destroyed(bare), 5 * SECOND + 123_456_789) shouldBe "[5.123456]\t[DESTROY] $tuple"
            event(ConntrackEvent.Overrun(0)) shouldBe "[OVERRUN] an unknown number of events was lost"
            event(ConntrackEvent.Overrun(1)) shouldBe "[OVERRUN] 1 event was lost"
            event(ConntrackEvent.Overrun(12)) shouldBe "[OVERRUN] 12 events were lost"
        }

        test("an expectation has its mask, its master, its flags and its helper") {
            val mask = ConntrackTuple.tcp(address("255.255.255.255"), 0, address("255.255.255.255"), 65535)
            val expected =
                expectation {
                    web.writeTo(this, ExpectationAttribute.MASTER.code())
                    ConntrackTuple
                        .tcp(address("198.51.100.2"), 0, address("192.0.2.1"), 2021)
                        .writeTo(this, ExpectationAttribute.TUPLE.code())
                    mask.writeTo(this, ExpectationAttribute.MASK.code())
                    be32(ExpectationAttribute.TIMEOUT.code(), 300)
                    be16(ExpectationAttribute.ZONE.code(), 4)
                    be32(ExpectationAttribute.FLAGS.code(), 5)
                    be32(ExpectationAttribute.CLASS.code(), 0)
                    string(ExpectationAttribute.HELP_NAME.code(), "ftp")
                }
            event(ConntrackEvent.ExpectationNew(expected)) shouldBe
                "    [NEW] 300 proto=6 src=198.51.100.2 dst=192.0.2.1 sport=0 dport=2021 " +
                "mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535 " +
                "master-src=192.0.2.1 master-dst=198.51.100.2 sport=40000 dport=443 " +
                "zone=4 PERMANENT,USERSPACE class=0 helper=ftp"
        }

        test("an expectation without a class has none in its line") {
            val bare = expectation { web.writeTo(this, ExpectationAttribute.TUPLE.code()) }
            event(ConntrackEvent.ExpectationNew(bare)) shouldBe
                "    [NEW] proto=6 src=192.0.2.1 dst=198.51.100.2 sport=40000 dport=443"
        }
    })
