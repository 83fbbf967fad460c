// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output

import dev.nfkit.netfilter.PacketSink
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.replay.TraceGroups
import dev.nfkit.samples.cli.replayed
import dev.nfkit.samples.cli.trace
import dev.nfkit.samples.cli.traceNames
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.wire.MessageCursor
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.nio.ByteBuffer
import java.nio.ByteOrder

private val keys =
    (
        "kind time time_source family family_name group hw_protocol hw_protocol_name hook mark timestamp " +
            "ifindex_indev ifname_indev ifindex_outdev ifname_outdev ifindex_physindev ifname_physindev " +
            "ifindex_physoutdev ifname_physoutdev hwaddr hwtype hwtype_name hwlen hwheader uid gid prefix seq " +
            "seq_global vlan proto proto_name tci l2hdr ct ct_info ct_state ct_direction payload truncated " +
            "original_length protocol protocol_name src dst sport dport"
    ).split(" ")

/** The attributes of the packet's connection, which have their own names. */
private val connection = Regex("\"ct\":\\{.*?\\}(?=,\"ct_info)")

private val key = Regex("\"([a-z0-9_]+)\":")

private fun json(packet: NflogPacket): String =
    StringBuilder()
        .also {
            JsonPrinter(NflogFields(), FakeNetfilter().kernel()).print(packet, null, it)
        }.toString()

private fun lines(name: String): List<String> {
    val trace = replayed(name)
    val options = NflogOptions.builder()
    TraceGroups.of(trace).forEach(options::group)
    val lines = mutableListOf<String>()
    NflogSession.open(ReplayTransport.lenient(trace), options.build()).use { session ->
        session.run(PacketSink<NflogPacket, RuntimeException> { lines += json(it) })
    }
    return lines
}

private fun packet(sample: SampleNflog): NflogPacket {
    val bytes = sample.toDatagram(ByteOrder.nativeOrder())
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.nativeOrder())
    cursor.next() shouldBe true
    return NflogPacket.read(cursor, 1_000_000_000L)
}

class JsonSpec :
    FunSpec({
        context("every recorded packet has the schema's names, in order") {
            val names = traceNames("nflog")
            names.shouldNotBeEmpty()
            withData(names) { file ->
                val lines = lines(file)
                lines.shouldNotBeEmpty()
                for (line in lines) {
                    parseJson(line)
                    val packet = line.replace(connection, "\"ct\":{}")
                    val found = key.findAll(packet).map { it.groupValues[1] }.toList()
                    keys.shouldContainAll(found)
                    found shouldBe found.sortedBy(keys::indexOf)
                    found.distinct() shouldBe found
                    found shouldContainAll listOf("family", "group", "truncated")
                }
            }
        }

        test("a packet without a protocol in its header has its addresses and ports") {
            val line = json(packet(SampleNflog.of(SamplePackets.udp("10.9.0.1", 4000, "10.9.0.2", 53)).hwProtocol(0)))
            line shouldContain "\"hw_protocol\":0,"
            line shouldContain
                "\"protocol\":17,\"protocol_name\":\"udp\",\"src\":\"10.9.0.1\",\"dst\":\"10.9.0.2\"," +
                "\"sport\":4000,\"dport\":53"
        }

        test("a packet of a bridge with a VLAN tag") {
            lines("nflog-vlan-bridge").first() shouldBe
                """{"kind":"logged_packet","time":"2026-11-20T20:37:36.092654Z","time_source":"kernel","family":7,""" +
                """"family_name":"bridge","group":11,"hw_protocol":2048,"hw_protocol_name":"ipv4",""" +
                """"hook":"FORWARD","timestamp":1795207056.092654,""" +
                """"ifindex_indev":7,"ifindex_outdev":7,"ifindex_physindev":5,"ifindex_physoutdev":6,""" +
                """"hwaddr":"2a127b228625","hwtype":1,"hwtype_name":"ether","hwlen":14,""" +
                """"hwheader":"0ee837ccf6f52a127b2286250800",""" +
                """"uid":0,"gid":0,"prefix":"brfwd ","vlan":{"proto":33024,"proto_name":"802.1q","tci":24581},""" +
                """"l2hdr":"0ee837ccf6f52a127b2286250800",""" +
                """"payload":"45000054127c4000400108190a0906010a0906020800ec1c01c9000190af006b00000000b92b0100""" +
                """00000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",""" +
                """"truncated":false,"original_length":84,"protocol":1,"protocol_name":"icmp",""" +
                """"src":"10.9.6.1","dst":"10.9.6.2"}"""
        }

        test("a packet with mark, prefix and user") {
            lines("nflog-prefix-mark-uid").first() shouldBe
                """{"kind":"logged_packet","time":"2026-11-20T20:36:51.443399Z","time_source":"received",""" +
                """"family":2,"family_name":"ipv4","group":2,"hw_protocol":2048,"hw_protocol_name":"ipv4",""" +
                """"hook":"LOCAL_OUT",""" +
                """"mark":305441741,"ifindex_outdev":2,""" +
                """"uid":65534,"gid":100,"prefix":"prefix with spaces=é ",""" +
                """"payload":"45000030cd474000401159610a0900010a090002afca1770001c14427061636b6574203030303020""" +
                """4142434445464748","truncated":false,"original_length":48,"protocol":17,"protocol_name":"udp",""" +
                """"src":"10.9.0.1",""" +
                """"dst":"10.9.0.2","sport":45002,"dport":6000}"""
        }

        test("a connection is nested as its attributes are, with its info as a number") {
            lines("nflog-conntrack").first() shouldContain
                """"ct":{"tuple_orig":{"ip":{"v4_src":"10.9.0.1","v4_dst":"10.9.0.2"},""" +
                """"proto":{"num":6,"num_name":"tcp","src_port":45007,"dst_port":7000}},""" +
                """"tuple_reply":{"ip":{"v4_src":"10.9.0.2","v4_dst":"10.9.0.1"},""" +
                """"proto":{"num":6,"num_name":"tcp","src_port":7000,"dst_port":45007}},"status":0,""" +
                """"status_names":[],""" +
                """"protoinfo":{"tcp":{"state":1,"state_name":"SYN_SENT","wscale_original":7,"wscale_reply":0,""" +
                """"flags_original":"0300","flags_original_names":["WINDOW_SCALE","SACK_PERM"],""" +
                """"flags_reply":"0000","flags_reply_names":[]}},"timeout":120,"mark":12648430,""" +
                """"counters_orig":{"packets":1,"bytes":60},"counters_reply":{"packets":0,"bytes":0},""" +
                """"id":3598786607,"timestamp":{"start":0}},"ct_info":2,"ct_state":"new","ct_direction":"original","""
        }

        test("a malformed connection is hexadecimal") {
            val line = json(packet(SampleNflog.of(byteArrayOf(1)).attribute(NflogAttribute.CT.code(), 5, 0, 1, 0)))
            line shouldContain "\"ct\":\"05000100\""
        }

        test("absent attributes are omitted") {
            val line = json(packet(SampleNflog.of(byteArrayOf(1, 2, 3)).withoutPacketHeader()))
            line shouldNotContain "hook"
            line shouldNotContain "mark"
            line shouldNotContain "\"src\""
            line shouldContain "\"payload\":\"010203\",\"truncated\":false,\"original_length\":3"
        }

        test("a prefix may contain any character") {
            val line = json(packet(SampleNflog.of(byteArrayOf(1)).prefix("a\"b\\c\nd\u007f é \uD83D\uDE00")))
            line shouldContain "\"prefix\":\"a\\\"b\\\\c\\u000ad\\u007f é \uD83D\uDE00\""
        }

        test("numbers of 32 bits have no sign") {
            val line =
                json(
                    packet(
                        SampleNflog
                            .of(byteArrayOf(1))
                            .mark(0xffff_ffffL)
                            .uid(0xffff_fffeL)
                            .sequence(0x8000_0000L),
                    ),
                )
            line shouldContain "\"mark\":4294967295"
            line shouldContain "\"uid\":4294967294"
            line shouldContain "\"seq\":2147483648"
        }

        test("interfaces have their names, as long as they exist") {
            val kernel = FakeNetfilter().kernel().networkInterface(7, "eth0")
            val packet = packet(SampleNflog.of(byteArrayOf(1)).inDevice(7).outDevice(8))
            val line = StringBuilder().also { JsonPrinter(NflogFields(), kernel).print(packet, null, it) }.toString()
            line shouldContain "\"ifindex_indev\":7,\"ifname_indev\":\"eth0\",\"ifindex_outdev\":8,\"payload\""
            parseJson(line)["ifname_indev"] shouldBe "eth0"
        }

        test("every attribute of the schema has a name in the list") {
            for (attribute in NflogAttribute.entries - NflogAttribute.PACKET_HDR) {
                (attribute.key() in keys) shouldBe true
            }
        }
    })
