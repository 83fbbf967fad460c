// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.BatchRefusedException
import dev.nfkit.Errno
import dev.nfkit.Refusal
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableFlag
import dev.nfkit.nftables.TableId
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.TimeUnit

class NftablesRefusalsSpec :
    FunSpec({
        test("a refusal names the change, the attribute, the cause and the cure").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                client.commit(
                    Batch()
                        .create(Table.shared(nfkit))
                        .create(Chain.base(nfkit, "in", filter("input"))),
                )

                fun expect(
                    batch: Batch,
                    errno: Errno,
                    attribute: String?,
                    refusal: Refusal,
                    vararg words: String,
                ) {
                    val refused = refused(batch)
                    refused.errno() shouldBe errno
                    refused.refusedAttribute().orElse(null) shouldBe attribute
                    refused.refusal() shouldBe refusal
                    words.forEach { refused.toString() shouldContain it }
                }
                val none = TableId.ip("none")
                expect(
                    Batch().create(Table.shared(nfkit)),
                    Errno.EEXIST,
                    "NFTA_TABLE_NAME",
                    Refusal.EXISTS,
                    "create table inet nfkit",
                    "add it instead",
                )
                expect(
                    Batch().delete(Table.shared(none)),
                    Errno.ENOENT,
                    "NFTA_TABLE_NAME",
                    Refusal.NOT_FOUND,
                    "there is no table ip none",
                )
                expect(
                    Batch().create(Chain.regular(none, "c")),
                    Errno.ENOENT,
                    "NFTA_CHAIN_TABLE",
                    Refusal.NOT_FOUND,
                    "create chain ip none c",
                    "there is no table ip none; add it first",
                )
                expect(
                    Batch().create(Chain.regular(nfkit, "in")),
                    Errno.EEXIST,
                    "NFTA_CHAIN_NAME",
                    Refusal.EXISTS,
                    "there is a chain inet nfkit in already",
                )
                expect(
                    Batch().add(Chain.base(nfkit, "in", filter("output"))),
                    Errno.EOPNOTSUPP,
                    null,
                    Refusal.NOT_SUPPORTED,
                    "if the chain exists",
                    "type, hook and priority of a chain cannot be changed",
                )
                expect(
                    Batch().delete(Chain.regular(nfkit, "out")),
                    Errno.ENOENT,
                    "NFTA_CHAIN_NAME",
                    Refusal.NOT_FOUND,
                    "there is no chain inet nfkit out",
                )
                expect(
                    Batch().create(
                        Chain.base(nfkit, "x", ChainHook.of(AddressFamily.INET, ChainType("none"), "input", "0")),
                    ),
                    Errno.ENOENT,
                    "NFTA_CHAIN_TYPE",
                    Refusal.NOT_SUPPORTED,
                    "no chain type none for family inet",
                )
                expect(
                    Batch().create(
                        Chain.base(nfkit, "x", ChainHook.of(AddressFamily.INET, ChainType.NAT, "input", "-200")),
                    ),
                    Errno.EOPNOTSUPP,
                    null,
                    Refusal.NOT_SUPPORTED,
                    "type nat at hook input with priority -200",
                )
                expect(
                    Batch().add(Rule.`in`(nfkit, "none")),
                    Errno.ENOENT,
                    "NFTA_RULE_CHAIN",
                    Refusal.NOT_FOUND,
                    "there is no chain inet nfkit none",
                )
                expect(
                    Batch().delete(Rule.`in`(nfkit, "in").handle(99)),
                    Errno.ENOENT,
                    "NFTA_RULE_HANDLE",
                    Refusal.NOT_FOUND,
                    "there is no rule inet nfkit in handle 99",
                )
                expect(
                    Batch().add(Rule.`in`(nfkit, "in").position(99)),
                    Errno.ENOENT,
                    "NFTA_RULE_POSITION",
                    Refusal.NOT_FOUND,
                    "no rule of handle 99",
                )
                expect(
                    Batch().add(Table.owned(nfkit)),
                    Errno.EOPNOTSUPP,
                    null,
                    Refusal.NOT_SUPPORTED,
                    "flag owner needs Linux 5.12",
                )
                expect(
                    Batch().add(Table.shared(nfkit).with(TableFlag.PERSIST)),
                    Errno.EOPNOTSUPP,
                    null,
                    Refusal.NOT_SUPPORTED,
                    "flag persist needs Linux 6.9",
                )
                nft("add", "chain", "inet", "nfkit", "used")
                nft("add", "rule", "inet", "nfkit", "in", "jump", "used")
                expect(
                    Batch().delete(Chain.regular(nfkit, "used")),
                    Errno.EBUSY,
                    "NFTA_CHAIN_NAME",
                    Refusal.IN_USE,
                    "chain inet nfkit used is still used by a rule",
                )
            }
        }

        test("all refused changes are reported, in the order of the batch").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val batch = Batch().create(Table.shared(nfkit))
                for (i in 0 until 200) {
                    batch.create(Chain.regular(if (i % 2 == 0) nfkit else TableId.ip("none"), "c$i"))
                }
                val refusal = shouldThrow<BatchRefusedException> { client.commit(batch) }
                refusal.complete() shouldBe true
                refusal.refused().map { it.index() } shouldContainExactly (2..200 step 2).toList()
                refusal.errno() shouldBe Errno.ENOENT
                refusal.message shouldContain "create chain ip none c1 (change 2 of the batch), and 99 more refused"
                // The next batch gets its own answers.
                client.commit(Batch().create(Table.shared(nfkit)))
            }
        }

        test("refusals that exceed the receive buffer are reported as far as they arrived")
            .config(enabledOrReasonIf = needsNft) {
                withRuleset {
                    val batch = Batch()
                    for (i in 0 until 20_000) batch.delete(Chain.regular(nfkit, "c$i"))
                    val refusal = shouldThrow<BatchRefusedException> { client.commit(batch) }
                    refusal.complete() shouldBe false
                    refusal.refused().size.toLong() shouldBeGreaterThan 10
                    refusal.refused().map { it.index() } shouldContainExactly refusal.refused().indices.toList()
                    refusal.message shouldContain "and at least"
                    client.commit(Batch().create(Table.shared(nfkit)))
                }
            }

        test("others get EPERM for an owned table, which vanishes with its killed process")
            .config(enabledOrReasonIf = needsNft) {
                withRuleset {
                    val command = probe(listOf("ip", "netns", "exec", namespace.name), "own-table", "mine")
                    val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
                    try {
                        process.inputStream.bufferedReader().readLine() shouldBe "open"
                        val mine = TableId.inet("mine")
                        client
                            .list()
                            .table(mine)
                            .get()
                            .owner()
                            .isPresent shouldBe true
                        listOf(
                            Batch().create(Chain.regular(mine, "other")),
                            Batch().delete(Table.shared(mine)),
                            Batch().flush(Table.shared(mine)),
                            Batch().add(Table.shared(mine)),
                            Batch().add(Rule.`in`(mine, "c")),
                        ).forEach {
                            val refused = refused(it)
                            refused.errno() shouldBe Errno.EPERM
                            refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
                            refused.toString() shouldContain "table inet mine belongs to another socket"
                        }
                        client.list().chains(mine).map { it.name() } shouldContainExactly listOf("c")
                        process.destroyForcibly()
                        process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe true
                        eventually("the owned table is gone") { client.list().table(mine).isEmpty }
                    } finally {
                        process.destroyForcibly()
                    }
                }
            }

        test("a process without the capability cannot open the client, and the reason is named")
            .config(enabledOrReasonIf = needsNetAdmin) {
                val command =
                    probe(listOf("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"), "own-table", "mine")
                val text = run(*command.toTypedArray())
                text shouldContain "NO_CAPABILITY open the ruleset: EPERM"
                text shouldContain "this process lacks CAP_NET_ADMIN"
            }

        test("a batch that exceeds the largest send buffer is not sent, and the limit to raise is named")
            .config(enabledOrReasonIf = needsUserNamespaces) {
                val most = run("cat", "/proc/sys/net/core/wmem_max").trim().toLong()
                val count = 2 * most / 40 // a chain's message has 48 bytes or more
                val lines = probed(listOf("unshare", "-Urn"), "large-batch", "$count").lines()
                val (size, limit) = lines.first().split(' ').map { it.toLongOrNull() ?: 0 }
                size shouldBeGreaterThan limit
                lines.first() shouldContain
                    "commit ${count + 1} changes (create table inet nfkit, …): $size bytes exceed"
                lines.first() shouldContain "raise net.core.wmem_max to at least ${(size + 33) / 2}"
                lines.last() shouldBe "0"
                probed(listOf("unshare", "-Urn"), "large-batch", "2000").lines() shouldContainExactly
                    listOf("applied", "1")
            }

        test("a batch larger than the usual send buffer is sent by a process that may raise it")
            .config(enabledOrReasonIf = needsNft) {
                withRuleset {
                    val batch = Batch().create(Table.shared(nfkit))
                    for (i in 0 until 20_000) batch.create(Chain.regular(nfkit, "c$i"))
                    client.commit(batch)
                    client.list().chains(nfkit).size shouldBe 20_000
                }
            }

        test("a closed client refuses a batch with EBADF").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val other = Nftables.open(namespace.transport)
                other.close()
                other.close()
                shouldThrow<dev.nfkit.SystemCallException> { other.commit(Batch().create(Table.shared(nfkit))) }
                    .errno() shouldBe Errno.EBADF
                client.list().tables().size shouldBe 0
            }
        }
    })
