package dev.nfkit.linux.evaluation

import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import dev.nfkit.Hook
import dev.nfkit.linux.AF_PACKET
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.eventually
import dev.nfkit.linux.inside
import dev.nfkit.linux.needsNft
import dev.nfkit.nftables.bytecode.Dynset
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.Stateful
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.RawRuleset
import dev.nfkit.testkit.TestPacket
import dev.nfkit.testkit.copyRuleset
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.util.Random
import java.util.concurrent.TimeUnit

/** For how long pairs are made, in seconds. */
private val BUDGET_SECONDS = System.getProperty("nfkit.evaluation.seconds", "4").toLong()

private val FIRST_SEED = System.getProperty("nfkit.evaluation.seed", "1").toLong()

private const val PACKETS = 150

private const val LINK = 14

/** Random rulesets of nft and random packets: the fake and this kernel execute the same rules. */
class EvaluationSpec :
    FunSpec({
        test("the fake executes rules as this kernel does").config(enabledOrReasonIf = needsNft) {
            Namespace().use { namespace ->
                Veth(namespace).use { veth ->
                    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BUDGET_SECONDS)
                    var seed = FIRST_SEED
                    var refused = 0
                    var pairs = 0
                    val differences = mutableListOf<String>()
                    while ((System.nanoTime() < stop || pairs == 0) && differences.size < 5) {
                        val compared = Comparison(namespace, veth, seed++).run()
                        if (compared == null) {
                            refused++
                        } else {
                            pairs += PACKETS
                            differences += compared
                        }
                    }
                    differences.forEach(::println)
                    println(
                        "evaluation: $pairs pairs, ${seed - FIRST_SEED - refused} rulesets, $refused refused by nft",
                    )
                    differences.shouldBeEmpty()
                    withClue("rulesets that nft refuses") { (refused <= (seed - FIRST_SEED) / 2) shouldBe true }
                }
            }
        }
    })

/** One ruleset and its packets, on both kernels. */
private class Comparison(
    private val namespace: Namespace,
    private val veth: Veth,
    private val seed: Long,
) {
    private val random = Random(seed)
    private val tracked = random.nextBoolean()
    private val text = RandomRules(random).ruleset(tracked)
    private val kernel = RawRuleset(namespace.transport)
    private val fake = FakeNetfilter()
    private val copy = RawRuleset(fake)

    /** The differences; null if nft refuses the ruleset. */
    fun run(step: Boolean = false): List<String>? {
        val file = Files.createTempFile("nfkit", ".nft")
        Files.writeString(file, "flush ruleset\n$text\n")
        val accepted = runCatching { namespace.exec("nft", "-f", "$file") }
        Files.delete(file)
        accepted.onFailure {
            if (System.getProperty("nfkit.evaluation.print") != null) println(it.message)
            return null
        }
        withClue("the copy is refused, seed $seed") { copyRuleset(kernel, copy) shouldBe emptyMap() }
        val packets = RandomPackets(random)
        var sent = 0L
        repeat(PACKETS) {
            val packet = packets.next(!tracked)
            veth.send(packet.bytes)
            val trace = evaluate(packet)
            sent++
            if (step) {
                val found = differences(sent)
                if (found.isNotEmpty()) return found + "packet $sent ${packet.bytes.toHexString()}" + "$trace" + text
            }
        }
        val found = differences(sent)
        return if (found.isEmpty()) {
            found
        } else {
            listOf(
                Comparison(namespace, veth, seed).run(true).orEmpty().joinToString("\n"),
            )
        }
    }

    /** The rules that differ after a number of packets. */
    private fun differences(sent: Long): List<String> {
        lateinit var counted: Map<String, List<Instruction>>
        eventually("the kernel has counted $sent packets, and nothing changes, seed $seed") {
            val before = kernel.instructions()
            counted = kernel.instructions()
            before == counted && (counted.getValue("1 t raw 0").first() as Stateful.Counter).packets() >= sent
        }
        val computed = copy.instructions()
        return counted
            .filter { (place, rule) ->
                computed[place] != rule.map(::withoutNoTimeout)
            }.map { (place, rule) ->
                "seed $seed, rule $place:\nkernel $rule\nfake   ${computed[place]}"
            }
    }

    /** The kernel dumps a timeout of 0, which it refuses. */
    private fun withoutNoTimeout(each: Instruction): Instruction =
        if (each is Dynset && each.timeout() == 0L) {
            Dynset(
                each.op(),
                each.set(),
                each.setId(),
                each.sregKey(),
                each.sregData(),
                null,
                each.invert(),
                each.instructions(),
            )
        } else {
            each
        }

    private fun evaluate(packet: RandomPacket): PacketTrace {
        val state =
            if (packet.valid) TestPacket.ConnectionState.NEW else TestPacket.ConnectionState.INVALID
        val sent =
            fake
                .packets()
                .of(*packet.bytes)
                .`in`("d0", veth.index)
                .link(*veth.header(packet.bytes))
                .connection(state)
        // The kernel assembles fragments before the input hook.
        return if (packet.fragment) sent.at(Hook.PRE_ROUTING) else sent.toInput()
    }
}

/** A pair of devices in a namespace: what is sent by one arrives on the other. */
internal class Veth(
    namespace: Namespace,
) : AutoCloseable {
    val index: Int
    private val fd: Int
    private val buffer = Memory(2048)
    private val address = Memory(20)
    private val macs: ByteArray

    init {
        namespace.exec("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1")
        namespace.exec("sysctl", "-qw", "net.ipv6.conf.d1.disable_ipv6=1", "net.ipv4.conf.all.rp_filter=0")
        namespace.exec("ip", "addr", "add", "$LOCAL4/16", "dev", "d0")
        namespace.exec("ip", "addr", "add", "$LOCAL6/32", "dev", "d0", "nodad")
        namespace.exec("sysctl", "-qw", "net.ipv6.conf.d0.accept_ra=0", "net.ipv6.conf.d0.router_solicitations=0")
        namespace.exec("ip", "link", "set", "d0", "addrgenmode", "none")
        namespace.exec("ip", "link", "set", "d0", "up")
        namespace.exec("ip", "link", "set", "d1", "up")

        fun read(
            device: String,
            what: String,
        ) = namespace.exec("cat", "/sys/class/net/$device/$what").trim()
        index = read("d0", "ifindex").toInt()
        macs =
            (read("d0", "address") + ":" + read("d1", "address"))
                .split(':')
                .map { it.toInt(16).toByte() }
                .toByteArray()
        fd =
            namespace.inside {
                PacketLibC.INSTANCE.socket(AF_PACKET, 3, 0).also { check(it >= 0) { "no packet socket" } }
            }
        val to = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder())
        to.putShort(0, AF_PACKET.toShort()).putInt(4, read("d1", "ifindex").toInt())
        address.write(0, to.array(), 0, 20)
    }

    fun header(packet: ByteArray): ByteArray =
        macs + if (packet[0].toInt() shr 4 == 4) byteArrayOf(8, 0) else byteArrayOf(0x86.toByte(), 0xdd.toByte())

    fun send(packet: ByteArray) {
        buffer.write(0, header(packet), 0, LINK)
        buffer.write(LINK.toLong(), packet, 0, packet.size)
        val length = (LINK + packet.size).toLong()
        val sent = PacketLibC.INSTANCE.sendto(fd, buffer, length, 0, address, 20)
        check(sent == length) { "not sent: errno ${Native.getLastError()}" }
    }

    override fun close() {
        PacketLibC.INSTANCE.close(fd)
        buffer.close()
        address.close()
    }
}

private interface PacketLibC : com.sun.jna.Library {
    fun socket(
        domain: Int,
        type: Int,
        protocol: Int,
    ): Int

    fun sendto(
        fd: Int,
        bytes: Pointer,
        length: Long,
        flags: Int,
        address: Pointer,
        addressLength: Int,
    ): Long

    fun close(fd: Int): Int

    companion object {
        val INSTANCE: PacketLibC = Native.load("c", PacketLibC::class.java)
    }
}
