// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import java.util.Random

/** Rulesets in nft's language, from a grammar. Base chains are always the same, so that none has to be removed. */
class RandomRulesets(
    private val random: Random,
) {
    private class Contents {
        val chains = mutableListOf<String>()
        val addresses = mutableListOf<String>()
        val nets = mutableListOf<String>()
        val ports = mutableListOf<String>()
        val verdicts = mutableListOf<String>()
        val counters = mutableListOf<String>()
        val quotas = mutableListOf<String>()
        val limits = mutableListOf<String>()
    }

    private fun chance(percent: Int) = random.nextInt(100) < percent

    private fun <T> pick(of: List<T>): T = of[random.nextInt(of.size)]

    private fun <T> some(
        of: List<T>,
        least: Int = 1,
    ): List<T> = of.shuffled(random).take(least + random.nextInt(of.size - least + 1))

    private fun address() = "10.0.${random.nextInt(2)}.${1 + random.nextInt(6)}"

    private fun port() = pick(listOf(22, 53, 80, 443, 8080))

    private fun verdict(
        chains: List<String>,
        after: Int = -1,
    ): String {
        val later = chains.drop(maxOf(after + 1, 0))
        return if (later.isNotEmpty() && chance(50)) {
            "${pick(listOf("jump", "goto"))} ${pick(later)}"
        } else {
            pick(listOf("accept", "drop", "return"))
        }
    }

    fun next(): String =
        listOf("inet one", "ip two")
            .filter {
                it == "inet one" || chance(80)
            }.joinToString("") { table(it) }

    private fun table(id: String): String {
        val contents = Contents()
        val text = StringBuilder("table $id {\n")
        listOf("web", "dns").filter { chance(60) }.forEach {
            contents.counters += it
            text.append("counter $it { packets 0 bytes 0; }\n")
        }
        if (chance(60)) {
            contents.quotas += "q"
            text.append("quota q { ${pick(listOf("", "over "))}${1 + random.nextInt(3)} mbytes; }\n")
        }
        if (chance(60)) {
            contents.limits += "l"
            text.append("limit l { rate ${10 + random.nextInt(2)}/second; }\n")
        }
        val chains = listOf("a", "b", "c").filter { chance(60) }
        contents.chains += chains
        sets(text, contents)
        // The last chain comes first, so that verdict maps and rules refer to chains after them only: there is no loop.
        chains.forEachIndexed { i, name ->
            val comment = if (chance(30)) "comment \"${pick(listOf("one", "two"))}\"; " else ""
            text.append("chain $name { $comment${rules(contents, i)} }\n")
        }
        for (hook in listOf("input", "output")) {
            val policy = pick(listOf("accept", "drop"))
            text.append("chain $hook { type filter hook $hook priority 0; policy $policy; ${rules(contents, -1)} }\n")
        }
        return text.append("}\n").toString()
    }

    private fun sets(
        text: StringBuilder,
        contents: Contents,
    ) {
        for (name in listOf("hosts", "more").filter { chance(60) }) {
            contents.addresses += name
            val size = if (chance(20)) "size 100; " else ""
            val comment = if (chance(20)) "comment \"${pick(listOf("x", "y"))}\"; " else ""
            val elements = (0..random.nextInt(5)).map { address() }.distinct()
            text.append(
                "set $name { type ipv4_addr; $size$comment elements = { ${elements.joinToString(
                    ", ",
                ) { element(it) }} } }\n",
            )
        }
        if (chance(60)) {
            contents.nets += "nets"
            val elements =
                some(listOf("10.1.0.0/16", "10.2.0.1-10.2.0.9", "10.2.0.10", "10.3.0.0/24", "192.168.0.0/16"))
            text.append("set nets { type ipv4_addr; flags interval; elements = { ${elements.joinToString(", ")} } }\n")
        }
        if (chance(60)) {
            // The type differs from time to time, so that the set and its rules are made anew.
            val constant = if (chance(30)) "flags constant; " else ""
            contents.ports += "ports"
            val elements = some(listOf("22", "53", "80", "443"))
            text.append("set ports { type inet_service; $constant elements = { ${elements.joinToString(", ")} } }\n")
        }
        if (chance(60)) {
            contents.verdicts += "vm"
            val elements =
                some(
                    listOf(22, 53, 80),
                ).map { "$it : ${verdict(contents.chains, contents.chains.size - 2)}" }
            text.append("map vm { type inet_service : verdict; elements = { ${elements.joinToString(", ")} } }\n")
        }
        if (contents.counters.isNotEmpty() && chance(60)) {
            val elements = some(listOf(22, 53, 80)).map { "$it : \"${pick(contents.counters)}\"" }
            text.append("map cm { type inet_service : counter; elements = { ${elements.joinToString(", ")} } }\n")
        }
    }

    private fun element(key: String) = if (chance(20)) "$key comment \"${pick(listOf("x", "y"))}\"" else key

    private fun rules(
        contents: Contents,
        place: Int,
    ): String = (0 until random.nextInt(8)).joinToString("") { rule(contents, place) + "; " }

    private fun rule(
        contents: Contents,
        place: Int,
    ): String {
        val parts = mutableListOf<String>()
        val protocol = pick(listOf("tcp", "udp"))
        repeat(random.nextInt(3)) { parts += match(contents, protocol) }
        if (chance(40)) parts += "counter"
        if (contents.counters.isNotEmpty() && chance(15)) parts += "counter name \"${pick(contents.counters)}\""
        if (contents.quotas.isNotEmpty() && chance(15)) parts += "quota name \"q\""
        if (contents.limits.isNotEmpty() && chance(15)) parts += "limit name \"l\""
        if (chance(10)) parts += "limit rate ${5 + random.nextInt(2)}/second"
        val last = contents.chains.size - 1
        if (contents.verdicts.isNotEmpty() && place < last && chance(20)) {
            parts += "$protocol dport vmap @vm"
        } else if (chance(15)) {
            parts +=
                "$protocol dport vmap { 53 : ${verdict(contents.chains, place)}, ${54 + random.nextInt(2)} : drop }"
        } else if (chance(70) || parts.isEmpty()) {
            parts += verdict(contents.chains, place)
        }
        val comment = if (chance(20)) " comment \"${pick(listOf("x", "y"))}\"" else ""
        return parts.joinToString(" ") + comment
    }

    private fun match(
        contents: Contents,
        protocol: String,
    ): String {
        val choices =
            mutableListOf(
                "ip saddr ${address()}",
                "$protocol dport ${port()}",
                "$protocol dport { ${some(listOf(22, 80, 443)).joinToString(", ")} }",
                "ip daddr { 10.0.0.0/24, 10.9.0.1-10.9.0.${2 + random.nextInt(3)} }",
                "meta mark ${random.nextInt(3)}",
                "ct state established,related",
                "ip ttl < ${60 + random.nextInt(2)}",
            )
        contents.addresses.forEach { choices += "ip saddr @$it" }
        contents.nets.forEach { choices += "ip daddr @$it" }
        contents.ports.forEach { choices += "$protocol sport @$it" }
        return pick(choices)
    }
}
