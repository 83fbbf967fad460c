// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.Direction
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase

/** The fields of an entry by the names that conntrack(8) prints. Those of a tuple follow after their direction's. */
internal typealias Fields = Map<String, String>

/**
 * Runs the tool. Its standard error is dropped unless it fails. Label names come from a separate file: the tool runs
 * with an `/etc` of its own, in which each label's name is its number (`ip netns exec` has a separate mount namespace).
 */
private const val TOOL =
    "protocols=\"\$(cat /etc/protocols)\" && mount -t tmpfs tmpfs /etc && echo \"\$protocols\" > /etc/protocols && " +
        "mkdir /etc/xtables && seq 0 127 | sed 's/.*/& l&/' > /etc/xtables/connlabel.conf && " +
        "conntrack \"\$@\" 2> /etc/errors || { cat /etc/errors; exit 1; }"

/** Why conntrack(8) cannot run here, or null if it can. */
private val noTool: String? by lazy {
    Live.noNamespaces ?: Live.demanded(runCatching { run("conntrack", "-V") }.exceptionOrNull()?.message)
}

internal val needsConntrackTool: (TestCase) -> Enabled = { Live.enabled(noTool) }

/** The table as conntrack(8) lists it, by the fields of each entry. Fields missing in its text come from its XML. */
internal fun Namespace.listedByTool(): List<Fields> {
    val started = Regex("<id>(\\d+)</id>.*?<timestamp><start>(\\d+)</start>")
    val xml =
        tool("-L -o xml,id,ktimestamp")
            .lines()
            .mapNotNull { started.find(it)?.destructured }
            .associate { (id, start) -> id to start }
    return tool("-L -o extended,id,labels")
        .lines()
        .filter { " src=" in it }
        .map(::fields)
        .map { listed -> xml[listed["id"]]?.let { listed + ("start" to it) } ?: listed }
}

/** The output of conntrack(8). */
internal fun Namespace.tool(arguments: String): String =
    exec("sh", "-c", TOOL, "sh", *arguments.split(' ').toTypedArray())

/** Parses a line of `conntrack -L -o extended,id,labels`. */
private fun fields(line: String): Fields {
    val words = line.trim().split(Regex("\\s+"))
    val found = mutableMapOf("l3" to words[1], "protocol" to words[3])
    var place = 4
    if ('=' !in words[place] && '[' !in words[place]) found["timeout"] = words[place++]
    if ('=' !in words[place] && '[' !in words[place]) found["state"] = words[place++]
    var tuple = ""
    val ofTuple = setOf("src", "dst", "sport", "dport", "srckey", "dstkey", "type", "code", "packets", "bytes")
    for (word in words.drop(place)) {
        if (word.startsWith("[")) {
            found[word] = "yes"
            continue
        }
        val (name, value) = word.split('=', limit = 2)
        if (name == "src") tuple = if (tuple == "") "original." else "reply."
        val ofIcmp = name == "id" && "${tuple}type" in found && "${tuple}id" !in found
        when {
            name == "src" || name == "dst" -> {
                found[tuple + name] = address(value).hostAddress
            }

            name == "srckey" || name == "dstkey" -> {
                found[tuple + if (name == "srckey") "sport" else "dport"] = Integer.decode(value).toString()
            }

            name == "zone-orig" -> {
                found["original.zone"] = value
            }

            name == "zone-reply" -> {
                found["reply.zone"] = value
            }

            name in ofTuple || ofIcmp -> {
                found[tuple + name] = value
            }

            name == "labels" -> {
                found[name] =
                    value
                        .split(',')
                        .map { it.removePrefix("l").toInt() }
                        .sorted()
                        .toString()
            }

            name != "delta-time" -> {
                found[name] = value
            } // the remaining time of the connection, at the moment of the listing
        }
    }
    return found
}

/** What the SDK read, by the names of the tool. */
internal fun fields(entry: ConntrackEntry): Fields {
    val found = mutableMapOf("l3" to entry.family().number().toString(), "protocol" to entry.protocol().toString())
    if (entry.has(ConntrackAttribute.TIMEOUT)) found["timeout"] = entry.timeout().toString()
    entry.protocolInfo().ifPresent { found["state"] = it.stateName() }
    for (direction in Direction.values()) {
        val name = direction.name.lowercase() + "."
        found += fields(entry.tuple(direction)).mapKeys { name + it.key }
        if (entry.hasCounters(direction)) {
            found[name + "packets"] = entry.packets(direction).toString()
            found[name + "bytes"] = entry.bytes(direction).toString()
        }
    }
    // The tool prints it for states in its own words.
    if (!entry.`is`(ConntrackStatus.SEEN_REPLY)) found["[UNREPLIED]"] = "yes"
    if (entry.`is`(ConntrackStatus.ASSURED)) found["[ASSURED]"] = "yes"
    found["mark"] = entry.mark().toString()
    if (entry.zone() != 0) found["zone"] = entry.zone().toString()
    if (entry.has(ConntrackAttribute.HELP)) found["helper"] = entry.helper()
    if (entry.has(ConntrackAttribute.LABELS) && !entry.labels().isEmpty) {
        found["labels"] =
            entry
                .labels()
                .stream()
                .boxed()
                .toList()
                .toString()
    }
    if (entry.has(ConntrackAttribute.SECCTX)) found["secctx"] = entry.securityContext()
    if (entry.has(ConntrackAttribute.USE)) found["use"] = entry.use().toString()
    found["id"] = entry.id().toString()
    if (entry.has(ConntrackAttribute.TIMESTAMP)) found["start"] = entry.startNanos().toString()
    return found
}

private fun fields(tuple: ConntrackTuple): Fields {
    val found = mutableMapOf("src" to tuple.source().hostAddress, "dst" to tuple.destination().hostAddress)
    if (tuple.hasPorts()) {
        found["sport"] = tuple.sourcePort().toString()
        found["dport"] = tuple.destinationPort().toString()
    }
    if (tuple.hasIcmp()) {
        found["type"] = tuple.icmpType().toString()
        found["code"] = tuple.icmpCode().toString()
        found["id"] = tuple.icmpId().toString()
    }
    tuple.zone().ifPresent { found["zone"] = it.toString() }
    return found
}
