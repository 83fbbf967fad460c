// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.netfilter.Statistics
import dev.nfkit.nfqueue.NfqueueStatistics
import io.kotest.matchers.Matcher
import io.kotest.matchers.MatcherResult
import io.kotest.matchers.should

private fun losses(statistics: Statistics): Map<String, Long> =
    mapOf(
        "socket drops" to statistics.socketDrops(),
        "sequence gaps" to statistics.sequenceGaps(),
        "truncated datagrams" to statistics.truncatedDatagrams(),
        "malformed" to statistics.malformed(),
        "foreign" to statistics.foreign(),
        "discarded" to statistics.discarded(),
    )

private fun <T> without(
    what: String,
    counts: (T) -> Map<String, Long>,
): Matcher<T> =
    Matcher { value ->
        val found = counts(value).filterValues { it != 0L }
        MatcherResult(
            found.isEmpty(),
            { "$what, but: " + found.entries.joinToString { "${it.value} ${it.key}" } },
            { "$what, none of these should be 0: " + counts(value).keys.joinToString() },
        )
    }

/**
 * Matches statistics of a session that lost nothing: no datagram at the socket, no sequence number, and no datagram
 * that was truncated, malformed, from a foreign sender or discarded on close. Packets truncated at the copy range do
 * not count as lost.
 */
public fun haveLostNothing(): Matcher<Statistics> = without("nothing should be lost", ::losses)

/**
 * Matches statistics of a session whose packets were all decided by the application in time: none failed, was
 * unanswered, expired, was answered late, was settled at the end, could not be read, was gone, or had its verdict
 * refused.
 */
public fun haveDecidedAll(): Matcher<NfqueueStatistics> =
    without("the application should have decided all packets in time") {
        mapOf(
            "failed" to it.failed(),
            "forgotten" to it.forgotten(),
            "expired" to it.expired(),
            "late" to it.late(),
            "settled" to it.settled(),
            "unread" to it.unread(),
            "gone" to it.gone(),
            "refused" to it.refused(),
        )
    }

/** Fails if anything is lost; see [haveLostNothing]. */
public fun Statistics.shouldHaveLostNothing(): Statistics = also { it should haveLostNothing() }

/** Fails unless the application decided all packets in time; see [haveDecidedAll]. */
public fun NfqueueStatistics.shouldHaveDecidedAll(): NfqueueStatistics = also { it should haveDecidedAll() }
