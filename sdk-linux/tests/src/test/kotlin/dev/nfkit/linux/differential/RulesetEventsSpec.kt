// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.linux.Live
import dev.nfkit.linux.Namespace
import dev.nfkit.nftables.Batch
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainPolicy
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.NftSet
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Rule
import dev.nfkit.nftables.SetElements
import dev.nfkit.nftables.SetFlag
import dev.nfkit.nftables.StatefulObject
import dev.nfkit.nftables.Table
import dev.nfkit.nftables.TableFlag
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.Quota
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.fail
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.net.InetAddress
import java.time.Duration

private const val GROUP = 7
private const val NEWTABLE = 0
private const val NEWSET = 9
private const val NEWSETELEM = 12
private const val DELSETELEM = 14
private const val NEWGEN = 15

/** `NFTA_SET_ELEM_EXPIRATION`: what is left of an element's lifetime. */
private val LEFT = Regex("5=0{8}[0-9a-f]{8}")

/** Counts the sets of rules that the same batch deletes until their rule's own event. */
private const val TABLE_USE = 3

/** `NFTA_SET_TYPE` and `NFTA_SET_COUNT`, of newer kernels: the structure of a set. */
private val SET_INTERNALS = setOf(19, 20)
private val NAMES =
    mapOf(
        0 to "NEWTABLE",
        2 to "DELTABLE",
        3 to "NEWCHAIN",
        5 to "DELCHAIN",
        6 to "NEWRULE",
        8 to "DELRULE",
        9 to "NEWSET",
        11 to "DELSET",
        12 to "NEWSETELEM",
        14 to "DELSETELEM",
        15 to "NEWGEN",
        18 to "NEWOBJ",
        20 to "DELOBJ",
    )

private val table = TableId.inet("t")

private fun ip(text: String) = Constant.address(InetAddress.getByName(text))

private val hosts = NftSet.set(table, "hosts", DataType.IPV4_ADDR).timeout(Duration.ofHours(1))
private val nets = NftSet.set(table, "nets", DataType.IPV4_ADDR).with(SetFlag.INTERVAL).comment("networks")
private val names = NftSet.map(table, "names", SetType(listOf(DataType.IPV4_ADDR), listOf(DataType.MARK)))
private val base =
    Chain
        .base(table, "input", ChainHook.of(table.family(), ChainType.FILTER, "input", "filter"))
        .policy(ChainPolicy.ACCEPT)

private fun Batch.content(): Batch =
    add(Table.shared(table).comment("all"))
        .add(Chain.regular(table, "mine"))
        .add(base)
        .add(StatefulObject.of(table, "hits", Counter.ZERO))
        .add(StatefulObject.of(table, "much", Quota(1000, 0, true)))
        .add(hosts)
        .add(nets)
        .add(names)
        .add(SetElements.of(hosts, SetElement.of(ip("10.0.0.1")), SetElement.of(ip("10.0.0.2")).comment("two")))
        .add(SetElements.of(nets, SetElement.of(Prefix(ip("10.0.0.0"), 8)), SetElement.of(ip("192.168.0.1"))))
        .add(Rule.of(table, "mine", "counter"))
        .add(Rule.of(table, "input", "tcp dport { 22, 80-90 } accept comment \"services\""))
        .add(Rule.of(table, "input", "ip saddr @hosts jump mine"))
        .add(Rule.of(table, "input", "ip saddr . tcp dport vmap { 1.1.1.1 . 22 : accept, 2.2.2.2 . 23 : goto mine }"))

/** The batches of a scenario, each on the ruleset that those before it made. */
private val SCENARIOS: Map<String, List<(Nftables) -> Batch?>> =
    mapOf(
        "objects that are added" to listOf({ Batch().content() }),
        "what exists is added again" to
            listOf(
                { Batch().content() },
                { Batch().add(Table.shared(table)) },
                { Batch().add(Chain.regular(table, "mine")) },
                { Batch().add(base) },
                { Batch().add(base.policy(ChainPolicy.DROP)) },
                { Batch().add(hosts) },
                { Batch().add(StatefulObject.of(table, "hits", Counter.ZERO)) },
                { Batch().add(SetElements.of(hosts, SetElement.of(ip("10.0.0.1")))) },
                {
                    Batch().add(
                        SetElements.of(hosts, SetElement.of(ip("10.0.0.1")).timeout(Duration.ofHours(2))),
                    )
                },
                { Batch().add(SetElements.of(nets, SetElement.of(ip("192.168.0.1")))) },
            ),
        "flags of a table" to
            listOf(
                { Batch().content() },
                { Batch().add(Table.shared(table).with(TableFlag.DORMANT)) },
                { Batch().add(Table.shared(table)) },
            ),
        "rules that are inserted, placed, replaced and deleted" to
            listOf(
                { Batch().content() },
                { Batch().insert(Rule.of(table, "input", "ip daddr 1.1.1.1 drop")) },
                { client -> Batch().add(Rule.of(table, "input", "drop").position(client.handle(1))) },
                { client -> Batch().insert(Rule.of(table, "input", "accept").position(client.handle(2))) },
                { client ->
                    Batch().replace(Rule.of(table, "input", "udp dport { 1, 2 } drop").handle(client.handle(3)))
                },
                { client -> Batch().delete(Rule.`in`(table, "input").handle(client.handle(0))) },
                { client -> Batch().delete(Rule.`in`(table, "input").handle(client.handle(3))) },
            ),
        "a rule that contains a set replaces another one" to
            listOf(
                { Batch().add(Table.shared(table)).add(base).add(Rule.of(table, "input", "accept")) },
                { client ->
                    Batch().replace(Rule.of(table, "input", "udp dport { 1, 2 } drop").handle(client.handle(0)))
                },
                { client ->
                    Batch().replace(Rule.of(table, "input", "udp dport { 3, 4 } drop").handle(client.handle(0)))
                },
            ),
        "elements that are deleted" to
            listOf(
                { Batch().content() },
                { Batch().delete(SetElements.keys(nets, Prefix(ip("10.0.0.0"), 8))) },
                { Batch().delete(SetElements.keys(hosts, ip("10.0.0.2"))) },
                { Batch().flush(hosts) },
            ),
        "chains and tables that are flushed and deleted" to
            listOf(
                { Batch().content() },
                { Batch().flush(Chain.regular(table, "input")) },
                { Batch().delete(Chain.regular(table, "input")) },
                { Batch().delete(nets) },
                { Batch().delete(StatefulObject.of(table, "hits", Counter.ZERO)) },
                { Batch().delete(Table.shared(table)) },
            ),
        "a table that is deleted with its contents" to
            listOf({ Batch().content() }, { Batch().delete(Table.shared(table)) }),
        "a table that is made anew in one batch" to
            listOf({ Batch().content() }, { Batch().delete(Table.shared(table)).content() }),
        "a rule is made and deleted in one batch" to
            listOf(
                { Batch().content() },
                {
                    Batch()
                        .add(Rule.of(table, "mine", "udp dport { 1, 2 } accept"))
                        .flush(Chain.regular(table, "mine"))
                },
            ),
    )

private fun Nftables.handle(place: Int): Long {
    val handles = mutableListOf<Long>()
    list().rules<RuntimeException>(table, "input") { handles += it.handle().asLong }
    return handles[place]
}

/** Listens to the group, and prints each message. */
private class EventListener(
    transport: NetlinkTransport,
) : AutoCloseable {
    private val socket: NetlinkSocket = transport.open(Netlink.NETLINK_NETFILTER)
    private val batch = DatagramBatch(32, 65_536)
    private val message = MessageCursor()

    init {
        socket.set(SocketOption.RECEIVE_BUFFER, 8_000_000)
        socket.set(SocketOption.ADD_MEMBERSHIP, GROUP)
    }

    fun messages(
        generation: Long,
        client: Long,
    ): List<String> {
        val lines = mutableListOf<String>()
        while (socket.receive(batch, 0) > 0) {
            for (i in 0 until batch.count()) {
                message.wrap(batch.buffer(), batch.offset(i), batch.length(i), socket.order())
                while (message.next()) lines += line(generation, client)
            }
        }
        return lines
    }

    private fun line(
        generation: Long,
        client: Long,
    ): String {
        val type = message.type() and 0xff
        val attributes = AttributeCursor().wrap(message, "event")
        val text = mutableListOf<String>()
        while (attributes.next()) {
            val content = content(attributes.offset(), attributes.offset() + attributes.length())
            text +=
                when {
                    type == NEWGEN && attributes.type() == 1 -> "1=${attributes.be32() - generation}"

                    type == NEWGEN -> "${attributes.type()}=process"

                    type == NEWSETELEM || type == DELSETELEM -> "${attributes.type()}=${content.replace(
                        LEFT,
                        "5=left",
                    )}"

                    type == NEWTABLE && attributes.type() == TABLE_USE -> "3=number"

                    type == NEWSET && attributes.type() in SET_INTERNALS -> continue

                    else -> "${attributes.type()}=$content"
                }
        }
        val sender = if (message.portId() == client) "client" else "${message.portId()}"
        val state = (message.resId() - generation).toShort()
        return "${NAMES[type] ?: type} flags ${message.flags()} family ${message.family()} state +$state by $sender " +
            text.sorted().joinToString(" ") // the order of attributes differs between kernels
    }

    /** A list of attributes, without the flag of nests, which the kernel sets in part; or the bytes. */
    private fun content(
        from: Int,
        to: Int,
    ): String {
        val bytes = message.buffer().duplicate().order(socket.order())
        val list = mutableListOf<String>()
        var at = from
        while (at + 4 <= to) {
            val length = bytes.getShort(at).toInt()
            val type = bytes.getShort(at + 2).toInt() and 0x3fff
            if (length < 4 || at + length > to || type > 40) break
            list += "$type=${content(at + 4, at + length)}"
            at += (length + 3) and -4
        }
        if (list.isNotEmpty() && at >= to) return list.joinToString(",", "[", "]")
        return (from until to).joinToString("") { "%02x".format(bytes.get(it)) }
    }

    override fun close() = socket.close()
}

private fun played(
    transport: NetlinkTransport,
    batches: List<(Nftables) -> Batch?>,
): List<String> {
    val lines = mutableListOf<String>()
    Nftables.open(transport).use { client ->
        val beginning = client.list().generation().id()
        EventListener(transport).use { listener ->
            batches.forEachIndexed { at, make ->
                make(client)?.let(client::commit)
                lines += "batch ${at + 1}, then generation +${client.list().generation().id() - beginning}"
                lines += listener.messages(beginning, client.portId())
            }
        }
    }
    return lines
}

/** What identifies an object in the event of its deletion: a kernel as of 6.18 sends no other attributes. */
private val DELETION_KEYS =
    mapOf(
        "DELTABLE" to setOf(1, 4),
        "DELCHAIN" to setOf(1, 2, 3),
        "DELSET" to setOf(1, 2, 16),
        "DELOBJ" to setOf(1, 2, 3, 6),
    )

/** Deletions as the newest kernels send them; older kernels, such as 6.12, send the whole object. */
private fun shortened(
    events: List<String>,
    whole: Boolean,
): List<String> {
    if (!whole) return events
    return events.map { event ->
        val keys = DELETION_KEYS[event.substringBefore(' ')] ?: return@map event
        val words = event.split(' ')
        words
            .filter { it.substringBefore('=', "").toIntOrNull()?.let(keys::contains) ?: true }
            .joinToString(" ")
    }
}

/** What each batch makes the kernel send to listeners, byte by byte, compared with the model. */
class RulesetEventsSpec :
    FunSpec({
        for ((name, batches) in SCENARIOS) {
            test("events: $name").config(enabledOrReasonIf = { Live.enabled(Live.noNamespaces) }) {
                val model = played(FakeNetfilter(), batches)
                val kernel = Namespace().use { played(it.transport, batches) }
                kernel.size shouldBeGreaterThan batches.size

                val whole = kernel.any { it.startsWith("DELSET") && " 5=" in it }
                difference(
                    shortened(model, whole),
                    shortened(kernel, whole),
                )?.let { fail("the model differs from the kernel\n$it") }
            }
        }

        test("events: a table that disappears with its owner").config(
            enabledOrReasonIf = { Live.enabled(Live.noNamespaces) },
        ) {
            fun play(transport: NetlinkTransport): List<String> =
                Nftables.open(transport).use { client ->
                    val beginning = client.list().generation().id()
                    EventListener(transport).use { listener ->
                        Nftables.open(transport).use { it.commit(Batch().add(Table.owned(table)).add(base)) }
                        while (client.list().tables().isNotEmpty()) Thread.sleep(1)
                        listOf("generation +${client.list().generation().id() - beginning}") +
                            listener.messages(beginning, client.portId()).map { it.substringBefore(" by ") }
                    }
                }
            val model = play(FakeNetfilter())
            val kernel = Namespace().use { play(it.transport) }
            difference(model, kernel)?.let { fail("the model differs from the kernel\n$it") }
        }
    })
