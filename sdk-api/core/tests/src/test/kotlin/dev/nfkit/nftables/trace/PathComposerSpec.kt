// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.Chain
import dev.nfkit.nftables.ChainHook
import dev.nfkit.nftables.ChainType
import dev.nfkit.nftables.TableId
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.Optional

private const val CONTINUE = -1
private const val DROP = 0
private const val ACCEPT = 1
private const val QUEUE = 3

private fun base(
    table: String,
    chain: String,
    hook: String,
    priority: String = "0",
    type: ChainType = ChainType.FILTER,
): Chain = Chain.base(TableId.inet(table), chain, ChainHook.of(AddressFamily.INET, type, hook, priority))

/** A step of packet 7 in table t. */
private fun step(
    chain: String,
    verdict: Int = CONTINUE,
    describes: Boolean = false,
    id: Long = 7,
    handle: Long? = 4,
    state: Long? = null,
): TraceStep =
    TraceStep.read(
        traceMessage {
            common(id = id, chain = chain).verdict(verdict, if (verdict == -3 || verdict == -4) "sub" else null)
            if (handle != null) be64(TraceAttribute.RULE_HANDLE.code(), handle)
            if (describes) bytes(TraceAttribute.NETWORK_HEADER.code(), *ByteArray(20))
            if (state != null) be32(TraceAttribute.CT_STATE.code(), state)
        },
    )

private fun policy(
    chain: String,
    verdict: Int = ACCEPT,
    id: Long = 7,
): TraceStep =
    TraceStep.read(
        traceMessage {
            common(id = id, kind = TraceType.POLICY.number(), chain = chain)
            be32(TraceAttribute.POLICY.code(), verdict.toLong())
        },
    )

private fun PathComposer.all() = generateSequence { take().orElse(null) }.toList()

private fun PathComposer.addAll(
    vararg steps: TraceEvent,
    now: Long = 0,
) = steps.forEach { add(it, now) }

private val second = Duration.ofSeconds(1).toNanos()

/** Trace messages become paths of packets. */
class PathComposerSpec :
    FunSpec({
        val host = BaseChains.of(listOf(base("t", "pre", "prerouting"), base("t", "in", "input")))

        test("the messages of a kernel become the paths of packets") {
            val chains =
                BaseChains.of(
                    listOf(
                        base("t", "pre", "prerouting", "-400"),
                        base("t", "in", "input"),
                        base("t", "out", "output"),
                    ) +
                        Chain.base(
                            TableId.ip("nat"),
                            "post",
                            ChainHook.of(AddressFamily.IPV4, ChainType.NAT, "postrouting", "100"),
                        ),
                )
            val composer = PathComposer().chains(chains)
            composer.addAll(*recorded.take(11).map { read(it) }.toTypedArray())
            composer.all().map { it.toString() } shouldContainExactly
                listOf(
                    "packet 52ee0c0d inet t out handle 16 continue, out end continue, out policy accept; " +
                        "ip nat post handle 2 drop: DROPPED",
                    "packet 5bc8a40b inet t pre handle 5 continue, pre end continue, pre policy accept; " +
                        "inet t in handle 8 goto sub, sub handle 13 continue, sub end continue, " +
                        "in policy accept: ACCEPTED",
                )
            composer.statistics() shouldBe PathStatistics(2, 0, 0, 0)
        }

        test("a packet that is accepted in the last chain that it may come to has ended") {
            val composer = PathComposer().chains(host)
            composer.addAll(step("pre", ACCEPT, describes = true))
            composer.all().shouldBeEmpty()
            composer.addAll(step("in", CONTINUE, describes = true), policy("in"))
            val path = composer.all().single()
            path.outcome() shouldBe PacketPath.Outcome.ACCEPTED
            path.complete() shouldBe true
            path.passes().map { it.baseChain() to it.place().get().toString() } shouldContainExactly
                listOf(Optional.of("pre") to "prerouting 0", Optional.of("in") to "input 0")
            path
                .last()
                .deciding()
                .get()
                .type() shouldBe TraceType.POLICY
            composer.open() shouldBe 0
        }

        test("only a packet that begins a connection waits for chains that translate addresses") {
            val chains = BaseChains.of(listOf(base("t", "in", "input"), base("t", "n", "input", "100", ChainType.NAT)))
            val composer = PathComposer().chains(chains)
            composer.addAll(step("in", ACCEPT, describes = true, state = 2))
            composer.all().size shouldBe 1
            composer.addAll(step("in", ACCEPT, describes = true, state = 8))
            composer.all().size shouldBe 0
            composer.addAll(step("n", ACCEPT, describes = true, state = 8))
            composer
                .all()
                .single()
                .passes()
                .size shouldBe 2
        }

        test("without a further message a packet ends after its patience") {
            val composer = PathComposer().chains(host)
            composer.nextExpiry(5) shouldBe Optional.empty()
            composer.addAll(step("pre", ACCEPT, describes = true), now = 5)
            composer.nextExpiry(5) shouldBe Optional.of(PathComposer.PATIENCE)
            composer.expire(4 + second)
            composer.all().shouldBeEmpty()
            composer.expire(5 + second)
            composer.all().single().outcome() shouldBe PacketPath.Outcome.ACCEPTED
        }

        test("a packet with the number of an earlier one is another packet") {
            val composer = PathComposer().chains(host)
            composer.addAll(
                step("pre", ACCEPT, describes = true),
                step("pre", ACCEPT, describes = true),
                step("in", DROP, describes = true),
            )
            composer.all().map { it.passes().size to it.outcome() } shouldContainExactly
                listOf(1 to PacketPath.Outcome.ACCEPTED, 2 to PacketPath.Outcome.DROPPED)
        }

        test("a queued packet is waited for longer, and goes on after its verdict") {
            val composer = PathComposer().chains(host)
            composer.addAll(step("pre", QUEUE or (9 shl 16), describes = true), now = 0)
            composer.expire(29 * second)
            composer.all().shouldBeEmpty()
            composer.nextExpiry(29 * second) shouldBe Optional.of(Duration.ofSeconds(1))
            composer.addAll(step("in", DROP, describes = true), now = 29 * second)
            composer.all().single().outcome() shouldBe PacketPath.Outcome.DROPPED
            composer.addAll(step("pre", QUEUE, describes = true), now = 0)
            composer.expire(30 * second)
            composer.all().single().outcome() shouldBe PacketPath.Outcome.QUEUED
        }

        test("younger packets end while a queued one is waited for") {
            val composer = PathComposer().chains(host)
            composer.addAll(step("pre", QUEUE, describes = true, id = 1), step("pre", ACCEPT, describes = true, id = 2))
            composer.nextExpiry(0) shouldBe Optional.of(PathComposer.PATIENCE)
            composer.expire(second)
            composer.all().map { it.id() } shouldContainExactly listOf(2L)
            composer.open() shouldBe 1
        }

        test("a path whose beginning is lost is incomplete") {
            val composer = PathComposer().chains(host)
            composer.addAll(step("in", DROP))
            val path = composer.all().single()
            path.complete() shouldBe false
            path.description() shouldBe Optional.empty()
            path.toString() shouldContain "(incomplete)"
            composer.statistics().incomplete() shouldBe 1
        }

        test("a path whose end is lost is unfinished") {
            val composer = PathComposer().chains(host)
            composer.addAll(step("in", CONTINUE, describes = true), step("pre", ACCEPT, describes = true))
            composer.all().single().outcome() shouldBe PacketPath.Outcome.UNFINISHED
            composer.addAll(step("in", CONTINUE, describes = true, id = 8))
            composer.end()
            composer.all().map { it.outcome() to it.complete() } shouldContainExactly
                listOf(PacketPath.Outcome.ACCEPTED to true, PacketPath.Outcome.UNFINISHED to false)
        }

        test("a loss makes all packets incomplete that have not ended") {
            val composer = PathComposer().chains(host)
            composer.addAll(
                step("pre", ACCEPT, describes = true),
                TraceEvent.Overrun(3),
                step("in", DROP, describes = true),
            )
            composer.all().single().complete() shouldBe false
            composer.addAll(step("in", DROP, describes = true))
            composer.all().single().complete() shouldBe true
        }

        test("a trace that begins in a chain that is called finds its base chain by the policy") {
            val composer = PathComposer()
            composer.addAll(
                step("sub", CONTINUE, describes = true),
                step("sub", CONTINUE, handle = null),
                policy("in", DROP),
            )
            val pass = composer.all().single().last()
            pass.baseChain() shouldBe Optional.of("in")
            pass.deciding().get().verdict() shouldBe TraceVerdict.DROP
        }

        test("too many packets evict the oldest, which is counted") {
            val composer = PathComposer().chains(host)
            repeat(
                PathComposer.MOST_PATHS + 2,
            ) { composer.add(step("pre", ACCEPT, describes = true, id = it.toLong()), 0) }
            composer.open() shouldBe PathComposer.MOST_PATHS
            composer.all().map { it.id() to it.outcome() } shouldContainExactly
                listOf(0L to PacketPath.Outcome.UNFINISHED, 1L to PacketPath.Outcome.UNFINISHED)
            composer.statistics() shouldBe PathStatistics(2, 2, 2, 0)
        }

        test("the steps of a packet, and of all packets, are bounded") {
            val composer = PathComposer().chains(host)
            val first = step("in", CONTINUE, describes = true)
            val more = step("in")
            composer.add(first, 0)
            repeat(10_000) { composer.add(more, 0) }
            composer.add(step("in", DROP), 0)
            val pass = composer.all().single().last()
            pass.steps().size shouldBe 4097
            pass.omittedSteps() shouldBe 10_000L + 1 - 4096
            pass.verdict() shouldBe Optional.of(TraceVerdict.DROP)
            composer.statistics().omittedSteps() shouldBe pass.omittedSteps()
            repeat(20) { id ->
                composer.add(step("in", CONTINUE, describes = true, id = id.toLong()), 0)
                val other = step("in", id = id.toLong())
                repeat(4096) { composer.add(other, 0) }
            }
            composer.open() shouldBe PathComposer.MOST_STEPS / 4096
            composer.statistics().evicted() shouldBe 20L - PathComposer.MOST_STEPS / 4096
        }
    })
