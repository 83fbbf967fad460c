// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.statement.RuleSyntaxException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class RuleSyntaxSpec :
    FunSpec({
        fun error(
            text: String,
            family: AddressFamily = AddressFamily.INET,
        ) = shouldThrow<RuleSyntaxException> { RuleParser.parse(family, RuleCorpus.sets, RuleCorpus.host, text) }

        fun refused(
            text: String,
            column: Int,
            expected: String,
            found: String,
            family: AddressFamily = AddressFamily.INET,
        ) {
            val error = error(text, family)
            error.expected() shouldContain expected
            error.found() shouldBe found
            error.column() shouldBe column
            error.line() shouldBe 1
        }

        test("the message shows the line with a caret") {
            error("\n# ssh\ntcp dprt 22 accept").message shouldBe
                "line 3, column 5: expected a field of tcp: sport, dport, sequence, ackseq, doff, reserved, flags, " +
                "window, checksum, urgptr, found \"dprt\"\ntcp dprt 22 accept\n    ^"
        }

        test("only the part of a long line around the place is shown, and control characters are not") {
            val message = error("counter ".repeat(100) + "\u0007" + " counter".repeat(100)).message!!
            message shouldContain "found the character U+0007\n...ter counter"
            message.lines()[2].length shouldBe 64
            message.lines()[1].contains('\u0007') shouldBe false
        }

        test("typical mistakes are found where they are") {
            refused("tcp dport", 10, "expected a value to compare with", "the end of the text")
            refused("tcp dport accept", 11, "expected a value of type inet_service", "\"accept\"")
            refused("tcp dport 65536", 11, "out of the range of inet_service with 16 bits", "\"65536\"")
            refused("ip saddr example.org", 10, "names of hosts are not looked up", "\"example.org\"")
            refused("ip saddr 10.0.0.256", 10, "a value of type ipv4_addr", "\"10.0.0.256\"")
            refused("ip saddr 10.0.0.0/33", 19, "the length of a prefix from 0 to 32", "\"33\"")
            refused("ip saddr 010.0.0.1", 10, "a value of type ipv4_addr", "\"010.0.0.1\"")
            refused("ip ttl 08", 8, "a value of type integer", "\"08\"")
            refused("limit rate 5/second burst 6", 28, "\"packets\"", "the end of the text")
            refused("tcp dport 22-21", 11, "the first exceeds the second", "\"22\"")
            refused("tcp dport { 22, }, 23", 18, "a statement", "\",\"")
            refused("tcp dport { }", 11, "at least one element", "\"{\"")
            refused("tcp dport { 22 : accept }", 16, "it is no map", "\":\"")
            refused("tcp dport vmap { 22 }", 21, "\":\"", "\"}\"")
            refused("tcp dport vmap { 22 : allow }", 23, "a verdict", "\"allow\"")
            refused("tcp dport @portmark", 11, "portmark is a map, not a set", "\"@\"")
            refused("ct state estblished", 10, "a value of type ct_state", "\"estblished\"")
            refused("ct sate new", 4, "a key of ct", "\"sate\"")
            refused("meta foo 1", 6, "a key of meta", "\"foo\"")
            refused("iif nodev", 5, "there is no device of this name", "\"nodev\"")
            refused("acept", 1, "a statement", "\"acept\"")
            refused("limit rate 10/fortnight", 15, "second, minute, hour, day or week", "\"fortnight\"")
            refused("log group 65536", 11, "an NFLOG group from 0 to 65535", "\"65536\"")
            refused("log group 1 level info", 5, "level and flags are for the kernel's log", "\"group\"")
            refused("log prefix \"open", 12, "a closing quote", "a string without end")
            refused("queue flags fast to 1", 13, "bypass or fanout", "\"fast\"")
            refused("reject with icmp foo", 18, "a value of type icmp_code", "\"foo\"")
            refused("dnat to 10.0.0.1", 9, "ip or ip6 must be named", "\"10.0.0.1\"")
            refused("dnat ip6 to ::1", 6, "the table is of the other family", "\"ip6\"", AddressFamily.IPV4)
            refused("jump", 5, "the name of a chain", "the end of the text")
            refused("tcp dport 22 comment", 21, "a comment", "the end of the text")
            refused("tcp dport . ip saddr { 22 }", 27, "\".\" and a value of type ipv4_addr", "\"}\"")
            refused("tcp dport . ip saddr { 22 . 1.1.1.1 . 5 }", 39, "2 parts of a concatenation", "\"5\"")
            refused("meta mark set", 14, "a value of type mark", "the end of the text")
            refused("ip saddr 10.0.0.1 §", 19, "a word, a number, a string or a symbol", "the character U+00A7")
        }

        test("what no packet has, or has no effect, is refused") {
            refused("tcp dport 22 udp dport 53", 14, "no packet of this rule has this header", "\"udp\"")
            refused("ip saddr 10.0.0.1 ip6 saddr ::1", 19, "it has that of ip", "\"ip6\"")
            refused("meta l4proto udp tcp dport 22", 18, "it has that of udp", "\"tcp\"")
            refused("ip6 saddr ::1", 1, "it has that of ip", "\"ip6\"", AddressFamily.IPV4)
            refused("accept counter", 8, "after one that decides", "\"counter\"")
            refused("dnat ip to 10.0.0.1:80", 21, "a port needs a match of the transport protocol", "\"80\"")
            refused("dnat ip to iif", 12, "a value of type ipv4_addr, not iface_index", "\"iif\"")
            refused("ip saddr @ports", 10, "keys of type inet_service, not ipv4_addr", "\"@\"")
            refused("meta hour \"24:00\"", 11, "a value of type hour", "the string \"24:00\"")
            refused("ip saddr vmap { 1.0.0.0/8 : drop, 1.1.1.1 : accept }", 15, "a key in common", "\"{\"")
            refused("tcp dport vmap { 22 : drop, 22 : accept }", 16, "a key in common", "\"{\"")
            refused("meta day 7", 10, "a value of type day up to 6", "\"7\"")
        }

        test("what is not supported is refused with the reason") {
            refused("define x = 1", 1, "define is not supported", "\"define\"")
            refused("include \"x\"", 1, "include is not supported", "\"include\"")
            refused("\$x accept", 1, "variables are not supported", "\"$\"")
            refused("xt target \"NFQUEUE\"", 1, "no text form that can be read", "\"xt\"")
            refused("socket cgroupv2 level 1 \"user.slice\"", 25, "not paths", "the string \"user.slice\"")
            refused("reset tcp option 42", 18, "an option without a name", "\"42\"")
            refused("add @addrs4 { ip saddr comment \"x\" }", 24, "elements that packets add", "\"comment\"")
        }

        test("a rule is one line") {
            error("accept\ndrop").line() shouldBe 2
            error("accept; drop").column() shouldBe 9
            error("accept }").column() shouldBe 8
            RuleCorpus.printed("inet", "\n accept ;\n") shouldBe "accept"
            RuleCorpus.printed("inet", "tcp dport {\n22, # ssh\n80\n} \\\naccept # all") shouldBe
                "tcp dport { 22, 80 } accept"
        }

        test("nesting is bounded") {
            error("meta mark & " + "(".repeat(100_000)).expected() shouldContain "at most 50 levels"
            error("jhash ".repeat(100_000)).expected() shouldContain "at most 50 levels"
            error("meta mark set " + "(".repeat(100_000)).column() shouldBe 66
        }

        test("devices are looked up in the namespace of the process") {
            val none = SetType.Lookup.NONE
            val rule = RuleParser.parse(AddressFamily.INET, none, "iif lo tcp dport 22")
            RulePrinter.print(AddressFamily.INET, none, rule.statements(), rule.comment()) shouldBe
                "iif \"lo\" tcp dport 22"
        }
    })
