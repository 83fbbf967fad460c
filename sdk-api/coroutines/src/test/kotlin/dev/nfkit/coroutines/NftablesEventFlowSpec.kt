// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.ObjectKind
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableId
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList

private val table = TableId.inet("t")

class NftablesEventFlowSpec :
    FunSpec({
        test("the events of the block are collected, and what is not collected is discarded and counted") {
            val fake = FakeNetfilter()
            Nftables.open(fake).use { client ->
                bounded {
                    val scope =
                        fake.useNftablesEvents {
                            generation.id() shouldBe client.list().generation().id()
                            client.commit(Batch().add(Table.shared(table)).add(Chain.regular(table, "c")))
                            events.take(2).toList().map { it.toText() } shouldContainExactly
                                listOf("add table inet t", "add chain inet t c")
                            stop()
                            events.toList().map { it::class } shouldContainExactly
                                listOf(NftablesEvent.Committed::class)
                            client.commit(Batch().delete(Table.shared(table)))
                            this
                        }
                    scope.statistics().delivered() shouldBe 3
                    scope.statistics().discarded() shouldBe 0
                }
            }
            fake.openSockets() shouldBe 0
        }

        test("the options are Java's, with the same defaults and ranges") {
            val defaults = NftablesEventOptions.builder().build()
            val unset = NftablesEventOptionsBuilder()
            unset.build().kinds() shouldBe defaults.kinds()
            unset.build().tables() shouldBe defaults.tables()
            unset.receiveBuffer shouldBe defaults.receiveBuffer()
            val set =
                NftablesEventOptionsBuilder().apply {
                    kinds(ObjectKind.RULE, ObjectKind.SET)
                    table(table)
                    receiveBuffer = 65536
                }
            set.build().kinds() shouldBe setOf(ObjectKind.RULE, ObjectKind.SET)
            set.build().tables() shouldBe setOf(table)
            set.build().receiveBuffer() shouldBe 65536
            shouldThrow<IllegalArgumentException> { set.receiveBuffer = 4095 }
        }

        test("a session can follow another one, and delivers only the kinds that were chosen") {
            val fake = FakeNetfilter()
            Nftables.open(fake).use { client ->
                repeat(2) {
                    bounded {
                        fake.useNftablesEvents({ kinds(ObjectKind.TABLE) }) {
                            client.commit(Batch().add(Table.shared(table)).add(Chain.regular(table, "c")))
                            client.commit(Batch().delete(Table.shared(table)))
                            events.take(4).toList().map { it is NftablesEvent.Committed } shouldContainExactly
                                listOf(false, true, false, true)
                        }
                    }
                }
            }
            fake.openSockets() shouldBe 0
        }
    })
