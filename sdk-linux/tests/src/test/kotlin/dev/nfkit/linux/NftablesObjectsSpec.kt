// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.Refusal
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.StatefulObject
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.Limit
import dev.nfkit.nftables.statement.ObjectStatement
import dev.nfkit.nftables.statement.Quota
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class NftablesObjectsSpec :
    FunSpec({
        test("objects are made, listed, reset and deleted as nft lists them").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                val states =
                    mapOf(
                        "web" to Counter(7, 700),
                        "much" to Quota(1 shl 20, 0, true),
                        "few" to Limit.packets(10, Limit.Unit.MINUTE),
                        "fast" to Limit(1024, Limit.Unit.SECOND, 4096, true, true),
                    )
                val map = NftSet.objects(nfkit, "by_port", ObjectStatement.Kind.COUNTER, DataType.INET_SERVICE)
                val commit =
                    client.commit(
                        Batch()
                            .create(Table.shared(nfkit))
                            .apply { states.forEach { (name, state) -> create(StatefulObject.of(nfkit, name, state)) } }
                            .create(StatefulObject.of(nfkit, "noted", Counter.ZERO).comment("a note"))
                            .create(map)
                            .add(
                                SetElements.of(
                                    map,
                                    SetElement.of(Constant.port(80), Text(DataType.STRING, "web", false)),
                                ),
                            ).returnHandles(),
                    )
                val lines = listed()
                lines shouldContain "packets 7 bytes 700"
                lines shouldContain "over 1 mbytes"
                lines shouldContain "rate 10/minute"
                lines shouldContain "rate over 1 kbytes/second burst 4 kbytes"
                lines shouldContain "comment \"a note\""
                lines shouldContain "type inet_service : counter"
                lines shouldContain "elements = { 80 : \"web\" }"
                val found = client.list().objects(nfkit).associateBy { it.name() }
                found.filterKeys { it in states }.mapValues { it.value.state().get() } shouldBe states
                found.getValue("noted").comment().get() shouldBe "a note"
                found.getValue("web").uses().asLong shouldBe 1
                found.getValue("web").handle() shouldBe commit.handle(1)
                found.getValue("few").objectKind().get() shouldBe ObjectStatement.Kind.LIMIT
                var value = ""
                client.list().elements<RuntimeException>(client.list().set(nfkit, "by_port").get()) {
                    value = (it.data().get() as Text).text()
                }
                value shouldBe "web"
                client.list().objectsAndReset(nfkit).map { it.state().get() } shouldContain Counter(7, 700)
                client
                    .list()
                    .objects(nfkit)
                    .map { it.state().get() }
                    .filterIsInstance<Counter>()
                    .toSet() shouldBe
                    setOf(Counter.ZERO)
                val used = refused(Batch().delete(found.getValue("web")))
                used.errno() shouldBe Errno.EBUSY
                used.refusal() shouldBe Refusal.IN_USE
                used.toString() shouldContain "counter inet nfkit web is still used"
                val again = refused(Batch().create(StatefulObject.of(nfkit, "web", Counter.ZERO)))
                again.refusal() shouldBe Refusal.EXISTS
                again.refusedAttribute().get() shouldBe "NFTA_OBJ_NAME"
                val none = refused(Batch().delete(StatefulObject.of(nfkit, "none", Counter.ZERO)))
                none.refusal() shouldBe Refusal.NOT_FOUND
                none.toString() shouldContain "there is no counter inet nfkit none"
                client.commit(
                    Batch()
                        .delete(map)
                        .delete(StatefulObject.of(nfkit, "web", Counter.ZERO))
                        .delete(found.getValue("much"))
                        .destroy(StatefulObject.of(nfkit, "none", Counter.ZERO)),
                )
                client.list().objects(nfkit).map { it.name() } shouldContainExactlyInAnyOrder
                    listOf("few", "fast", "noted")
            }
        }

        test("objects of other kinds are kept as bytes").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft("add", "table", "inet", "nfkit")
                nft("add", "synproxy", "inet", "nfkit", "proxy", "{ mss 1460; wscale 7; }")
                val proxy = client.list().objects(nfkit).single()
                proxy.objectKind().get() shouldBe ObjectStatement.Kind.SYNPROXY
                proxy.state().isPresent shouldBe false
                val copy = StatefulObject.raw(nfkit, "copy", ObjectStatement.Kind.SYNPROXY, *proxy.data().toArray())
                client.commit(Batch().create(copy))
                listed().filter { it.startsWith("mss") } shouldContainExactly listOf("mss 1460", "mss 1460")
            }
        }

        test("flow tables are listed and deleted").config(enabledOrReasonIf = needsNft) {
            withRuleset {
                nft("add", "table", "inet", "nfkit")
                val made =
                    runCatching {
                        nft("add", "flowtable", "inet", "nfkit", "f", "{ hook ingress priority -5; devices = { lo }; }")
                    }
                // A kernel may have none (CONFIG_NF_FLOW_TABLE_INET).
                if (made.isSuccess) {
                    val table = client.list().flowTables(nfkit).single()
                    table.name() shouldBe "f"
                    table.priority().value() shouldBe -5
                    table.devices() shouldContainExactly listOf("lo")
                    client.commit(Batch().delete(table))
                }
                client.list().flowTables(nfkit).shouldBeEmpty()
            }
        }
    })
