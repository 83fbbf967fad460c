// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.bytecode.InstructionText
import dev.nfkit.nftables.compile.RuleCompiler
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.InvalidRuleException
import dev.nfkit.nftables.text.RuleParser
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder
import java.nio.file.Files
import java.util.Optional

/** Rules that get other instructions than nft's, with the same effect. */
private val EQUIVALENT =
    setOf(
        // the protocol of a connection is the same in both directions
        "ct original l3proto ipv6",
        "ct original protocol 6",
        "ct reply protocol tcp",
        "ct reply protocol != tcp",
        // nft takes the key of older kernels
        "ct original saddr 1.1.1.1",
        // matches that a table of one family does not need
        "meta protocol ip reject",
        "meta protocol ip ip saddr 1.1.1.1",
        // nft requires the protocol earlier, or by another key
        "tcp dport 22 reject with icmpv6 no-route",
        "ether saddr . ip saddr { 00:11:22:33:44:55 . 1.1.1.1 }",
        // nft joins a raw load and a field
        "tcp dport 5 @th,0,16 6",
        "udp dport 5 @th,32,16 6",
    )

/** Rules that are refused, and why. */
private val REFUSED =
    mapOf(
        "ether type 8021ad vlan id 1 vlan type 8021q vlan id 2" to "several VLAN tags",
        "ether type 8021ad vlan id 1 vlan type 8021q vlan id 2 vlan type ip ip saddr 1.1.1.1" to "several VLAN tags",
        "snat ip addr . port to ip saddr . tcp dport map { 1.1.1.1 . 5 : 2.2.2.2 . 1-5 }" to
            "a value is a constant here",
        "ip saddr 1.1.1.1 icmpv6 type echo-request" to "conflicting protocols",
        "ip6 saddr ::1 icmp type echo-request" to "conflicting protocols",
    )

private val TYPES =
    RULE_SETS
        .lines()
        .mapNotNull { Regex("(?:set|map) (\\w+) \\{ type ([^;]+);(.*)").find(it)?.destructured }
        .associate { (name, type, rest) ->
            val sides =
                type.split(" : ").map { side ->
                    side.trim().split(" . ").map { DataType.of(if (it == "counter") "string" else it).orElseThrow() }
                }
            name to SetType(sides[0], sides.getOrElse(1) { listOf() }, "interval" in rest)
        }

private val FAMILIES =
    mapOf(
        "ip" to AddressFamily.IPV4,
        "ip6" to AddressFamily.IPV6,
        "inet" to AddressFamily.INET,
        "arp" to AddressFamily.ARP,
        "bridge" to AddressFamily.BRIDGE,
        "netdev" to AddressFamily.NETDEV,
    )

/** Compares the instructions of each rule of the language's corpus with what the installed nft makes of it. */
class RuleCompilerLiveSpec :
    FunSpec({
        val needsRecorded: (TestCase) -> Enabled = {
            val version = runCatching { run("nft", "--version") }.getOrDefault("no nft")
            Live.enabled(Live.noNamespaces ?: if (RECORDED in version) null else "the corpus is of $RECORDED: $version")
        }

        fun compiled(
            family: String,
            text: String,
        ): List<String> {
            val lookup = SetType.Lookup { Optional.ofNullable(TYPES[it]) }
            val parsed = RuleParser.parse(FAMILIES.getValue(family), lookup, CorpusHost, text).statements()
            return RuleCompiler
                .compile(FAMILIES.getValue(family), lookup, ByteOrder.nativeOrder(), parsed)
                .instructions()
                .map { InstructionText.of(it, ByteOrder.nativeOrder()).trim() }
        }

        /** The instructions of the rules of chains c0, c1 and so on. */
        fun Namespace.compiledByNft(
            family: String,
            rules: List<String>,
        ): List<List<String>> {
            val file = Files.createTempFile("rules", ".nft")
            try {
                val chains = rules.indices.joinToString("") { "  chain c$it { }\n" }
                val added = rules.withIndex().joinToString("") { (index, rule) -> "add rule $family t c$index $rule\n" }
                Files.writeString(file, "table $family t {\n${ruleObjects(family)}$chains}\n$added")
                // It prints all of them before the kernel refuses those that it has no support for.
                val printed = exec("sh", "-c", "TZ=UTC nft --debug=netlink -c -f $file 2>/dev/null || true")
                return rules.indices.map { index ->
                    printed
                        .substringAfter("\n$family t c$index\n", "")
                        .lines()
                        .takeWhile { it.startsWith("  [") }
                        .map { it.trim() }
                }
            } finally {
                Files.delete(file)
            }
        }

        test("the instructions of the corpus are those that nft makes").config(enabledOrReasonIf = needsRecorded) {
            Namespace().use { namespace ->
                var compared = 0
                val different = mutableListOf<String>()
                for ((family, rules) in ruleCorpus().groupBy { it.family }) {
                    val expected = namespace.compiledByNft(family, rules.map { it.text })
                    for ((rule, instructions) in rules.zip(expected)) {
                        val reason = REFUSED[rule.text]
                        val own = runCatching { compiled(family, rule.text) }
                        val refusal = own.exceptionOrNull() as? InvalidRuleException
                        when {
                            reason != null -> {
                                if (reason !in
                                    refusal?.message.orEmpty()
                                ) {
                                    different += "$family ${rule.text}: $own"
                                }
                            }

                            // Intervals that were joined to one are compared without a set.
                            !rule.stable || rule.text in EQUIVALENT -> {
                                own.getOrThrow()
                            }

                            own.getOrNull() == instructions -> {
                                compared++
                            }

                            else -> {
                                different += "$family ${rule.text}\n  nft: $instructions\n  own: $own"
                            }
                        }
                    }
                }
                different.joinToString("\n") shouldBe ""
                compared shouldBeGreaterThan 1_900
            }
        }
    })
