// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.AddressFamily
import dev.nfkit.MalformedMessageException
import dev.nfkit.nftables.codec.ElementReader
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.nftables.codec.Nfta
import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Expression
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.expression.Verdict
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.Limit
import dev.nfkit.nftables.statement.Quota
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration
import java.util.Random

private const val RUNS = 40_000

private val table = TableId.inet("nfkit")
private val marks = SetType(listOf(DataType.MARK), listOf(DataType.VERDICT))
private val intervals = NftSet.set(table, "s", DataType.IPV4_ADDR).with(SetFlag.INTERVAL)
private val pairs = NftSet.set(table, "p", DataType.IPV4_ADDR, DataType.IFNAME).with(SetFlag.INTERVAL)
private val verdicts =
    NftSet
        .map(table, "m", marks)
        .state(Counter.ZERO)
        .comment("c")
        .timeout(Duration.ofSeconds(1))

private fun ip(text: String) = Constant.address(InetAddress.getByName(text))

private val objects: List<RulesetObject> =
    listOf(
        Table.owned(table).comment("c"),
        Chain.base(table, "c", ChainHook.of(AddressFamily.INET, ChainType.FILTER, "ingress", "filter").device("lo")),
        Chain.base(table, "c", ChainHook.of(AddressFamily.INET, ChainType.NAT, "input", "srcnat")).comment("c"),
        Rule.`in`(table, "c").comment("c"),
        intervals.autoMerge().size(7),
        pairs,
        verdicts,
        StatefulObject.of(table, "o", Counter(7, 8)).comment("c"),
        StatefulObject.of(table, "o", Limit.packets(5, Limit.Unit.HOUR)),
        StatefulObject.of(table, "o", Quota(7, 3, true)),
    )

private val lists: List<SetElements> =
    listOf(
        SetElements.keys(intervals, ip("10.0.0.1"), Prefix(ip("10.1.0.0"), 16), Prefix(ip("224.0.0.0"), 3)),
        SetElements.keys(pairs, Concatenation.of(Prefix(ip("10.1.0.0"), 16), Text.device("eth*"))),
        SetElements.of(
            verdicts,
            SetElement.of(Constant.of(DataType.MARK, 7), Verdict.jump("c")).timeout(Duration.ofHours(1)).comment("c"),
        ),
    )

private fun written(
    type: Int,
    order: ByteOrder,
    body: MessageWriter.() -> Unit,
): ByteArray {
    val writer = MessageWriter(4096, order)
    writer.begin(type, 0, 1).nfgenmsg(table.family().number(), 0).body()
    val datagram = writer.end().datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

private fun written(
    elements: SetElements,
    order: ByteOrder,
): ByteArray =
    written(MessageTypes.NEWSETELEM, order) {
        elements.set().writeForElements(this)
        val list = beginNest(Nfta.SET_ELEM_LIST_ELEMENTS)
        elements.elements().forEach { elements.set().elements(order).write(this, it, false) }
        endNest(list)
    }

private fun cursor(
    bytes: ByteArray,
    order: ByteOrder,
) = MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.size, order)

private fun read(
    kind: ObjectKind,
    message: MessageCursor,
): RulesetObject =
    when (kind) {
        ObjectKind.TABLE -> Table.read(message)
        ObjectKind.CHAIN -> Chain.read(message)
        ObjectKind.RULE -> Rule.read(message)
        ObjectKind.SET -> NftSet.read(message)
        ObjectKind.FLOW_TABLE -> FlowTable.read(message)
        else -> StatefulObject.read(message)
    }

private fun readElements(
    set: NftSet,
    bytes: ByteArray,
    order: ByteOrder,
): List<SetElement> {
    val found = mutableListOf<SetElement>()
    val message = cursor(bytes, order)
    val reader = ElementReader(set.elements(order))
    while (message.next()) reader.read<RuntimeException>(message) { found += it }
    reader.end<RuntimeException> { found += it }
    return found
}

private fun Random.damage(bytes: ByteArray): ByteArray {
    val damaged = if (nextInt(8) == 0) bytes.copyOf(16 + nextInt(bytes.size - 15)) else bytes.copyOf()
    repeat(1 + nextInt(4)) {
        val value = if (nextBoolean()) nextInt(256) else nextInt(12)
        damaged[16 + nextInt(maxOf(1, damaged.size - 16)).coerceAtMost(damaged.size - 17)] = value.toByte()
    }
    return damaged
}

class ObjectFuzzSpec :
    FunSpec({
        val orders = listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)

        test("what was written is read, in both byte orders") {
            for (order in orders) {
                for (value in objects) {
                    val bytes = written(value.kind().created(), order) { value.writeNew(this) }
                    val message = cursor(bytes, order).also { it.next() }
                    val again = read(value.kind(), message)
                    "$again" shouldBe "$value"
                    val copy = written(value.kind().created(), order) { again.writeNew(this) }
                    copy.toList() shouldContainExactly bytes.toList()
                }
                for (elements in lists) {
                    val found = readElements(elements.set(), written(elements, order), order)
                    found.toSet() shouldBe elements.elements().toSet()
                }
            }
        }

        test("intervals are read in ascending and in descending order") {
            val keys =
                listOf<Expression>(
                    Prefix(ip("10.0.0.0"), 8),
                    ip("11.0.0.0"),
                    ip("11.0.0.2"),
                    Prefix(ip("224.0.0.0"), 3),
                )
            for (ordered in listOf(keys, keys.reversed())) {
                val order = ByteOrder.nativeOrder()
                val codec = intervals.elements(order)
                val parts = mutableListOf<ByteArray>()
                for (key in ordered) {
                    val both =
                        written(MessageTypes.NEWSETELEM, order) {
                            val list = beginNest(Nfta.SET_ELEM_LIST_ELEMENTS)
                            codec.write(this, SetElement.of(key), true)
                            endNest(list)
                        }.drop(24).toByteArray()
                    // An element has 16 bytes, and the one after an interval 24.
                    val start = both.copyOfRange(0, 16)
                    val end = both.copyOfRange(16, both.size)
                    parts += if (ordered === keys) listOf(start, end) else listOf(end, start)
                }
                val all =
                    written(MessageTypes.NEWSETELEM, order) {
                        val list = beginNest(Nfta.SET_ELEM_LIST_ELEMENTS)
                        parts.forEach { raw(*it) }
                        endNest(list)
                    }
                readElements(intervals, all, order).map { it.key() } shouldContainExactly ordered
            }
        }

        test("damaged messages are read, or are malformed, and nothing else") {
            val random = Random(15)
            var malformed = 0
            repeat(RUNS) {
                val order = orders[random.nextInt(2)]
                try {
                    if (random.nextBoolean()) {
                        val value = objects[random.nextInt(objects.size)]
                        val bytes = random.damage(written(value.kind().created(), order) { value.writeNew(this) })
                        val message = cursor(bytes, order)
                        while (message.next()) {
                            val kind = if (random.nextInt(9) == 0) ObjectKind.FLOW_TABLE else value.kind()
                            read(kind, message).toString()
                        }
                    } else {
                        val elements = lists[random.nextInt(lists.size)]
                        readElements(elements.set(), random.damage(written(elements, order)), order).toString()
                    }
                } catch (e: MalformedMessageException) {
                    malformed++
                }
            }
            malformed shouldBeGreaterThan RUNS / 100
        }
    })
