// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.BatchRefusedException
import dev.nfkit.Errno
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.ReconcileOptions
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import dev.nfkit.nftables.Ruleset as RulesetValue

private const val QUEUE = 7
private const val PACKETS = 3

private const val HOOK = "type filter hook input priority filter"

private const val INSTALLED =
    """table inet nfkit {
    chain in { type filter hook input priority filter; policy accept; tcp dport 22 accept; }
}"""

/** Has another base chain, and the first one at another priority, so that it is made again. */
private const val DESIRED =
    """table inet nfkit {
    chain in { type filter hook input priority filter + 5; policy drop; tcp dport 23 accept; }
    chain out { type filter hook output priority filter; policy drop; tcp dport 24 accept; }
}"""

private val masquerading = Batch().add(RulesetValue.parse("table ip t { chain in { $HOOK; masquerade; }; }"))

class NftablesCheckSpec :
    FunSpec({
        test("a check finds loops of jumps and statements at a wrong hook").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val loop = "chain a { jump a; }; chain in { $HOOK; jump a; }"
                val existing = Batch().add(RulesetValue.parse("table ip t { $loop; }"))
                client.commit(Batch().add(RulesetValue.parse("table ip t { chain in { $HOOK; }; }")))
                listOf(existing to Errno.EMLINK, masquerading to Errno.EOPNOTSUPP).forEach { (batch, errno) ->
                    val checked = shouldThrow<BatchRefusedException> { client.check(batch) }
                    checked.refused().map { it.errno() } shouldBe listOf(errno)
                    checked.refused().toString() shouldBe
                        shouldThrow<BatchRefusedException> { client.commit(batch) }.refused().toString()
                }
            }
        }

        test("a check drops no packet that waits in a queue, while that of nft does").config(
            enabledOrReasonIf = needsNft,
        ) {
            withRuleset {
                namespace.exec("ip", "link", "set", "lo", "up")
                client.commit(Batch().add(RulesetValue.parse(INSTALLED)))
                namespace.exec(
                    *"iptables -A INPUT -p udp --dport $PORT -j NFQUEUE --queue-num $QUEUE".split(' ').toTypedArray(),
                )
                namespace.open { queue(QUEUE) {} }.use {
                    UdpSender(namespace).use { sender ->
                        repeat(PACKETS) { sender.send(ByteArray(8)) }
                        eventually("the packets wait") { namespace.waiting(QUEUE) == PACKETS.toLong() }
                        val before = nft("-a", "list", "ruleset")
                        val generation = client.list().generation().id()
                        val desired = RulesetValue.parse(DESIRED)
                        val check = client.check(desired, ReconcileOptions.DEFAULT)
                        check.difference().dropsQueuedPackets() shouldBe true
                        check.partlyChecked().map { each -> each.toString() }.sorted() shouldBe
                            listOf("chain inet nfkit in", "chain inet nfkit out")
                        client.check(Batch().delete(Table.shared(nfkit)).add(desired))
                        client.check(Batch().add(RulesetValue.parse(DESIRED.replace("inet nfkit", "inet other"))))
                        client.check(Batch().delete(Table.shared(TableId.ip("filter"))))
                        namespace.waiting(QUEUE) shouldBe PACKETS
                        nft("-a", "list", "ruleset") shouldBe before
                        client.list().generation().id() shouldBe generation
                        nft("-c", "add chain inet nfkit other { type filter hook output priority 0; }")
                        namespace.waiting(QUEUE) shouldBe 0
                    }
                }
            }
        }
    })
