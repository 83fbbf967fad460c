// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ExpectationAttribute
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.wire.AttributeSchema
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldNotBeBlank
import tools.jackson.databind.JsonNode
import tools.jackson.databind.ObjectMapper
import tools.jackson.databind.node.ObjectNode
import java.nio.file.Files
import kotlin.io.path.name

private val mapper = ObjectMapper()

private fun read(name: String): JsonNode = mapper.readTree(Files.readString(Schemas.files.single { it.name == name }))

/** The nodes inside a schema that have `properties`, and where they are. */
private fun objects(
    node: JsonNode,
    place: String = "",
): List<Pair<String, JsonNode>> =
    (if (node.get("properties")?.isObject == true) listOf(place to node) else listOf()) +
        node.propertyStream().toList().flatMap { (key, value) -> objects(value, "$place/$key") } +
        (if (node.isArray) node.values().flatMapIndexed { i, value -> objects(value, "$place/$i") } else listOf())

/** The attributes of a schema of the kernel and of all that it nests, by the kernel's names. */
private fun schemas(
    schema: AttributeSchema,
    found: MutableMap<String, AttributeSchema> = mutableMapOf(),
): Map<String, AttributeSchema> {
    if (found.put(schema.name(), schema) == null) {
        schema.types().forEach { type -> type.nested().ifPresent { schemas(it, found) } }
    }
    return found
}

class SchemaSpec :
    FunSpec({
        val kinds =
            read(Schemas.ALL)["then"]["properties"]["kind"]["enum"].values().map { it.asString() }

        test("each kind of object has a schema file, and the schema of all commands refers to it") {
            kinds.shouldNotBeEmpty()
            Schemas.files.map { it.name } shouldContainExactlyInAnyOrder
                kinds.map { "${it.replace('_', '-')}.schema.json" } +
                listOf(Schemas.ALL, "common.schema.json", "conntrack-attributes.schema.json", "libnftables.schema.json")
            for (kind in kinds) {
                read("${kind.replace('_', '-')}.schema.json")["properties"]["kind"]["const"].asString() shouldBe kind
            }
        }

        context("each file is of the draft 2020-12, and describes all its members") {
            withData(Schemas.files.map { it.name }) { name ->
                val schema = read(name)
                schema["\$schema"].asString() shouldBe "https://json-schema.org/draft/2020-12/schema"
                Schemas.metaErrors(schema.toString()).shouldBeEmpty()
                for (text in listOf("title", "description")) {
                    schema[text].asString().shouldNotBeBlank()
                }
                for ((place, node) in objects(schema).filterNot { (place, _) -> place.endsWith("/if") }) {
                    for ((key, member) in node["properties"].propertyStream().toList()) {
                        withClue("$place/$key") { described(schema, member) shouldBe true }
                    }
                }
            }
        }

        context("an undocumented member, at any depth, is an error") {
            withData(kinds) { kind ->
                val example = Examples.read(kind)
                Schemas.errors(example.toString()).shouldBeEmpty()
                for ((place, copy) in extended(example)) {
                    if (!place.matches(Regex("/(add|insert|delete)(/.*)?"))) {
                        withClue("a member in $place") { Schemas.errors(copy.toString()).shouldNotBeEmpty() }
                    }
                }
                example.remove("time")
                Schemas.errors(example.toString()).shouldNotBeEmpty()
            }
        }

        test("an unknown kind, and an object without a kind, are errors") {
            val head = "\"time\":\"2026-12-01T00:00:00.000000Z\",\"time_source\":\"received\""
            Schemas.errors("{\"kind\":\"other\",$head}").shouldNotBeEmpty()
            Schemas.errors("{$head}").shouldNotBeEmpty()
            Schemas.errors("{\"kind\":\"conntrack_count\",$head,\"entries\":1}").shouldBeEmpty()
            Schemas.errors("{\"kind\":\"conntrack_count\",$head,\"entries\":\"1\"}").shouldNotBeEmpty()
            val date = head.replace("12-01", "13-01")
            Schemas.errors("{\"kind\":\"conntrack_count\",$date,\"entries\":1}").shouldNotBeEmpty()
        }

        test("all attributes of connection tracking are documented") {
            val all =
                listOf(
                    ConntrackAttribute.SCHEMA,
                    ExpectationAttribute.SCHEMA,
                    StatisticsAttribute.SCHEMA,
                    StatisticsAttribute.Global.SCHEMA,
                    StatisticsAttribute.Expectations.SCHEMA,
                ).flatMap { schemas(it).values }
            val documented =
                objects(read("conntrack-attributes.schema.json")).map { (_, node) ->
                    node["properties"].propertyNames().toSet()
                }
            for (schema in all) {
                val keys = schema.types().map { it.key() }
                withClue(schema.name()) { documented.any { it.containsAll(keys) } shouldBe true }
            }
        }

        test("all attributes of packets are documented") {
            for ((file, attributes) in listOf(
                "logged-packet" to NflogAttribute.entries - NflogAttribute.PACKET_HDR,
                "queued-packet" to NfqueueAttribute.entries - NfqueueAttribute.PACKET_HDR,
            )) {
                val documented = read("$file.schema.json")["properties"].propertyNames()
                attributes.forEach { documented shouldContain it.key() }
            }
        }
    })

/** Whether a member has a description, of its own or in the definition that it refers to. */
private fun described(
    file: JsonNode,
    member: JsonNode,
): Boolean {
    if (!member["description"]?.asString().isNullOrBlank()) {
        return true
    }
    val (other, path) = (member["\$ref"] ?: return false).asString().split('#')
    val found = (if (other.isEmpty()) file else read(other)).at(path)
    return !found["description"]?.asString().isNullOrBlank()
}

/** Copies of an object, each with an undocumented member in one of the objects in it. */
private fun extended(node: JsonNode): List<Pair<String, JsonNode>> {
    val places = mutableListOf<String>()

    fun find(
        at: JsonNode,
        place: String,
    ) {
        if (at.isObject) {
            places += place
        }
        at.propertyStream().forEach { (key, value) -> find(value, "$place/$key") }
        if (at.isArray) {
            at.values().forEachIndexed { i, value -> find(value, "$place/$i") }
        }
    }
    find(node, "")
    return places.map { place ->
        val copy = node.deepCopy()
        (copy.at(place) as ObjectNode).put("undocumented", 1)
        place to copy
    }
}
