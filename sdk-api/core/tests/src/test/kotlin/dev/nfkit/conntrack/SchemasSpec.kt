// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack

import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.AttributeShape
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private fun AttributeSchema.paths(prefix: String = ""): List<String> =
    types().flatMap { type ->
        val path = "$prefix${type.kernelName()}=${type.code()}"
        listOf(path) + type.nested().map { it.paths("$path/") }.orElse(emptyList())
    }

class SchemasSpec :
    FunSpec({
        test("nests of connections and expectations are known at every depth") {
            for (schema in listOf(ConntrackAttribute.SCHEMA, ExpectationAttribute.SCHEMA)) {
                fun check(inside: AttributeSchema) {
                    inside.types().forEach { type ->
                        (type.shape() == AttributeShape.NESTED) shouldBe type.nested().isPresent
                        type.nested().ifPresent(::check)
                    }
                }
                check(schema)
            }
        }

        test("codes and names are the kernel's") {
            val paths = ConntrackAttribute.SCHEMA.paths().toSet()
            listOf(
                "CTA_TUPLE_ORIG=1/CTA_TUPLE_IP=1/CTA_IP_V6_DST=4",
                "CTA_TUPLE_MASTER=14/CTA_TUPLE_PROTO=2/CTA_PROTO_ICMPV6_CODE=9",
                "CTA_TUPLE_REPLY=2/CTA_TUPLE_ZONE=3",
                "CTA_PROTOINFO=4/CTA_PROTOINFO_TCP=1/CTA_PROTOINFO_TCP_FLAGS_REPLY=5",
                "CTA_PROTOINFO=4/CTA_PROTOINFO_DCCP=2/CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ=3",
                "CTA_PROTOINFO=4/CTA_PROTOINFO_SCTP=3/CTA_PROTOINFO_SCTP_VTAG_ORIGINAL=2",
                "CTA_NAT_DST=13/CTA_NAT_PROTO=3/CTA_PROTONAT_PORT_MAX=2",
                "CTA_COUNTERS_REPLY=10/CTA_COUNTERS_BYTES=2",
                "CTA_SEQ_ADJ_ORIG=15/CTA_SEQADJ_OFFSET_AFTER=3",
                "CTA_ZONE=18",
                "CTA_SECCTX=19/CTA_SECCTX_NAME=1",
                "CTA_TIMESTAMP=20/CTA_TIMESTAMP_STOP=2",
                "CTA_LABELS_MASK=23",
                "CTA_SYNPROXY=24/CTA_SYNPROXY_TSOFF=3",
                "CTA_FILTER=25/CTA_FILTER_REPLY_FLAGS=2",
                "CTA_TIMESTAMP_EVENT=27",
            ).filterNot(paths::contains) shouldBe emptyList()
            StatisticsAttribute.CHAIN_TOOLONG.code() shouldBe 15
            StatisticsAttribute.CHAIN_TOOLONG.kernelName() shouldBe "CTA_STATS_CHAIN_TOOLONG"
        }

        test("names in JSON are the kernel's without the part that the position implies") {
            ConntrackAttribute.TUPLE_ORIG.key() shouldBe "tuple_orig"
            ConntrackAttribute.Ip.V4_SRC.key() shouldBe "v4_src"
            ConntrackAttribute.Proto.SRC_PORT.key() shouldBe "src_port"
            ConntrackAttribute.Tcp.WSCALE_ORIGINAL.key() shouldBe "wscale_original"
            ExpectationAttribute.HELP_NAME.key() shouldBe "help_name"
        }
    })
