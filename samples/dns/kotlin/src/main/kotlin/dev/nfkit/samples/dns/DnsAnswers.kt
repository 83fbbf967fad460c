// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import org.xbill.DNS.AAAARecord
import org.xbill.DNS.ARecord
import org.xbill.DNS.CNAMERecord
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Name
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import java.net.InetAddress
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * The addresses of the name in the question, with their times to live; none if this is no answer, or the name is not
 * allowed. Aliases are followed, and the shortest time of the chain counts. Records about other names add nothing.
 */
internal fun Message.addresses(allowed: AllowedNames): Map<InetAddress, Duration> {
    val question = getSection(Section.QUESTION).singleOrNull()
    if (!header.getFlag(Flags.QR.toInt()) || question == null || question.name !in allowed) return emptyMap()
    val records = getSection(Section.ANSWER).filter { it.dClass == DClass.IN }.groupBy { it.name }
    val seen = mutableSetOf<Name>()
    val chain =
        generateSequence(question.name to Duration.INFINITE) { (name, time) ->
            val alias = records[name]?.firstNotNullOfOrNull { it as? CNAMERecord }
            alias?.let { it.target to minOf(time, it.timeToLive) }
        }
    return chain
        .takeWhile { (name) -> seen.add(name) } // a circle of aliases has no end
        .flatMap { (name, time) -> records[name].orEmpty().map { it.address to minOf(time, it.timeToLive) } }
        .mapNotNull { (address, time) -> address?.let { it to time } }
        .groupBy({ it.first }, { it.second })
        .mapValues { it.value.max() }
}

private val Record.address: InetAddress?
    get() =
        when (this) {
            is ARecord -> address
            is AAAARecord -> address
            else -> null
        }

/** RFC 2181, 8: a time with the highest bit is to be treated as zero. */
private val Record.timeToLive: Duration
    get() = if (ttl > Int.MAX_VALUE) Duration.ZERO else ttl.seconds
