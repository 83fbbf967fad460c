package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import java.nio.file.Path

/** The version that the corpus was recorded with: others list some rules in other forms. */
private const val RECORDED = "v1.0.6"

private const val CORPUS = "sdk-api/core/tests/src/test/resources/dev/nfkit/nftables/text/rules.txt"

private const val SETS = """
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

/** Lists the recorded rules of the corpus again, with the installed nft and the running kernel. */
class RuleCorpusLiveSpec :
    FunSpec({
        val needsNft: (io.kotest.core.test.TestCase) -> io.kotest.core.test.Enabled = {
            val version = runCatching { run("nft", "--version") }.getOrDefault("no nft")
            Live.enabled(Live.noNamespaces ?: if (RECORDED in version) null else "the corpus is of $RECORDED: $version")
        }

        fun corpus(): Map<String, List<Pair<String, String>>> {
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
                    line.substringBefore(' ') to (rule to if (next.startsWith("  ")) next.drop(5) else rule)
                }.groupBy({ it.first }, { it.second })
        }

        test("nft lists the recorded rules as they were recorded").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                val file = Files.createTempFile("rules", ".nft")
                try {
                    val differences =
                        corpus().flatMap { (family, rules) ->
                            val chains = rules.indices.joinToString("") { "  chain c$it { }\n" }
                            val objects = if (family == "inet") OBJECTS else ""
                            val sets = if (family == "arp") "  chain other { }\n" else SETS
                            val table = "table $family t {\n$sets$objects$chains}\n"
                            val added =
                                rules.withIndex().joinToString(
                                    "",
                                ) { (index, rule) -> "add rule $family t c$index ${rule.first}\n" }
                            Files.writeString(file, table + added)
                            namespace.exec("env", "TZ=UTC", "nft", "-f", file.toString())
                            val listed = namespace.exec("env", "TZ=UTC", "nft", "list", "table", family, "t")
                            rules.withIndex().mapNotNull { (index, rule) ->
                                val chain =
                                    listed
                                        .substringAfter(
                                            "\tchain c$index {\n",
                                        ).substringBefore("\n\t}\n")
                                        .trim()
                                if (chain ==
                                    rule.second
                                ) {
                                    null
                                } else {
                                    "$family ${rule.first}\n  then: ${rule.second}\n  now: $chain"
                                }
                            }
                        }
                    differences shouldBe listOf()
                } finally {
                    Files.delete(file)
                }
            }
        }
    })
