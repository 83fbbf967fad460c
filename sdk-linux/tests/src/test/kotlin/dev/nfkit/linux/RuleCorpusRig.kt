// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nftables.text.Host
import java.nio.file.Files
import java.nio.file.Path
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Optional
import java.util.OptionalInt

/** The version that the corpus was recorded with: others list some rules in other forms. */
internal const val RECORDED = "v1.0.6"

private const val CORPUS = "sdk-api/core/tests/src/test/resources/dev/nfkit/nftables/text/rules.txt"

internal const val RULE_SETS = """
  chain other { }
  set ports { type inet_service; }
  set addrs4 { type ipv4_addr; size 65535; flags dynamic,timeout; }
  set addrs6 { type ipv6_addr; size 65535; flags dynamic,timeout; }
  set nets4 { type ipv4_addr; flags interval; }
  set pairs { type ipv4_addr . inet_service; size 65535; flags dynamic,timeout; }
  set devs { type ifname; }
  set marks { type mark; }
  map portmark { type inet_service : mark; }
  map portverdict { type inet_service : verdict; }
  map pairverdict { type ipv4_addr . inet_service : verdict; }
  map addrmap { type ipv4_addr : ipv4_addr; }
  map portaddr { type inet_service : ipv4_addr; }
  map dynmap { type inet_service : ipv4_addr; size 65535; flags dynamic,timeout; }
  map counters { type inet_service : counter; }
  counter web { }
  quota qt { 10 mbytes }
  limit lim { rate 10/second }
"""

private const val OBJECTS = """
  synproxy syn {
    mss 1460
    wscale 7
  }
  ct helper ftp-standard {
    type "ftp" protocol tcp
  }
  ct timeout short {
    protocol tcp
    l3proto ip
    policy = { established : 100 }
  }
  ct expectation expect {
    protocol tcp
    dport 9876
    timeout 60s
    size 12
    l3proto ip
  }
"""

/** A recorded rule: its family, its text, how nft lists it, and whether nft reads that as the same rule. */
internal class RecordedRule(
    val family: String,
    val text: String,
    val listed: String,
    val stable: Boolean,
)

/** The recorded rules of the language's corpus. */
internal fun ruleCorpus(): List<RecordedRule> {
    val root =
        generateSequence(
            Path.of("").toAbsolutePath(),
        ) { it.parent }.first { Files.exists(it.resolve(CORPUS)) }
    val lines = Files.readAllLines(root.resolve(CORPUS)).filter { it.isNotBlank() && !it.startsWith("#") }
    return lines
        .withIndex()
        .filter { (_, line) -> !line.startsWith("  ") && !line.startsWith("?") }
        .map { (index, line) ->
            val next = lines.getOrElse(index + 1) { "" }
            val rule = line.substringAfter(' ')
            RecordedRule(
                line.substringBefore(' '),
                rule,
                if (next.startsWith("  ")) next.drop(5) else rule,
                !next.startsWith("  ~>"),
            )
        }
}

/** The sets and objects of the table that the rules of a family are in. */
internal fun ruleObjects(family: String): String =
    (if (family == "arp") "  chain other { }\n" else RULE_SETS) + (if (family == "inet") OBJECTS else "")

/** The host that the corpus was recorded on, as far as rules show it. */
internal object CorpusHost : Host {
    override fun device(name: String) = if (name == "lo") OptionalInt.of(1) else OptionalInt.empty()

    override fun device(index: Int) = if (index == 1) Optional.of("lo") else Optional.empty()

    override fun zone(): ZoneId = ZoneOffset.UTC
}
