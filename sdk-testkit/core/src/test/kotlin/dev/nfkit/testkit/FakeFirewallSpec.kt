// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Hook
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.packet.IpSummary
import dev.nfkit.testkit.TestPacket.ConnectionState
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress

private const val CLIENT = "10.0.0.2"
private const val SERVER = "198.51.100.9"

private fun address(text: String): InetAddress = InetAddress.getByName(text)

/** A kernel with a table `inet t`. */
private fun firewall(content: String): FakeNetfilter = kernel("table inet t {\n$content\n}")

private fun kernel(text: String): FakeNetfilter {
    val kernel = FakeNetfilter()
    Nftables.open(kernel).use { it.commit(Batch().add(Ruleset.parse(text))) }
    return kernel
}

private fun FakeNetfilter.packet(bytes: ByteArray = SamplePackets.udp(CLIENT, 4000, SERVER, 53)): TestPacket =
    packets()
        .of(bytes)
        .`in`("eth0", 2, address("10.0.0.1"), address("fd00::1"))
        .out("eth1", 3, address("203.0.113.1"), address("fd01::1"))

/** Addresses and ports of a packet that the rules have let pass. */
private fun PacketTrace.ends(): String {
    val ip = IpSummary()
    ip.wrap(bytes()) shouldBe true
    return "${ip.source()}:${ip.sourcePort()} > ${ip.destination()}:${ip.destinationPort()}"
}

/** What connection tracking and forwarding do with a packet between its rules. */
class FakeFirewallSpec :
    FunSpec({
        test("forwarding takes a hop, and drops a packet that has none left") {
            val kernel = firewall("chain f { type filter hook forward priority 0; ip ttl 63 counter accept\n }")
            val bytes = SamplePackets.udp4()
            bytes[8] = 64
            val trace = kernel.packet(bytes).forward()
            trace.matched().size shouldBe 1
            trace.bytes().u8(8) shouldBe 63
            bytes[8] = 1
            val last = kernel.packet(bytes).forward()
            last.outcome() shouldBe PacketTrace.Outcome.DROPPED
            last.hook() shouldBe Hook.PRE_ROUTING
            last.steps().size shouldBe 0
            val six = SamplePackets.ping6(1)
            kernel
                .packet(six)
                .forward()
                .bytes()
                .u8(7) shouldBe (six[7].toInt() and 0xff) - 1
        }

        test("ct original has the addresses that were seen, ct reply those after the translation") {
            val kernel =
                firewall(
                    """
                    chain d { type nat hook prerouting priority -100; udp dport 53 dnat ip to 192.0.2.7:5353
                    }
                    chain f { type filter hook forward priority 0; policy drop;
                    ct status dnat ct original ip daddr $SERVER ct original proto-dst 53 jump translated
                    }
                    chain translated {
                    ct reply ip saddr 192.0.2.7 accept
                    }
                    chain s { type nat hook postrouting priority 100; masquerade
                    }
                    chain p { type filter hook postrouting priority 200; policy drop;
                    ct status snat ct reply ip daddr 203.0.113.1 ct original ip saddr $CLIENT accept
                    }
                    """,
                )
            val trace = kernel.packet().forward()
            trace.outcome() shouldBe PacketTrace.Outcome.ACCEPTED
            trace.ends() shouldBe "203.0.113.1:4000 > 192.0.2.7:5353"
            trace.translations() shouldContainExactly listOf("dnat", "snat")
        }

        test("a translation puts the port back that connection tracking saw, if a rule had rewritten it") {
            val kernel =
                firewall(
                    """
                    chain m { type filter hook postrouting priority 0; udp sport set 7
                    }
                    chain s { type nat hook postrouting priority 100; snat ip to 203.0.113.9
                    }
                    """,
                )
            kernel.packet().forward().ends() shouldBe "203.0.113.9:4000 > $SERVER:53"
        }

        test("a translation of the other family does not apply, and the next rule does") {
            val kernel =
                firewall(
                    """
                    chain s { type nat hook postrouting priority 100; snat ip6 to fd01::9
                    snat ip to 203.0.113.9
                    }
                    """,
                )
            kernel.packet().forward().ends() shouldBe "203.0.113.9:4000 > $SERVER:53"
        }

        test("a source that the rule permits stays") {
            val kernel =
                firewall("chain s { type nat hook postrouting priority 100; snat ip to 10.0.0.1-10.0.0.9\n }")
            kernel.packet().forward().ends() shouldBe "$CLIENT:4000 > $SERVER:53"
        }

        test("of several addresses the kernel's choice is taken, which depends on source and destination") {
            val kernel =
                firewall("chain d { type nat hook prerouting priority -100; dnat ip6 to fd09::3-fd09:0:0:1::9\n }")
            val packet = SampleIp.between("fd00:0:0:1::3", "fd09:0:0:2::4").udp(53, 1000)
            kernel.packet(packet).forward().ends() shouldBe "fd00:0:0:1::3:53 > fd09::1624:47dd:cb63:63c7:1000"
        }

        test("a rule that sets an option of TCP goes on if the packet has none, and not for other protocols") {
            val kernel =
                firewall(
                    "chain i { type filter hook input priority 0; tcp option maxseg size set 1200 meta mark set 1\n }",
                )
            kernel.packet(SamplePackets.tcp(CLIENT, 4000, SERVER, 80, 2)).toInput().mark() shouldBe 1
            kernel.packet().toInput().mark() shouldBe 0
        }

        test("a prefix of the address is translated, and the rest stays") {
            val kernel =
                kernel(
                    """
                    table ip t {
                    chain s { type nat hook postrouting priority 100;
                    snat ip prefix to ip saddr map { 10.0.0.0/24 : 203.0.113.0/24 }
                    }
                    }
                    """,
                )
            kernel.packet().forward().ends() shouldBe "203.0.113.2:4000 > $SERVER:53"
        }

        test("only the first packets of a connection meet the rules that translate, and no errors of others") {
            val kernel = firewall("chain s { type nat hook postrouting priority 100; counter masquerade\n }")
            val error = SamplePackets.udp4().also { it[9] = 1 } // ICMP
            kernel
                .packet(error)
                .connection(ConnectionState.RELATED)
                .forward()
                .steps()
                .size shouldBe 0
            kernel
                .packet()
                .connection(ConnectionState.ESTABLISHED)
                .forward()
                .steps()
                .size shouldBe 0
            kernel
                .packet()
                .connection(ConnectionState.RELATED)
                .forward()
                .translations() shouldContainExactly
                listOf("snat")
        }

        test("a rule chooses the zone before connection tracking, and not after it") {
            val kernel =
                firewall(
                    """
                    chain r { type filter hook prerouting priority -300; ct zone set 5
                    }
                    chain i { type filter hook input priority 0; policy drop;
                    ct zone 5 accept
                    }
                    """,
                )
            kernel.packet().toInput().outcome() shouldBe PacketTrace.Outcome.ACCEPTED
        }

        test("chains of the device's ingress hook come first, for their own device") {
            val kernel =
                kernel(
                    """
                    table netdev t {
                    chain c { type filter hook ingress device "eth0" priority 0; vlan id 7 meta mark set 7
                    meta mark set meta mark or 0x10
                    }
                    }
                    """,
                )
            kernel
                .packet()
                .vlan(7)
                .toInput()
                .mark() shouldBe 0x17
            kernel
                .packet()
                .vlan(8)
                .forward()
                .mark() shouldBe 0x10
            kernel.packet().at(Hook.NETDEV_INGRESS).hook() shouldBe Hook.NETDEV_INGRESS
            kernel
                .packet()
                .`in`("eth9")
                .toInput()
                .mark() shouldBe 0
            kernel.packet().fromOutput().mark() shouldBe 0
        }

        test("a chain at the egress hook, which is not modelled, fails by name") {
            val kernel =
                kernel(
                    """
                    table netdev t {
                    chain c { type filter hook egress device "eth1" priority 0;
                    }
                    }
                    """,
                )
            shouldThrow<AssertionError> { kernel.packet().forward() }.message shouldContain "egress"
        }

        test("headers are found again when the next chain begins, as in the kernel") {
            val kernel =
                firewall(
                    """
                    chain a { type filter hook input priority 0; ip protocol set 6
                    meta l4proto 17 meta mark set 1
                    }
                    chain b { type filter hook input priority 1; meta l4proto 6 meta mark set meta mark or 2
                    }
                    """,
                )
            kernel.packet().toInput().mark() shouldBe 3
        }

        test("rt does not match before routing, when a packet has no route") {
            val kernel =
                firewall(
                    """
                    chain r { ip saddr $CLIENT rt ip nexthop 203.0.113.254 meta mark set meta mark or 1
                    meta mark set meta mark or 2
                    }
                    chain p { type filter hook prerouting priority 0; jump r
                    }
                    chain f { type filter hook forward priority 0; jump r
                    }
                    """,
                )
            val packet = kernel.packet().routes { it.nextHop(address("203.0.113.254")) }
            packet.at(Hook.PRE_ROUTING).mark() shouldBe 2
            packet.forward().mark() shouldBe 3
        }

        test("iiftype is the type of the device that the packet is at, which in postrouting is the one it leaves by") {
            val kernel =
                firewall(
                    """
                    chain o { type filter hook output priority 0; iiftype ether meta mark set 1
                    }
                    chain p { type filter hook postrouting priority 0;
                    iif 0 iiftype ether meta mark set meta mark or 2
                    }
                    """,
                )
            kernel.packet().fromOutput().mark() shouldBe 2
        }

        test("the owner, the direction and the mark of the connection are what the test states") {
            val kernel =
                firewall(
                    """
                    chain o { type filter hook output priority 0; policy drop;
                    meta skuid 1000 meta skgid 100 ct direction reply ct mark 7 ct state established accept
                    }
                    """,
                )
            val packet = kernel.packet().owner(1000, 100)
            val known = packet.connection(ConnectionState.ESTABLISHED) { it.reply().mark(7) }
            known.fromOutput().outcome() shouldBe PacketTrace.Outcome.ACCEPTED
            val other = packet.connection(ConnectionState.NEW)
            other.fromOutput().outcome() shouldBe PacketTrace.Outcome.DROPPED
        }

        test("the same packet is sent several times, and what rules change stays in the trace") {
            val kernel = firewall("chain i { type filter hook input priority 0; ip ttl set 9\n }")
            val packet = kernel.packet()
            val first = packet.toInput()
            val second = packet.at(Hook.LOCAL_IN)
            first.bytes().toHex() shouldBe second.bytes().toHex()
            packet.at(Hook.PRE_ROUTING).bytes().toArray() shouldBe SamplePackets.udp(CLIENT, 4000, SERVER, 53)
        }

        test("numbers out of range are refused by name") {
            val packet = FakeNetfilter().packet()
            shouldThrow<IllegalArgumentException> { packet.mark(-1) }.message shouldContain "mark -1"
            shouldThrow<IllegalArgumentException> { packet.vlan(4096) }.message shouldContain "VLAN 4096"
            shouldThrow<IllegalArgumentException> {
                packet.connection(ConnectionState.NEW) { it.zone(65536) }
            }.message shouldContain "zone 65536"
            shouldThrow<IllegalArgumentException> { packet.routes { it.segmentSize(-1) } }.message shouldContain "-1"
        }
    })
