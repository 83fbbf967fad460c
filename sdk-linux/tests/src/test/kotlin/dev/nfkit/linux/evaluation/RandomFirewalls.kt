// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import java.util.Random

/** The NFLOG group that gets what has passed all chains. */
internal const val END_GROUP = 12

/** The queue of chain `q`. */
internal const val FIREWALL_QUEUE = 5

/** What a firewall does with packets of one way. */
internal class FirewallShape(
    random: Random,
) {
    val way: Way = Way.entries[random.nextInt(Way.entries.size)]
    val tracked: Boolean = random.nextInt(4) != 0
    val translates: Boolean = tracked && random.nextInt(3) != 0
    val queues: Boolean = random.nextInt(3) == 0
}

/**
 * Firewalls in nft's language: chains at all hooks of a way, with several priorities and families, translation, and a
 * queue. What passes all chains is logged and dropped, so that nothing answers, and no connection is confirmed.
 */
internal class RandomFirewalls(
    private val random: Random,
    private val shape: FirewallShape,
) {
    private val rules = RandomRules(random)
    private val tracked = shape.tracked
    private val targets = listOf("one", "two") + if (shape.queues) listOf("q", "q") else emptyList()

    private fun <T> pick(vararg of: T): T = of[random.nextInt(of.size)]

    private fun far4() = "10.9.${random.nextInt(3)}.${2 + random.nextInt(6)}"

    private fun far6() = "fd09:0:0:${random.nextInt(3)}::${2 + random.nextInt(6)}"

    /** A condition that not all hooks have. */
    private fun special(
        hook: String,
        four: Boolean,
    ): String =
        when (hook) {
            "prerouting" -> {
                pick(
                    "fib saddr . iif oif != 0",
                    "fib saddr oifname \"d0\"",
                    "fib daddr type local",
                    "fib daddr type unicast",
                    "fib saddr . iif oif exists",
                    "socket transparent 1",
                    "oifname \"e0\"",
                )
            }

            "input" -> {
                pick("fib saddr . iif oif \"d0\"", "fib daddr type { local, broadcast }", "oif 0", "iifname \"d0\"")
            }

            "forward" -> {
                pick(
                    "oifname \"e0\"",
                    "iifname . oifname { \"d0\" . \"e0\", \"lo\" . \"lo\" }",
                    "fib saddr . iif oif exists",
                    "fib daddr type unicast",
                    if (four) "rt ip nexthop $GATEWAY4" else "rt ip6 nexthop $GATEWAY6",
                    "oiftype ether",
                )
            }

            "output" -> {
                pick("oifname \"e0\"", "meta skuid 0", "meta skgid != 0", "iif 0", "fib daddr type unicast")
            }

            else -> {
                pick(
                    "oif \"e0\"",
                    "iifname \"d0\"",
                    "meta skuid 0",
                    "iiftype ether",
                    if (four) "rt ip nexthop $GATEWAY4" else "rt ip6 nexthop != $GATEWAY6",
                )
            }
        }

    private fun connection(four: Boolean): String =
        when (random.nextInt(9)) {
            0 -> {
                "ct status ${pick("snat", "dnat", "!= 0", "& 0x180 == 0x180")}"
            }

            1, 2, 3 -> {
                if (four) {
                    pick(
                        "ct original ip saddr 10.0.${random.nextInt(3)}.${2 + random.nextInt(6)}",
                        "ct reply ip saddr ${pick("10.9.0.0/16", "10.0.0.1", far4())}",
                        "ct reply ip daddr ${pick("10.0.0.0/16", OUT4, far4())}",
                    )
                } else {
                    pick("ct reply ip6 daddr $OUT6", "ct original ip6 daddr ${far6()}")
                }
            }

            4 -> {
                "tcp dport > 0 ct original proto-dst ${rules.port()}"
            }

            5 -> {
                "udp dport > 0 ct reply proto-src ${rules.port()}"
            }

            6 -> {
                "ct zone ${random.nextInt(3)}"
            }

            7 -> {
                "ct protocol ${pick("tcp", "udp", "icmp")}"
            }

            else -> {
                "ct label ${random.nextInt(3)}"
            }
        }

    private fun action(
        four: Boolean,
        hook: String,
        protocol: String,
        base: Boolean,
    ): String =
        when (random.nextInt(16)) {
            0 -> {
                when {
                    hook == "postrouting" -> ""
                    protocol == "tcp" && random.nextBoolean() -> "reject with tcp reset"
                    else -> pick("reject", "reject with icmpx admin-prohibited")
                }
            }

            1 -> {
                if (tracked) "ct label set ${random.nextInt(3)}" else ""
            }

            2 -> {
                if (four) "update @limited { ip saddr limit rate over 1/day burst 3 packets }" else ""
            }

            3 -> {
                if (four && protocol == "tcp") "add @pairs { ip saddr . tcp dport timeout 1h }" else ""
            }

            4 -> {
                if (four && protocol == "tcp") "delete @pairs { ip saddr . tcp dport }" else ""
            }

            5 -> {
                if (four) "update @lastmark { ip saddr : meta mark }" else ""
            }

            6 -> {
                if (four) "meta mark set ip saddr map @lastmark" else ""
            }

            7 -> {
                if (four) "add @quotas { ip saddr quota over 900 bytes }" else ""
            }

            8 -> {
                if (four) "counter name ip saddr map @counters" else ""
            }

            9 -> {
                if (protocol == "tcp" && base) "tcp dport vmap @decisions" else ""
            }

            10 -> {
                if (protocol == "tcp") "tcp option maxseg size set ${1200 + random.nextInt(3) * 40}" else ""
            }

            else -> {
                rules.change(four, hook != "prerouting", tracked)
            }
        }

    private fun rule(
        hook: String,
        targets: List<String>,
    ): String {
        val four = random.nextBoolean()
        val protocol = pick("tcp", "udp", "any")
        val parts = mutableListOf<String>()
        if (random.nextInt(3) != 0) parts += rules.network(four)
        if (random.nextInt(3) == 0) parts += rules.fitting(protocol) { rules.transport() }
        if (random.nextInt(4) == 0) parts += rules.meta(tracked).takeUnless { " ip" in it && "iif" !in it } ?: ""
        if (random.nextInt(4) == 0) parts += special(hook, four)
        if (tracked && random.nextInt(4) == 0) parts += rules.fitting(protocol) { connection(four) }
        if (random.nextInt(8) == 0 && four) parts += pick("ip saddr @seen", "ip saddr != @nets", "ip saddr @limited")
        if (random.nextInt(10) == 0 && four && protocol == "tcp") parts += "ip saddr . tcp dport @pairs"
        parts += "counter"
        val acts = random.nextBoolean()
        val action = if (acts) rules.fitting(protocol) { action(four, hook, protocol, targets.size > 1) } else ""
        parts += action
        if ("reject" !in action && "vmap" !in action) parts += rules.fitting(protocol) { rules.verdict(targets) }
        return parts.filter { it.isNotEmpty() }.joinToString(" ")
    }

    private fun lines(
        hook: String,
        targets: List<String>,
        count: Int,
    ) = (0 until count).joinToString("\n") { rule(hook, targets) }

    private fun chain(
        name: String,
        hook: String,
        priority: Int,
        body: String,
        type: String = "filter",
        policy: String = "accept",
    ) = "chain $name { type $type hook $hook priority $priority; policy $policy;\n$body\n}"

    /** A priority after connection tracking, and not one of the kernel's own. */
    private fun priority() = pick(-190, -150, -50, -10, 0, 5, 50, 150, 350)

    private fun target(
        four: Boolean,
        address: String,
        ports: String,
    ): String {
        val place =
            when {
                four -> address + ports
                "-" in address -> address
                else -> if (ports.isEmpty()) address else "[$address]$ports"
            }
        return "${if (four) "ip" else "ip6"} to $place${pick("", "", " persistent")}"
    }

    private fun destination(): String {
        val four = random.nextBoolean()
        val proto = pick("tcp", "udp", "")
        val ports = if (proto.isEmpty()) "" else pick("", ":${rules.port()}", ":2000-2003")
        val match = if (proto.isEmpty()) "" else "$proto dport ${pick("!= 7", "22-80", "{ 443, 1000-5000 }")}"
        val source = if (four) rules.network(true) else rules.network(false)
        val address =
            when {
                shape.way == Way.INPUT -> if (four) LOCAL4 else LOCAL6
                four -> pick(far4(), "10.9.0.3-10.9.1.9")
                else -> pick(far6(), "fd09::3-fd09::9", "fd09::3-fd09:0:0:1::9")
            }
        val to =
            when (random.nextInt(8)) {
                0 -> {
                    if (shape.way == Way.INPUT) "redirect${ports.replace(":", " to :")}" else ""
                }

                1 -> {
                    if (four && shape.way != Way.INPUT) "dnat ip to ip saddr map { $MAPPED, * : 10.9.0.5 }" else ""
                }

                2 -> {
                    if (four && shape.way != Way.INPUT) {
                        "dnat ip prefix to ip daddr map { 10.9.1.0/24 : 10.9.2.0/24, 10.9.2.0/24 : 10.9.1.0/24 }"
                    } else {
                        ""
                    }
                }

                3 -> {
                    pick("accept", "drop", "jump two")
                }

                else -> {
                    "dnat ${target(four, address, ports)}"
                }
            }
        return "$source $match counter $to"
    }

    private fun source(): String {
        val four = random.nextBoolean()
        val proto = pick("tcp", "udp", "")
        val ports = if (proto.isEmpty()) "" else pick("", "", ":${rules.port()}")
        val match = if (proto.isEmpty()) "" else "$proto sport ${pick("!= 7", "22-80", "{ 443, 1000-5000 }")}"
        // Of the network that the source is in, so that its route stays as the test states.
        val net = if (shape.way == Way.INPUT) 0 else 8
        val address =
            if (four) {
                pick("10.$net.0.7", "10.$net.0.9-10.$net.1.20", "10.0.1.3")
            } else {
                pick("fd0$net::7", "fd0$net::9-fd0$net::fff", "fd0$net::9-fd0$net:0:0:2::5")
            }
        val to =
            when (random.nextInt(8)) {
                0, 1 -> if (shape.way == Way.INPUT) "" else "masquerade${ports.replace(":", " to :")}"
                2 -> if (four) "snat ip to ip saddr map { 10.0.0.0/24 : 10.$net.0.50, * : 10.$net.0.51 }" else ""
                3 -> if (four) "snat ip prefix to ip saddr map { $NETWORKS }" else ""
                4 -> pick("accept", "drop", "jump two")
                else -> "snat ${target(four, address, ports)}"
            }
        return "${rules.network(four)} $match counter $to"
    }

    private fun translation(): String {
        if (!shape.translates) return ""
        val first = shape.way.hooks.first()
        val last = shape.way.hooks.last()

        fun lines(rule: () -> String) = (0..random.nextInt(4)).joinToString("\n") { rule() }
        val chains = mutableListOf<String>()
        if (random.nextInt(4) != 0) chains += chain("destinations", first, -100, lines { destination() }, "nat")
        if (random.nextInt(4) == 0) chains += chain("more", first, -90, lines { destination() }, "nat")
        if (random.nextInt(4) != 0) chains += chain("sources", last, 100, lines { source() }, "nat")
        return chains.joinToString("\n")
    }

    /** A table of one family, with simple rules. */
    private fun table(
        family: String,
        name: String,
        hook: String,
        device: String = "",
    ): String {
        val four = family != "ip6"

        fun line(): String {
            val action = pick("", "", "drop", "accept", "meta mark set ${random.nextInt(20)}", "return")
            return "${rules.network(four)} counter $action"
        }
        return """
            table $family $name {
            chain c { type filter hook $hook $device priority ${priority()}; policy accept;
            ${(0..2).joinToString("\n") { line() }}
            }
            }
            """.trimIndent()
    }

    fun ruleset(): String {
        val hooks = shape.way.hooks
        val first = hooks.first()
        val last = hooks.last()
        val zone = if (tracked && random.nextInt(4) == 0) "ip ttl > 64 counter ct zone set ${random.nextInt(3)}" else ""
        val notrack = if (tracked && random.nextInt(4) == 0) "ip ttl < 64 counter notrack" else ""
        val chains =
            hooks.flatMap { hook ->
                (0..random.nextInt(2)).map { chain("$hook$it", hook, priority(), lines(hook, targets, 4)) }
            }
        val others = mutableListOf<String>()
        if (random.nextInt(3) == 0) others += table("ip", "t4", hooks[random.nextInt(hooks.size)])
        if (random.nextInt(3) == 0) others += table("ip6", "t6", hooks[random.nextInt(hooks.size)])
        if (shape.way != Way.OUTPUT && random.nextInt(3) == 0) {
            others += table("netdev", "n", "ingress", "device \"d0\"")
        }
        return """
            table inet t {
            $OBJECTS
            chain q { }
            chain two {
            ${lines(last, emptyList(), 3)}
            }
            chain one {
            ${lines(last, listOf("two"), 3)}
            }
            map decisions { type inet_service : verdict; flags interval;
            elements = { 22 : accept, 80-443 : jump one, 5000 : goto two } }
            $ERRORS
            ${chain("raw", first, -500, "counter\n$notrack\n$zone")}
            ${translation()}
            ${chains.joinToString("\n")}
            ${chain("last", last, LAST, "counter $LOG", policy = "drop")}
            }
            ${others.joinToString("\n")}
            """.trimIndent()
    }

    private companion object {
        /** Before the kernel confirms connections. */
        const val LAST = 2147483000

        const val LOG = "log prefix \"end\" group $END_GROUP queue-threshold 1"

        const val NETWORKS = "10.0.1.0/24 : 10.0.7.0/24, 10.0.2.0/24 : 10.0.8.0/24"

        const val MAPPED = "10.0.0.0/24 : 10.9.0.6, 10.0.1.0/24 : 10.9.1.7"

        const val OBJECTS = """
            counter c1 { }
            counter c2 { }
            quota q1 { over 3000 bytes }
            set seen { type ipv4_addr; size 4; flags dynamic; }
            set ports { type inet_service; size 100; flags dynamic; }
            set nets { type ipv4_addr; flags interval; elements = { 10.0.1.0/29, 10.0.2.3-10.0.2.5 } }
            set limited { type ipv4_addr; size 100; flags dynamic; }
            set quotas { type ipv4_addr; size 100; flags dynamic; }
            set pairs { type ipv4_addr . inet_service; size 100; flags dynamic,timeout; timeout 2h; }
            map lastmark { type ipv4_addr : mark; size 100; flags dynamic; }
            map marks { type ipv4_addr : mark; flags interval;
            elements = { 10.0.0.0/24 : 3, 10.0.2.0/24 : 0x11, * : 9 } }
            map counters { type ipv4_addr : counter; elements = { 10.0.0.2 : "c1", 10.0.1.3 : "c2" } }"""

        /** What the kernel itself sends: answers of rejected packets, and its own messages of IPv6. */
        const val ERRORS = """chain errors { type filter hook output priority -1000; policy accept;
            icmp type { destination-unreachable, time-exceeded, parameter-problem } drop
            icmpv6 type { 1-4, 130-137, 143 } drop
            tcp flags & rst == rst drop
            }"""
    }
}
