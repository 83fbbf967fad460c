// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.Bytes
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket
import io.kotest.matchers.Matcher
import io.kotest.matchers.MatcherResult
import io.kotest.matchers.should
import io.kotest.matchers.shouldNot

private fun <T> matcher(
    expectation: String,
    test: (T) -> Boolean,
): Matcher<T> =
    Matcher { value ->
        MatcherResult(
            test(value),
            { "$value should $expectation" },
            { "$value should not $expectation" },
        )
    }

/** Matches a packet that was accepted, stopped or repeated ([DecidedPacket.passed]). */
public fun bePassed(): Matcher<DecidedPacket> = matcher("have passed") { it.passed() }

/** Matches a packet that was dropped, by a verdict or by the kernel's own decision ([DecidedPacket.dropped]). */
public fun beDropped(): Matcher<DecidedPacket> = matcher("be dropped") { it.dropped() }

/**
 * Matches a packet that left its queue by the given verdict of user space, and not by what the kernel does without a
 * verdict ([DecidedPacket.Departure]). The mark and other changes are ignored.
 *
 * @param verdict the verdict, such as [Verdict.ACCEPT]
 */
public fun haveVerdict(verdict: Verdict): Matcher<DecidedPacket> =
    matcher("have the verdict $verdict") {
        val decided =
            it.departure() == DecidedPacket.Departure.VERDICT || it.departure() == DecidedPacket.Departure.VERDICT_BATCH
        decided && it.verdict() == verdict.number()
    }

/**
 * Matches a packet that left its queue for a reason.
 *
 * @param departure the reason
 */
public fun haveDeparted(departure: DecidedPacket.Departure): Matcher<DecidedPacket> =
    matcher("have departed by $departure") { it.departure() == departure }

/**
 * Matches a packet that left with a mark.
 *
 * @param mark 0 to 2³²−1
 */
public fun haveMark(mark: Long): Matcher<DecidedPacket> =
    matcher("have the mark 0x${mark.toString(16)}") { it.mark() == mark }

/**
 * Matches a packet that left with these bytes, from the network header on. The failure message shows the first
 * difference.
 *
 * @param payload the bytes
 */
public fun havePayload(payload: Bytes): Matcher<DecidedPacket> =
    Matcher { packet ->
        val actual = packet.payload().toArray()
        val wanted = payload.toArray()
        val at = actual.indices.firstOrNull { it >= wanted.size || actual[it] != wanted[it] } ?: actual.size
        MatcherResult(
            actual.contentEquals(wanted),
            {
                "$packet should have this payload, but differs from byte $at on:\n  expected ${payload.toHex()}\n  " +
                    "actual   ${packet.payload().toHex()}"
            },
            { "$packet should have another payload than ${payload.toHex()}" },
        )
    }

/** Fails unless the packet was accepted; see [bePassed]. */
public fun DecidedPacket.shouldBePassed(): DecidedPacket = also { it should bePassed() }

/** Fails unless the packet was dropped; see [beDropped]. */
public fun DecidedPacket.shouldBeDropped(): DecidedPacket = also { it should beDropped() }

/** Fails if the packet was dropped; see [beDropped]. */
public fun DecidedPacket.shouldNotBeDropped(): DecidedPacket = also { it shouldNot beDropped() }

/** Fails unless user space gave this verdict; see [haveVerdict]. */
public infix fun DecidedPacket.shouldHaveVerdict(verdict: Verdict): DecidedPacket =
    also {
        it should
            haveVerdict(verdict)
    }

/** Fails unless the packet left for this reason; see [haveDeparted]. */
public infix fun DecidedPacket.shouldHaveDeparted(departure: DecidedPacket.Departure): DecidedPacket =
    also { it should haveDeparted(departure) }

/** Fails unless the packet left with this mark; see [haveMark]. */
public infix fun DecidedPacket.shouldHaveMark(mark: Long): DecidedPacket = also { it should haveMark(mark) }

/** Fails unless the packet left with these bytes; see [havePayload]. */
public infix fun DecidedPacket.shouldHavePayload(payload: Bytes): DecidedPacket =
    also { it should havePayload(payload) }
