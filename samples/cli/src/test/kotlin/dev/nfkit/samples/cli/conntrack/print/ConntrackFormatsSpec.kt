// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackAttribute.Dccp
import dev.nfkit.conntrack.ConntrackAttribute.Help
import dev.nfkit.conntrack.ConntrackAttribute.Ip
import dev.nfkit.conntrack.ConntrackAttribute.Proto
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo
import dev.nfkit.conntrack.ConntrackAttribute.Sctp
import dev.nfkit.conntrack.ConntrackAttribute.SecCtx
import dev.nfkit.conntrack.ConntrackAttribute.Tuple
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.packet.IpProtocol
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.InetAddress

private val columns = ConntrackColumns(ConntrackColumns.Format.XML, false, false, false, null, false, false)

private fun save(attributes: MessageWriter.() -> Unit): String =
    StringBuilder()
        .also { ConntrackSave().entry(entry(attributes), ConntrackPrinter.NO_TIME, it) }
        .toString()

private fun xml(attributes: MessageWriter.() -> Unit): String =
    StringBuilder()
        .also { ConntrackXml(columns).entry(entry(attributes), ConntrackPrinter.NO_TIME, it) }
        .toString()

private fun MessageWriter.status(vararg bits: ConntrackStatus) =
    be32(ConntrackAttribute.STATUS.code(), ConntrackStatus.bits(*bits))

private fun pair(protocol: Int) = ConntrackTuple.of(protocol, address("192.0.2.1"), 10, address("198.51.100.2"), 20)

private fun udp(
    source: InetAddress,
    destination: InetAddress,
) = ConntrackTuple.udp(source, 10, destination, 20)

private const val ENDS = "-s 192.0.2.1 -d 198.51.100.2"
private const val REPLIES = "-r 198.51.100.2 -q 192.0.2.1"

class ConntrackFormatsSpec :
    FunSpec({
        test("a TCP connection is saved with timeout, status, mark, zone, tuples and state") {
            save {
                tuples(web)
                status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED, ConntrackStatus.CONFIRMED)
                be32(ConntrackAttribute.TIMEOUT.code(), 431999)
                be32(ConntrackAttribute.MARK.code(), 0xffff_ffffL)
                be16(ConntrackAttribute.ZONE.code(), 5)
                tcpState(9)
            } shouldBe
                "-A -t 431999 -u SEEN_REPLY,ASSURED -m 4294967295 -w 5 $ENDS $REPLIES -p tcp " +
                "--sport 40000 --dport 443 --reply-port-src 443 --reply-port-dst 40000 --state SYN_SENT2"
        }

        test("zones of one direction, and protocols without options, are saved") {
            val tuple = ConntrackTuple.of(99, address("192.0.2.1"), address("198.51.100.2"))
            save {
                tuples(tuple.inZone(6), tuple.inverted().inZone(7))
                status(ConntrackStatus.CONFIRMED)
            } shouldBe "-A -u UNSET --orig-zone 6 --reply-zone 7 $ENDS $REPLIES -p 99"
        }

        test("SCTP is saved with its tags, DCCP with its role, GRE with its keys, ICMPv6 with its own options") {
            save {
                tuples(pair(IpProtocol.SCTP))
                nest(ConntrackAttribute.PROTOINFO) {
                    nest(ProtoInfo.SCTP) {
                        u8(Sctp.STATE.code(), 4).be32(Sctp.VTAG_ORIGINAL.code(), 0x01020201)
                        be32(Sctp.VTAG_REPLY.code(), 0xffff_ffffL)
                    }
                }
            } shouldBe
                "-A $ENDS $REPLIES -p sctp --sport 10 --dport 20 --reply-port-src 20 --reply-port-dst 10 " +
                "--state ESTABLISHED --orig-vtag 16908801 --reply-vtag 4294967295"
            save {
                tuples(pair(IpProtocol.DCCP))
                nest(ConntrackAttribute.PROTOINFO) {
                    nest(ProtoInfo.DCCP) { u8(Dccp.STATE.code(), 4).u8(Dccp.ROLE.code(), 1) }
                }
            } shouldBe
                "-A $ENDS $REPLIES -p dccp --sport 10 --dport 20 --reply-port-src 20 --reply-port-dst 10 " +
                "--state OPEN --role server"
            save { tuples(pair(IpProtocol.GRE)) } shouldBe
                "-A $ENDS $REPLIES -p gre --srckey 10 --dstkey 20 --reply-key-src 20 --reply-key-dst 10"
            save { tuples(ConntrackTuple.icmp(address("fd00::1"), address("fd00::2"), 7, 128, 0)) } shouldBe
                "-A -s fd00::1 -d fd00::2 -r fd00::2 -q fd00::1 -p icmpv6 " +
                "--icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 7"
        }

        test("a translated end is saved as a translation, with its port if that differs") {
            val ports = "-p udp --sport 10 --dport 20 --reply-port-src"
            val udp = udp(address("192.0.2.1"), address("198.51.100.2"))
            save {
                tuples(udp, udp(address("203.0.113.3"), address("192.0.2.1")))
                status(ConntrackStatus.DST_NAT)
            } shouldBe "-A -u UNSET $ENDS -g 203.0.113.3:10 -q 192.0.2.1 $ports 10 --reply-port-dst 20"
            save {
                tuples(udp, ConntrackTuple.udp(address("198.51.100.2"), 20, address("203.0.113.3"), 10))
                status(ConntrackStatus.SRC_NAT)
            } shouldBe "-A -u UNSET $ENDS -r 198.51.100.2 -n 203.0.113.3 $ports 20 --reply-port-dst 10"
            val six = udp(address("fd00::1"), address("fd00::2"))
            save {
                tuples(six, ConntrackTuple.udp(address("fd00::2"), 20, address("fd00::3"), 77))
                status(ConntrackStatus.SRC_NAT)
            } shouldBe "-A -u UNSET -s fd00::1 -d fd00::2 -r fd00::2 -n [fd00::3]:77 $ports 20 --reply-port-dst 77"
        }

        test("an event is saved as the command that repeats it, a loss as a comment") {
            fun saved(event: ConntrackEvent) =
                StringBuilder().also { ConntrackSave().event(event, ConntrackPrinter.NO_TIME, it) }.toString()
            val bare = entry { tuples(web) }
            saved(ConntrackEvent.New(bare)).substring(0, 5) shouldBe "-A -s"
            saved(ConntrackEvent.Updated(bare)).substring(0, 5) shouldBe "-U -s"
            saved(ConntrackEvent.Destroyed(bare)).substring(0, 5) shouldBe "-D -s"
            saved(ConntrackEvent.Overrun(3)) shouldBe "# 3 events were lost"
        }

        test("ports and a state are printed as XML even without a protocol") {
            xml {
                nest(ConntrackAttribute.TUPLE_ORIG) {
                    nest(Tuple.IP) {
                        bytes(Ip.V4_SRC.code(), 192.toByte(), 0, 2, 1)
                        bytes(Ip.V4_DST.code(), 198.toByte(), 51, 100, 2)
                    }
                    nest(Tuple.PROTO) { be16(Proto.SRC_PORT.code(), 10).be16(Proto.DST_PORT.code(), 20) }
                }
                tcpState(3)
            } shouldBe
                "<flow><meta direction=\"original\"><layer3 protonum=\"2\" protoname=\"ipv4\"><src>192.0.2.1</src>" +
                "<dst>198.51.100.2</dst></layer3><layer4 protonum=\"0\" protoname=\"unknown\"><sport>10</sport>" +
                "<dport>20</dport></layer4></meta><meta direction=\"independent\"><state>NONE</state></meta></flow>"
        }

        test("control characters from outside are removed from XML, and reserved characters are escaped") {
            xml {
                tuples(web)
                be32(ConntrackAttribute.TIMEOUT.code(), 9)
                tcpState(3)
                counters(ConntrackAttribute.COUNTERS_ORIG, -1, 31)
                nest(ConntrackAttribute.SECCTX) { string(SecCtx.NAME.code(), "<a>&\u001b[2J\uffff") }
                nest(ConntrackAttribute.HELP) { string(Help.NAME.code(), "f&tp") }
            } shouldBe
                "<flow><meta direction=\"original\"><layer3 protonum=\"2\" protoname=\"ipv4\">" +
                "<src>192.0.2.1</src><dst>198.51.100.2</dst></layer3>" +
                "<layer4 protonum=\"6\" protoname=\"tcp\"><sport>40000</sport><dport>443</dport></layer4>" +
                "<counters><packets>18446744073709551615</packets><bytes>31</bytes></counters></meta>" +
                "<meta direction=\"reply\"><layer3 protonum=\"2\" protoname=\"ipv4\">" +
                "<src>198.51.100.2</src><dst>192.0.2.1</dst></layer3>" +
                "<layer4 protonum=\"6\" protoname=\"tcp\"><sport>443</sport><dport>40000</dport></layer4></meta>" +
                "<meta direction=\"independent\"><state>ESTABLISHED</state><timeout>9</timeout>" +
                "<secctx>&lt;a&gt;&amp;.[2J.</secctx><helper>f&amp;tp</helper></meta></flow>"
        }

        test("an expectation is a separate element in a separate document") {
            val expected =
                expectation {
                    web.writeTo(this, ExpectationAttribute.MASTER.code())
                    web.writeTo(this, ExpectationAttribute.TUPLE.code())
                    web.writeTo(this, ExpectationAttribute.MASK.code())
                    be32(ExpectationAttribute.TIMEOUT.code(), 300)
                    be32(ExpectationAttribute.FLAGS.code(), 1)
                    string(ExpectationAttribute.HELP_NAME.code(), "ftp")
                }
            val line = StringBuilder()
            ConntrackXml(columns).head(true, line)
            line.append('\n')
            ConntrackXml(columns).event(ConntrackEvent.ExpectationNew(expected), ConntrackPrinter.NO_TIME, line)
            line.append('\n')
            ConntrackXml(columns).tail(true, line)
            val addresses = "<src>192.0.2.1</src><dst>198.51.100.2</dst>"
            val ports = "<sport>40000</sport><dport>443</dport>"
            line.toString() shouldBe
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<expect>\n" +
                "<flow type=\"new\"><layer3 protonum=\"2\" protoname=\"ipv4\"><expected>$addresses</expected>" +
                "<mask>$addresses</mask><master>$addresses</master></layer3>" +
                "<layer4 protonum=\"6\" protoname=\"tcp\"><expected>$ports</expected><mask>$ports</mask>" +
                "<master>$ports</master></layer4>" +
                "<meta><helper-name>ftp</helper-name><timeout>300</timeout><permanent/></meta></flow>\n</expect>"
        }
    })
