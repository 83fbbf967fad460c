// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules

import dev.nfkit.samples.cli.Netns
import dev.nfkit.samples.cli.live
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceKind
import io.kotest.assertions.assertSoftly
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

private const val FIRST = """table inet t {
    set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }
    map m { type inet_service : verdict; elements = { 22 : accept }; }
    counter k { }
    chain in {
        type filter hook input priority filter; policy accept;
        ip saddr @s accept
        tcp dport vmap @m
        tcp dport { 80, 443 } counter accept comment "web"
    }
    chain old { accept; }
}
"""

private const val SECOND = """table inet t {
    set s { type ipv4_addr; elements = { 10.0.0.2, 10.0.0.3 }; }
    map m { type inet_service : verdict; elements = { 22 : accept, 23 : drop }; }
    counter k { }
    set n { type inet_service; flags interval; elements = { 1-9 }; }
    chain in {
        type filter hook input priority filter; policy drop;
        udp dport @n counter name k accept
        ip saddr @s accept
        tcp dport vmap @m
        tcp dport { 80, 443 } counter accept comment "web"
        ct state new limit rate 10/second accept
    }
    chain new { drop; }
}
"""

class RulesKernelLiveSpec :
    FunSpec({
        test("the kernel checks what would be applied, and changes nothing").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val file = tempdir().resolve("rules.nft").apply { writeText(FIRST) }

                fun rules(
                    command: String,
                    vararg options: String,
                ) = nfkit("rules", command, "--netns", netns.name, *options, file.path)
                val fresh = rules("check", "--kernel")
                rules("apply")
                val before = netns.inside("nft", "-a", "list", "ruleset")
                file.writeText(SECOND)
                val right = rules("check", "--kernel", "--json")
                file.writeText(SECOND.replace("        ct state new limit", "        ct state new jump nope\n  limit"))
                val plain = rules("check")
                val wrong = rules("check", "--kernel")
                val json = rules("check", "--kernel", "--json")
                val applied = rules("apply")
                val report = rules("apply", "--json")
                assertSoftly {
                    fresh.code shouldBe 0
                    fresh.err shouldContain "table inet t is new: the kernel finds loops"
                    right.code shouldBe 0
                    parseJson(right.out.trim())["checked_by"] shouldBe "kernel"
                    plain.code shouldBe 0
                    wrong.code shouldBe 1
                    wrong.err shouldContain "at line 12, column 22 (jump nope)"
                    // The places in the batch are those of rules apply, too.
                    wrong.err.substringAfter("refused: ") shouldBe applied.err.substringAfter("applied: ")
                    json.code shouldBe 1
                    val error = (parseJson(json.out.trim())["errors"] as List<*>).single() as Map<*, *>
                    error["line"] shouldBe 12L
                    error["column"] shouldBe 22L
                    error["text"] shouldBe "jump nope"
                    error["errno"] shouldBe "ENOENT"
                    error["cure"].toString() shouldContain "there is no chain inet t nope"
                    parseJson(report.out.trim()) - "time" shouldBe parseJson(json.out.trim()) - "time"
                    netns.inside("nft", "-a", "list", "ruleset") shouldBe before
                }
            }
        }

        test("the changes as JSON are commands that nft executes").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                Netns().use { other ->
                    val file = tempdir().resolve("rules.nft").apply { writeText(FIRST) }
                    val commands = tempdir().resolve("commands.json")

                    fun apply(
                        netns: Netns,
                        vararg options: String,
                    ) = nfkit("rules", "apply", "--json", "--netns", netns.name, *options, file.path).out
                    val first = apply(netns)
                    other.inside("nft", "-j", "-f", commands.apply { writeText(first) }.path)
                    other.inside("nft", "list", "ruleset") shouldBe netns.inside("nft", "list", "ruleset")
                    file.writeText(SECOND)
                    val dry = apply(other, "--dry-run")
                    other.inside("nft", "-j", "-f", commands.apply { writeText(dry) }.path)
                    apply(netns) shouldBe dry
                    other.inside("nft", "list", "ruleset") shouldBe netns.inside("nft", "list", "ruleset")
                }
            }
        }

        test("what a command exchanges with the kernel is recorded").config(enabledOrReasonIf = live) {
            Netns().use { netns ->
                val rules = tempdir().resolve("rules.nft").apply { writeText(FIRST) }
                val file = tempdir().resolve("trace.pcapng")
                val ran =
                    nfkit("record", "-o", file.path, "--", "rules", "apply", "--netns", netns.name, rules.path)
                ran.code shouldBe 0
                ran.err shouldContain "Recorded"
                val begins = 16 // NFNL_MSG_BATCH_BEGIN
                Trace.read(file.toPath()).entries().count {
                    it.kind() == TraceKind.TO_KERNEL && it.datagram().u8(4) == begins && it.datagram().u8(5) == 0
                } shouldBe 1
            }
        }
    })
