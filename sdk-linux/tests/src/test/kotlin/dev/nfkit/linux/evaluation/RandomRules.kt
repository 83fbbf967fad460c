// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.evaluation

import java.util.Random

/** Rulesets in nft's language, from a grammar. Each rule counts, so that the counters show the path of packets. */
internal class RandomRules(
    private val random: Random,
) {
    fun <T> pick(vararg of: T): T = of[random.nextInt(of.size)]

    fun port() = pick(22, 53, 80, 443, 1000, 1001, 5000, 65535)

    private fun address4() = "10.0.${random.nextInt(3)}.${2 + random.nextInt(6)}"

    private fun address6() = "fd00:0:0:${random.nextInt(3)}::${2 + random.nextInt(6)}"

    private fun ports(): String =
        when (random.nextInt(6)) {
            0 -> "${port()}"
            1 -> "!= ${port()}"
            2 -> "${pick("<", ">", "<=", ">=")} ${port()}"
            3 -> "${1 + random.nextInt(1000)}-${1000 + random.nextInt(60000)}"
            4 -> "{ ${port()}, 100-${1000 + random.nextInt(3)}, 60000-65535 }"
            else -> "!= { 22, 53, 1000 }"
        }

    private fun addresses4(): String =
        when (random.nextInt(7)) {
            0 -> address4()
            1 -> "!= ${address4()}"
            2 -> "10.0.${random.nextInt(3)}.0/${24 + random.nextInt(8)}"
            3 -> "10.0.0.4-10.0.${random.nextInt(3)}.5"
            4 -> "{ 10.0.0.2, 10.0.1.3, 10.0.2.4 }"
            5 -> "{ 10.0.1.0/24, 10.0.2.3-10.0.2.5 }"
            else -> "> ${address4()}"
        }

    private fun addresses6(): String =
        when (random.nextInt(4)) {
            0 -> address6()
            1 -> "fd00:0:0:${random.nextInt(3)}::/${60 + random.nextInt(8)}"
            2 -> "{ fd00:0:0:1::/64, fd00::3-fd00::5 }"
            else -> "!= { fd00::2, fd00:0:0:1::3 }"
        }

    fun network(four: Boolean): String =
        if (four) {
            when (random.nextInt(12)) {
                0, 1, 2 -> "ip saddr ${addresses4()}"
                3 -> "ip ttl ${pick("64", "< 64", "!= 255", "{ 1, 128 }")}"
                4 -> "ip dscp ${pick("cs1", "!= 4", "{ 0, 8 }")}"
                5 -> "ip id ${pick("3", "2-5", "{ 1, 3, 5 }")}"
                6 -> "ip length ${pick("< 100", "100-200", "> 150")}"
                7 -> "ip frag-off & 0x1fff ${pick("==", "!=")} 0"
                8 -> "ip saddr & 255.0.255.0 == 10.0.1.0"
                9 -> "ip checksum & 0xf == ${random.nextInt(16)}"
                10 -> "@nh,64,8 ${random.nextInt(255)}"
                else -> "ip saddr . ip ttl { 10.0.0.2-10.0.1.9 . 60-70, ${address4()} . 128 }"
            }
        } else {
            when (random.nextInt(8)) {
                0, 1, 2 -> "ip6 saddr ${addresses6()}"
                3 -> "ip6 hoplimit ${pick("64", "> 63", "!= 65")}"
                4 -> "ip6 nexthdr ${pick("6", "0", "60", "!= 17")}"
                5 -> "ip6 flowlabel ${pick("1", "> 1")}"
                6 -> pick("exthdr hbh exists", "exthdr dst missing", "hbh nexthdr 60", "dst nexthdr 6")
                else -> "ip6 saddr & ::ff == ::3"
            }
        }

    fun transport(): String =
        when (random.nextInt(16)) {
            0, 1 -> "tcp dport ${ports()}"
            2 -> "tcp sport ${ports()}"
            3, 4 -> "udp dport ${ports()}"
            5 -> "udp length ${pick("< 100", "100-200")}"
            6 -> "th dport ${ports()}"
            7 -> "tcp flags ${pick("syn", "& (syn | ack) == syn", "& (fin | rst) != 0", "! ack", "{ syn, ack }")}"
            8 -> "tcp window ${pick("< 500", "100-900")}"
            9 -> pick("tcp option maxseg exists", "tcp option maxseg size > 1300", "tcp option sack-perm missing")
            10 -> pick("tcp doff > 5", "tcp doff 6", "tcp sequence 1-2")
            11 -> "tcp dport . tcp sport { 22-80 . 53-1000, 443 . 0-65535 }"
            12 -> "udp sport . udp dport { ${port()} . ${port()}, 22 . 53 }"
            13 -> pick("@th,0,16 ${port()}", "@ih,0,8 ${random.nextInt(4)}", "@th,32,16 & 0xff == 0x50")
            14 -> pick("tcp checksum & 0x7 == 3", "udp checksum & 0x3 == 1")
            else -> pick("icmp type echo-request", "icmpv6 type echo-request", "icmp id 1-2", "icmp sequence 3")
        }

    fun meta(tracked: Boolean): String =
        when (random.nextInt(if (tracked) 14 else 10)) {
            0, 1 -> "meta mark ${pick("0", "!= 0", "1-7", "{ 1, 4, 16-32 }")}"
            2 -> "meta mark & ${1 + random.nextInt(15)} ${pick("==", "!=")} ${random.nextInt(4)}"
            3 -> "meta l4proto ${pick("tcp", "{ tcp, udp }", "!= icmp")}"
            4 -> "meta nfproto ${pick("ipv4", "ipv6")}"
            5 -> "meta iifname ${pick("\"d0\"", "!= \"lo\"", "\"d*\"", "{ \"lo\", \"d0\" }")}"
            6 -> "meta length ${pick("< 120", "100-200", "> 300")}"
            7 -> "meta protocol ${pick("ip", "ip6")}"
            8 -> pick("meta pkttype host", "ether type ip", "meta iiftype ether", "meta priority 0")
            9 -> "numgen inc mod ${2 + random.nextInt(4)} ${random.nextInt(2)}"
            10, 11 -> "ct state ${pick("new", "invalid", "untracked", "{ established, related }", "new,invalid")}"
            12 -> "ct mark ${pick("0", "!= 0", "1-9")}"
            else -> pick("ct direction original", "ct l3proto ip", "ct status 0")
        }

    fun change(
        four: Boolean,
        input: Boolean,
        tracked: Boolean,
    ): String =
        when (random.nextInt(14)) {
            0, 1 -> "meta mark set ${random.nextInt(33)}"
            2 -> "meta mark set meta mark ${pick("or", "and", "xor")} ${1 + random.nextInt(15)}"
            3 -> if (four) "ip ttl set ${1 + random.nextInt(200)}" else "ip6 hoplimit set ${60 + random.nextInt(5)}"
            4 -> if (four) "ip dscp set ${random.nextInt(8)}" else "ip6 dscp set ${random.nextInt(8)}"
            5 -> if (input) "tcp dport set ${port()}" else ""
            6 -> if (input) "udp sport set ${port()}" else ""
            7 -> if (input && four) "ip saddr set ${address4()}" else ""
            8 -> if (tracked) "ct mark set ${random.nextInt(10)}" else ""
            9 -> if (four) "meta mark set ip saddr map @marks" else "meta mark set tcp dport map { 22 : 1, 53-80 : 2 }"
            10 -> "meta mark set jhash ${if (four) "ip saddr" else "ip6 saddr"} . meta mark mod 32 seed 0x1234"
            11 -> pick("limit rate 1/day burst 7 packets", "quota 2000 bytes", "quota over 1000 bytes")
            12 -> if (four) pick("add @seen { ip saddr }", "update @ports { tcp dport counter }") else "log group 9"
            else -> pick("counter name \"c1\"", "quota name \"q1\"", "meta mark set meta length")
        }

    fun verdict(targets: List<String>): String =
        when (random.nextInt(12)) {
            0 -> "accept"
            1 -> "drop"
            2 -> "return"
            3, 4 -> if (targets.isEmpty()) "" else "jump ${targets[random.nextInt(targets.size)]}"
            5 -> if (targets.isEmpty()) "" else "goto ${targets[random.nextInt(targets.size)]}"
            6 -> if (targets.isEmpty()) "continue" else "tcp dport vmap { 22 : jump ${targets[0]}, 80-443 : return }"
            7 -> "meta mark vmap { 0 : continue, 1-3 : drop, 16 : accept }"
            else -> ""
        }

    /** A part of a rule that does not contradict its protocol. */
    fun fitting(
        protocol: String,
        part: () -> String,
    ): String {
        while (true) {
            val text = part()
            val needs =
                when {
                    "tcp " in text -> "tcp"
                    "udp " in text -> "udp"
                    "icmp" in text -> "any"
                    else -> protocol
                }
            if (needs == protocol) return text
        }
    }

    private fun rule(
        targets: List<String>,
        input: Boolean,
        tracked: Boolean,
    ): String {
        val four = random.nextBoolean()
        val protocol = pick("tcp", "udp", "any")
        val parts = mutableListOf<String>()
        if (random.nextInt(3) != 0) parts += network(four)
        if (random.nextInt(3) == 0) parts += fitting(protocol) { transport() }
        if (random.nextInt(3) == 0) parts += meta(tracked).takeUnless { " ip" in it && "iif" !in it } ?: ""
        if (random.nextInt(8) == 0 && four) parts += "ip saddr ${pick("@seen", "@nets", "!= @nets")}"
        parts += "counter"
        if (random.nextInt(2) == 0) parts += fitting(protocol) { change(four, input, tracked) }
        parts += fitting(protocol) { verdict(targets) }
        return parts.filter { it.isNotEmpty() }.joinToString(" ")
    }

    /** A ruleset. Everything that it accepts is counted and dropped at the end, so that nothing answers. */
    fun ruleset(tracked: Boolean): String {
        fun rules(
            targets: List<String>,
            input: Boolean,
            count: Int,
        ) = (0 until count).joinToString("\n") { rule(targets, input, tracked) }
        val policy = pick("accept", "accept", "drop")
        val notrack = if (tracked && random.nextInt(3) == 0) "ip ttl < 64 counter notrack" else "counter"
        return """
            table inet t {
            counter c1 { }
            quota q1 { over 3000 bytes }
            set seen { type ipv4_addr; size 4; flags dynamic; }
            set ports { type inet_service; size 100; flags dynamic; }
            set nets { type ipv4_addr; flags interval; elements = { 10.0.1.0/29, 10.0.2.3-10.0.2.5 } }
            map marks { type ipv4_addr : mark; flags interval;
            elements = { 10.0.0.0/24 : 3, 10.0.2.0/24 : 0x11, * : 9 } }
            chain two {
            ${rules(emptyList(), false, 3)}
            }
            chain one {
            ${rules(listOf("two"), false, 3)}
            }
            chain raw { type filter hook prerouting priority raw; policy accept;
            counter
            $notrack
            }
            chain pre { type filter hook prerouting priority ${pick(-150, -10, 5)}; policy accept;
            ${rules(listOf("one", "two"), false, 4)}
            }
            chain in { type filter hook input priority ${random.nextInt(3)}; policy $policy;
            ${rules(listOf("one", "two"), true, 6)}
            }
            chain after { type filter hook input priority ${random.nextInt(3)}; policy accept;
            ${rules(listOf("two"), true, 3)}
            }
            chain last { type filter hook input priority 1000; policy drop;
            counter
            }
            }
            """.trimIndent()
    }
}
