// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.NatRange
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.table.Conntrack
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.maps.shouldContainAll
import io.kotest.matchers.shouldBe
import java.util.BitSet

/** Both read the same table: each entry has the same fields. */
private fun Namespace.shouldBeListedAlike(table: Conntrack): List<Fields> {
    val before = table.all().map(::fields).associateBy { it["id"] }
    val listed = listedByTool().associateBy { it["id"] }
    val after = table.all().map(::fields).associateBy { it["id"] }
    listed.keys shouldBe before.keys
    after.keys shouldBe before.keys
    for ((id, byTool) in listed) {
        withClue({ "$byTool" }) {
            // Time passes between the three.
            byTool["timeout"]!!.toLong() shouldBeInRange
                after[id]!!["timeout"]!!.toLong()..before[id]!!["timeout"]!!.toLong()
            before[id]!! - "timeout" shouldBe byTool - "timeout"
        }
    }
    return listed.values.toList()
}

private fun bits(vararg labels: Int) = BitSet().apply { labels.forEach { set(it) } }

private fun Namespace.rules(vararg rules: String) {
    for (rule in rules) {
        for (command in if (':' in rule || "icmp" in rule) listOf("iptables") else listOf("iptables", "ip6tables")) {
            exec(command, *rule.split(' ').toTypedArray())
        }
    }
}

class ConntrackPeerSpec :
    FunSpec({
        test("conntrack(8) lists what the SDK reads of real traffic").config(enabledOrReasonIf = needsConntrackTool) {
            withTable { table ->
                tune("nf_conntrack_acct", 1)
                tune("nf_conntrack_timestamp", 1)
                rules(
                    "-t raw -A OUTPUT -p udp --dport 4005 -j CT --zone 5",
                    "-t raw -A OUTPUT -p udp --dport 4006 -j CT --zone-orig 6",
                    "-t raw -A OUTPUT -p udp --dport 4007 -j CT --zone-reply 7",
                    "-t raw -A OUTPUT -p tcp --dport 21 -j CT --helper ftp",
                    "-A OUTPUT -p udp -j CONNMARK --set-mark 0xfedcba98",
                    "-A OUTPUT -m connlabel --label 3 --set",
                    "-A OUTPUT -p udp --dport 4002 -m connlabel --label 127 --set",
                    "-t nat -A OUTPUT -p tcp --dport 8000 -j DNAT --to-destination 127.0.0.1:8001",
                    "-t nat -A OUTPUT -p udp --dport 8002 -j DNAT --to-destination 127.0.0.3:8003",
                    "-t nat -A POSTROUTING -p udp --dport 8004 -j SNAT --to-source 127.0.0.9:9999",
                    "-A INPUT -p udp -j DROP",
                )
                for (port in 4001..4007) {
                    sendUdp(port, port)
                    sendUdp(port + 100, port, "::1")
                }
                sendUdp(4008, 8002)
                sendUdp(4009, 8004)
                exec("ping", "-q", "-c", "2", "127.0.0.1")
                exec("ping", "-q", "-c", "2", "::1")
                val pairs =
                    listOf(
                        TcpPair(this, 21),
                        TcpPair(this, 22, "::1"),
                        TcpPair(this, 8001, to = 8000),
                    )
                pairs.forEach { it.send("hello") }
                TcpPair(this, 23).close()

                val listed = shouldBeListedAlike(table)
                withClue("the expected entries") {
                    listed.map { it["protocol"] to it["l3"] }.toSet() shouldContainAll
                        setOf("6" to "2", "6" to "10", "17" to "2", "17" to "10", "1" to "2", "58" to "10")
                    listed.mapNotNull { it["zone"] }.toSet() shouldBe setOf("5")
                    listed.mapNotNull { it["original.zone"] }.toSet() shouldBe setOf("6")
                    listed.mapNotNull { it["reply.zone"] }.toSet() shouldBe setOf("7")
                    listed.mapNotNull { it["helper"] } shouldBe listOf("ftp")
                    listed.mapNotNull { it["labels"] }.toSet() shouldBe setOf("[3]", "[3, 127]")
                    listed.map { it["mark"] }.toSet() shouldBe setOf("0", "4275878552")
                    listed.mapNotNull { it["state"] }.toSet() shouldContainAll setOf("ESTABLISHED", "TIME_WAIT")
                    listed.count { "[ASSURED]" in it } shouldBe pairs.size + 1
                    listed.single { it["original.dport"] == "8000" } shouldContainAll mapOf("reply.sport" to "8001")
                    listed.single { it["original.dport"] == "8002" } shouldContainAll mapOf("reply.src" to "127.0.0.3")
                    listed.single { it["original.dport"] == "8004" } shouldContainAll mapOf("reply.dport" to "9999")
                    listed.all { it["start"] != null } shouldBe true
                    listed.any { it["original.packets"] == "2" } shouldBe true
                }
                pairs.forEach { it.close() }
            }
        }

        test("the SDK reads what conntrack(8) creates").config(enabledOrReasonIf = needsConntrackTool) {
            withTable { table ->
                rules("-A OUTPUT -m connlabel --label 3 --set") // makes space for labels
                val pair = "-s 10.1.0.1 -d 10.1.0.2"
                val pair6 = "-s fd00::1 -d fd00::2"
                for (
                arguments in listOf(
                    "-p udp $pair --sport 1 --dport 2 -t 1000 -m 7 --label-add l64",
                    "-p tcp $pair --sport 1 --dport 2 -t 1000 --state SYN_SENT --zone 9",
                    "-p tcp $pair --sport 1 --dport 2 -t 1000 --state ESTABLISHED -u SEEN_REPLY,ASSURED --orig-zone 8",
                    "-p tcp $pair --sport 3 --dport 2 -t 1000 --state CLOSE_WAIT -n 192.0.2.1:77",
                    "-p udp $pair --sport 3 --dport 2 -t 1000 -g 192.0.2.2",
                    "-p icmp $pair --icmp-type 8 --icmp-code 0 --icmp-id 9 -t 1000",
                    "-p icmpv6 $pair6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 9 -t 1000",
                    "-p udp $pair6 --sport 1 --dport 2 -t 1000",
                    "-p sctp $pair --sport 1 --dport 2 -t 1000 --state ESTABLISHED --orig-vtag 3 --reply-vtag 4",
                    "-p gre $pair --srckey 1 --dstkey 2 -t 1000",
                    "-p udplite $pair --sport 1 --dport 2 -t 1000",
                )
                ) {
                    withClue(arguments) { tool("-I $arguments") }
                }
                tool("-U -p udp $pair --sport 1 --dport 2 --label-add l1")
                val listed = shouldBeListedAlike(table)
                listed.size shouldBe 11
                listed.mapNotNull { it["labels"] } shouldBe listOf("[1, 64]")
            }
        }

        test(
            "conntrack(8) lists what the SDK creates and changes",
        ).config(enabledOrReasonIf = needsConntrackTool) {
            withTable { table ->
                rules("-A OUTPUT -m connlabel --label 3 --set") // makes space for labels
                table.create(connection(udp(1)).mark(0xffffffff).labels(bits(0, 31, 32, 63, 64, 127)))
                table.create(connection(udp6(1)).zone(0xffff))
                table.create(connection(udp(2).inZone(3)).reply(udp(2).inverted()))
                table.create(connection(tcp(1)).tcpState(TcpState.LAST_ACK).helper("ftp"))
                table.create(connection(tcp(2)).destinationNat(NatRange.to(address("192.0.2.1")).ports(80, 80)))
                table.create(connection(ConntrackTuple.icmp(address("10.1.0.1"), address("10.1.0.2"), 65_535, 13, 0)))
                table.update(udp(1), ConntrackUpdate.none().mark(0, 0xff00).labels(bits(5), bits(0, 5)))
                val replied = ConntrackStatus.bits(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED)
                table.update(udp6(1), 0xffff, ConntrackUpdate.none().status(replied))
                val listed = shouldBeListedAlike(table)
                listed.size shouldBe 6
                listed.single { it["labels"] != null }["labels"] shouldBe "[5, 31, 32, 63, 64, 127]"
                table.delete(udp(1)) shouldBe true
                tool("-D -p tcp --orig-port-src 2")
                shouldBeListedAlike(table).size shouldBe 4
            }
        }

        test("conntrack(8) counts as the SDK does").config(enabledOrReasonIf = needsConntrackTool) {
            withTable { table ->
                repeat(5) { table.create(connection(udp(it))) }
                sendUdp(4000, 4001)
                tool("-C").trim().toLong() shouldBe table.statistics().entries()

                // The tool prints only the counters that it knows.
                fun total(name: String) =
                    Regex("\\b$name=(\\d+)").findAll(tool("-S")).sumOf { it.groupValues[1].toLong() }
                val ours = table.cpuStatistics()
                for (counter in StatisticsAttribute.values()) {
                    withClue(counter.key()) {
                        if ("${counter.key()}=" in tool("-S")) {
                            ours.sumOf { it.values()[counter] ?: 0 } shouldBe total(counter.key())
                        }
                    }
                }
            }
        }
    })
