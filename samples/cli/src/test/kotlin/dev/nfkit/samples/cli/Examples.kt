// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import tools.jackson.databind.JsonNode
import tools.jackson.databind.ObjectMapper
import tools.jackson.databind.node.ObjectNode
import java.nio.file.Files
import java.nio.file.Path

/** The examples of `docs/JSON.md`, one of each kind of object. */
internal object Examples {
    private val mapper = ObjectMapper()
    private val directory: Path = Path.of(System.getProperty("basedir", "."), "src/test/resources/json")

    fun read(kind: String): ObjectNode =
        mapper.readTree(Files.readString(directory.resolve("${kind.replace('_', '-')}.json"))) as ObjectNode

    /** Fails if an object differs from the example of its kind in more than its time. */
    fun check(line: String) {
        Schemas.check(line)
        val printed = mapper.readTree(line)
        val kind = printed["kind"].asString()
        check(timeless(printed) == timeless(read(kind))) { "not the example of $kind: $line" }
    }

    private fun timeless(node: JsonNode) = (node.deepCopy() as ObjectNode).apply { remove("time") }
}
