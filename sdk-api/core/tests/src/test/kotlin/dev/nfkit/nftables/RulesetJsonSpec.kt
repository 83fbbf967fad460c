// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class RulesetJsonSpec :
    FunSpec({
        fun objects(text: String): List<String> =
            Ruleset
                .parse(text)
                .toJson()
                .removePrefix("""{"nftables": [""")
                .removeSuffix("]}")
                .replace(Regex(""", (\{"(table|chain|rule|set|map|quota|limit)": \{"family")"""), "\n$1")
                .replace(""", {"counter": {"family"""", "\n{\"counter\": {\"family\"")
                .lines()

        fun ofTable(body: String): List<String> = objects("table inet t {\n$body\n}\n").drop(2)

        test("the first object has the version of the schema") {
            Ruleset.parse("").toJson() shouldBe
                """{"nftables": [{"metainfo": {"release_name": "nfkit", "json_schema_version": 1}}]}"""
        }

        test("a table has its flags and comment") {
            objects("table ip t {\n flags dormant\n comment \"x\"\n}\n").drop(1) shouldBe
                listOf("""{"table": {"family": "ip", "name": "t", "flags": "dormant", "comment": "x"}}""")
        }

        test("chains are before the rules of all chains") {
            ofTable(
                """
                chain a { comment "plain"; accept; }
                chain b { type filter hook input priority filter - 5; policy drop; ip saddr 1.1.1.1 drop comment "c"; }
                """,
            ) shouldBe
                listOf(
                    """{"chain": {"family": "inet", "table": "t", "name": "a", "comment": "plain"}}""",
                    """{"chain": {"family": "inet", "table": "t", "name": "b", "type": "filter", "hook": "input", """ +
                        """"prio": -5, "policy": "drop"}}""",
                    """{"rule": {"family": "inet", "table": "t", "chain": "a", "expr": [{"accept": null}]}}""",
                    """{"rule": {"family": "inet", "table": "t", "chain": "b", "comment": "c", "expr": [{"match": """ +
                        """{"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, """ +
                        """"right": "1.1.1.1"}}, {"drop": null}]}}""",
                )
        }

        test("a chain has its devices") {
            objects(
                "table netdev t {\n chain a { type filter hook ingress devices = { lo, eth0 } priority 0; }\n}\n",
            ).drop(2) shouldBe
                listOf(
                    """{"chain": {"family": "netdev", "table": "t", "name": "a", "type": "filter", """ +
                        """"hook": "ingress", "prio": 0, "dev": ["lo", "eth0"], "policy": "accept"}}""",
                )
        }

        test("a set has its properties and elements") {
            ofTable(
                """
                set s { type ipv4_addr . inet_service; size 100; flags dynamic,timeout; timeout 1m; gc-interval 10s;
                  elements = { 1.1.1.1 . 22 timeout 1h comment "x" }; }
                set i { type ipv4_addr; policy memory; flags interval; auto-merge;
                  elements = { 10.0.0.0/8, 1.1.1.1-1.1.1.9 }; }
                """,
            ) shouldBe
                listOf(
                    """{"set": {"family": "inet", "name": "s", "table": "t", """ +
                        """"type": ["ipv4_addr", "inet_service"], "size": 100, """ +
                        """"flags": ["timeout", "dynamic"], "timeout": 60, "gc-interval": 10, """ +
                        """"elem": [{"elem": {"val": {"concat": ["1.1.1.1", 22]}, """ +
                        """"timeout": 3600, "comment": "x"}}]}}""",
                    """{"set": {"family": "inet", "name": "i", "table": "t", "type": "ipv4_addr", """ +
                        """"policy": "memory", "flags": ["interval"], "auto-merge": true, """ +
                        """"elem": [{"range": ["1.1.1.1", "1.1.1.9"]}, {"prefix": {"addr": "10.0.0.0", "len": 8}}]}}""",
                )
        }

        test("maps, counters, quotas and limits have their values") {
            ofTable(
                """
                counter web { packets 3 bytes 4 }
                quota q { over 10 mbytes used 2 kbytes }
                limit l { rate over 1 mbytes/second burst 10 kbytes }
                map m { type inet_service : verdict; elements = { 22 : accept }; }
                map o { type inet_service : counter; elements = { 22 : "web" }; }
                """,
            ) shouldBe
                listOf(
                    """{"counter": {"family": "inet", "name": "web", "table": "t", "packets": 3, "bytes": 4}}""",
                    """{"quota": {"family": "inet", "name": "q", "table": "t", "bytes": 10485760, "used": 2048, """ +
                        """"inv": true}}""",
                    """{"limit": {"family": "inet", "name": "l", "table": "t", "rate": 1, "per": "second", """ +
                        """"inv": true, "rate_unit": "mbytes", "burst": 10, "burst_unit": "kbytes"}}""",
                    """{"map": {"family": "inet", "name": "m", "table": "t", "type": "inet_service", """ +
                        """"map": "verdict", "elem": [[22, {"accept": null}]]}}""",
                    """{"map": {"family": "inet", "name": "o", "table": "t", "type": "inet_service", """ +
                        """"map": "counter", "elem": [[22, "web"]]}}""",
                )
        }
    })
