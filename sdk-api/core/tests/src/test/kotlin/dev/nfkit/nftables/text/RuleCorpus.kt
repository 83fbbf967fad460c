// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetType
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Optional
import java.util.OptionalInt

/** A rule, how nft lists it, whether that was recorded, and whether nft reads the listed form as the same rule. */
internal data class RecordedRule(
    val family: String,
    val text: String,
    val listed: String,
    val recorded: Boolean,
    val stable: Boolean,
)

/** The rules of `rules.txt`, and the table that they are in. */
internal object RuleCorpus {
    val host =
        object : Host {
            override fun device(name: String) = if (name == "lo") OptionalInt.of(1) else OptionalInt.empty()

            override fun device(index: Int) = if (index == 1) Optional.of("lo") else Optional.empty()

            override fun zone(): ZoneId = ZoneOffset.UTC
        }

    private val types =
        mapOf(
            "ports" to "inet_service",
            "addrs4" to "ipv4_addr",
            "addrs6" to "ipv6_addr",
            "nets4" to "ipv4_addr",
            "pairs" to "ipv4_addr . inet_service",
            "devs" to "ifname",
            "marks" to "mark",
            "portmark" to "inet_service : mark",
            "portverdict" to "inet_service : verdict",
            "pairverdict" to "ipv4_addr . inet_service : verdict",
            "addrmap" to "ipv4_addr : ipv4_addr",
            "portaddr" to "inet_service : ipv4_addr",
            "dynmap" to "inet_service : ipv4_addr",
            "counters" to "inet_service : string",
        ).mapValues { (_, type) ->
            val sides = type.split(" : ").map { side -> side.split(" . ").map { DataType.of(it).orElseThrow() } }
            SetType(sides[0], sides.getOrElse(1) { listOf() })
        }

    val sets = SetType.Lookup { Optional.ofNullable(types[it]) }

    val rules: List<RecordedRule> by lazy {
        val lines =
            RuleCorpus::class.java
                .getResource("rules.txt")!!
                .readText()
                .lines()
                .filter { it.isNotBlank() && !it.startsWith("#") }
        lines.withIndex().filter { !it.value.startsWith("  ") }.map { (index, line) ->
            val rule = line.removePrefix("? ")
            val next = lines.getOrElse(index + 1) { "" }
            val text = rule.substringAfter(' ')
            val listed = if (next.startsWith("  ")) next.substring("  => ".length) else text
            RecordedRule(rule.substringBefore(' '), text, listed, rule == line, !next.startsWith("  ~>"))
        }
    }

    fun family(name: String): AddressFamily =
        when (name) {
            "ip" -> AddressFamily.IPV4
            "ip6" -> AddressFamily.IPV6
            "inet" -> AddressFamily.INET
            "arp" -> AddressFamily.ARP
            "bridge" -> AddressFamily.BRIDGE
            else -> AddressFamily.NETDEV
        }

    fun printed(
        family: String,
        text: String,
    ): String {
        val rule = RuleParser.parse(family(family), sets, host, text)
        return RulePrinter.print(family(family), sets, host, rule.statements(), rule.comment())
    }
}
