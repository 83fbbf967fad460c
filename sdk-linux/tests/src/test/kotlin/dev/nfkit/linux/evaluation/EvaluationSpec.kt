// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import dev.nfkit.Hook
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.needsNft
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.PacketTrace
import dev.nfkit.testkit.RawRuleset
import dev.nfkit.testkit.TestPacket
import dev.nfkit.testkit.copyRuleset
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import java.util.Random
import java.util.concurrent.TimeUnit

/** For how long each spec makes pairs, in seconds. */
internal val BUDGET_SECONDS = System.getProperty("nfkit.evaluation.seconds", "4").toLong()

internal val FIRST_SEED = System.getProperty("nfkit.evaluation.seed", "1").toLong()

internal const val PACKETS = 150

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
    private fun differences(sent: Long): List<String> =
        differing(seed, kernel.settled("1 t raw 0", sent), copy.instructions())

    private fun evaluate(packet: RandomPacket): PacketTrace {
        val state =
            if (packet.valid) TestPacket.ConnectionState.NEW else TestPacket.ConnectionState.INVALID
        val sent =
            fake
                .packets()
                .of(packet.bytes)
                .`in`("d0", veth.index)
                .link(*veth.header(packet.bytes))
                .connection(state)
        // The kernel assembles fragments before the input hook.
        return if (packet.fragment) sent.at(Hook.PRE_ROUTING) else sent.toInput()
    }
}
