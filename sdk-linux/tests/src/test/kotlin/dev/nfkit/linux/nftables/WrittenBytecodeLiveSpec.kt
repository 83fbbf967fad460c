// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.nftables

import dev.nfkit.linux.Namespace
import dev.nfkit.linux.needsNft
import dev.nfkit.nftables.bytecode.Bitwise
import dev.nfkit.nftables.bytecode.Cmp
import dev.nfkit.nftables.bytecode.Compat
import dev.nfkit.nftables.bytecode.Constant
import dev.nfkit.nftables.bytecode.Context
import dev.nfkit.nftables.bytecode.Immediate
import dev.nfkit.nftables.bytecode.Inner
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.Meta
import dev.nfkit.nftables.bytecode.MetaKey
import dev.nfkit.nftables.bytecode.Opaque
import dev.nfkit.nftables.bytecode.Payload
import dev.nfkit.nftables.bytecode.Stateful
import dev.nfkit.nftables.bytecode.Verdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

private val families = mapOf("inet" to 1, "ip" to 2, "arp" to 3, "netdev" to 5, "bridge" to 7, "ip6" to 10)

/** Rules that nft 1.0.6 has no statement for: what a kernel may lack, or empty, and the instructions. */
private val foreign: List<Pair<String, List<Instruction>>> =
    listOf(
        "" to listOf(Stateful.Last(null)),
        "" to listOf(Stateful.Last(null), Stateful.Counter(1, 2), Immediate.verdict(Verdict.ACCEPT)),
        "" to listOf(Meta.Load(MetaKey.MARK, 8), Cmp(Cmp.Op.EQ, 8, Constant.of(1, 0, 0, 0))),
        "" to listOf(Meta.Load(MetaKey.MARK, 12), Cmp(Cmp.Op.EQ, 2, Constant.of(1, 0, 0, 0))),
        "" to listOf(Meta.Load(MetaKey.MARK, 23), Meta.Set(MetaKey.MARK, 23)),
        "CONFIG_NFT_COMPAT" to listOf(Compat.Match("mark", 1, Opaque.of(*ByteArray(16)))),
        "CONFIG_NFT_COMPAT" to listOf(Compat.Target("NFQUEUE", 3, Opaque.of(5, 0, 1, 0, 1, 0, 0, 0))),
        "CONFIG_NFT_COMPAT" to listOf(Compat.Target("NFLOG", 0, Opaque.of(*ByteArray(80)))),
    )

/** As [foreign], for instructions that nft 1.0.6 cannot print. */
private val newer: List<Pair<String, List<Instruction>>> =
    listOf(
        "inner headers (6.2)" to
            listOf(
                Inner(0, Inner.Type.VXLAN, 15, 8, Payload.Load(Payload.Base.NETWORK, 12, 4, 1)),
                Inner(0, Inner.Type.UNSPEC, 12, 0, Meta.Load(MetaKey.PROTOCOL, 1)),
            ),
        "operations of two registers (6.13)" to
            listOf(
                Meta.Load(MetaKey.MARK, 1),
                Meta.Load(MetaKey.PRIORITY, 9),
                Bitwise.Operation(Bitwise.Op.OR, 1, 1, 4, 9, null),
                Bitwise.Operation(Bitwise.Op.AND, 1, 1, 4, null, Constant.of(1, 2, 3, 4)),
                Bitwise.Operation(Bitwise.Op.XOR, 2, 1, 4, 9, null),
                Meta.Set(MetaKey.MARK, 2),
            ),
    )

/** Names of sets and chains that belong to one rule, which no other rule may use. */
private val anonymous = Regex("(set|->) __(set|map|objmap|chain)\\d+")

private fun isAnonymous(rule: KernelRule) =
    rule.place.contains(" __chain") || rule.text().any { it.contains(anonymous) }

class WrittenBytecodeLiveSpec :
    FunSpec({
        test("the kernel accepts each rule of the corpus as the codec writes it, and dumps it as before")
            .config(enabledOrReasonIf = needsNft) {
                Namespace().use { namespace ->
                    StatementCorpus.install(namespace)
                    val rules = namespace.rules().filterNot(::isAnonymous)
                    val before = namespace.rules().map { it.place }.toSet()
                    val refused =
                        rules.mapNotNull {
                            val (family, _, chain) = it.place.split(" ")
                            val errno = namespace.append(families.getValue(family), chain, it.instructions)
                            if (errno == 0) null else "$errno for ${it.place}: ${it.text()}"
                        }
                    refused.joinToString("\n") shouldBe ""

                    fun texts(all: List<KernelRule>) =
                        all.groupBy({ it.place.substringBeforeLast(' ') }, KernelRule::text)
                    texts(namespace.rules().filter { it.place !in before }) shouldBe texts(rules)
                    rules.size shouldBeGreaterThan 300
                }
            }

        test("the kernel accepts instructions that nft has no statement for, and dumps them as they are")
            .config(enabledOrReasonIf = needsNft) {
                Namespace().use { namespace ->
                    namespace.exec("nft", "add table ip t; add chain ip t c")
                    val known = foreign.filter { namespace.accepts(2, "c", it) }.map { it.second }
                    val texts = namespace.rules().map { it.text() }
                    texts.size shouldBe known.size
                    texts shouldContain listOf("[ last never ]")
                    texts shouldContain listOf("[ meta load mark => reg 1 ]", "[ cmp eq reg 1 0x00000001 ]")
                    texts shouldContain listOf("[ meta load mark => reg 2 ]", "[ cmp eq reg 2 0x00000001 ]")
                    texts shouldContain listOf("[ meta load mark => reg 23 ]", "[ meta set mark with reg 23 ]")
                    namespace.nftText().values.toList() shouldBe texts

                    for (rule in newer) {
                        if (namespace.accepts(2, "c", rule)) {
                            namespace.rules().last().instructions shouldBe rule.second
                        }
                    }
                }
            }

        test("a tunnel's id is read in netdev chains").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                namespace.exec(
                    "nft",
                    "add table netdev t; add chain netdev t c { type filter hook ingress device lo priority 0; }",
                )
                val tunnel = listOf(Context.Tunnel(Context.Tunnel.TunnelKey.ID, 1, Context.Tunnel.Mode.RX))
                if (namespace.accepts(5, "c", "CONFIG_NFT_TUNNEL" to tunnel)) {
                    // nft prints the same text, and then crashes
                    namespace.rules().single().instructions shouldBe tunnel
                }
            }
        }
    })

/** Adds a rule; prints why if the kernel lacks what it needs. */
private fun Namespace.accepts(
    family: Int,
    chain: String,
    rule: Pair<String, List<Instruction>>,
): Boolean {
    val (needs, instructions) = rule
    val errno = append(family, chain, instructions)
    check(errno == 0 || needs.isNotEmpty()) { "errno $errno for $instructions" }
    if (errno != 0) println("skipped with errno $errno, because the kernel has no $needs: $instructions")
    return errno == 0
}
