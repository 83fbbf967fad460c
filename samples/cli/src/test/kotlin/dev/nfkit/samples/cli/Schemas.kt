// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import com.networknt.schema.InputFormat
import com.networknt.schema.Schema
import com.networknt.schema.SchemaLocation
import com.networknt.schema.SchemaRegistry
import com.networknt.schema.SpecificationVersion
import java.nio.file.Files
import java.nio.file.Path

/** The schemas of what commands print with `--json`. */
internal object Schemas {
    private val directory: Path = Path.of(System.getProperty("basedir", "."), "../../docs/schema").toRealPath()

    /** The schema of all commands, which refers to the others. */
    const val ALL = "nfkit.schema.json"

    val files: List<Path> =
        Files.list(directory).use { files -> files.filter { "$it".endsWith(".schema.json") }.sorted().toList() }

    private val registry: SchemaRegistry =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12) { builder ->
            builder.schemas(files.associate { "nfkit:/${it.fileName}" to Files.readString(it) })
        }

    private val all: Schema by lazy { registry.getSchema(SchemaLocation.of("nfkit:/$ALL")) }

    /** What the schema of all commands objects to; empty if the object is valid. */
    fun errors(json: String): List<String> =
        all
            .validate(
                json,
                InputFormat.JSON,
            ) { context -> context.executionConfig { it.formatAssertionsEnabled(true) } }
            .map { "${it.instanceLocation}: ${it.message}" }

    /** What the specification of JSON Schema objects to in a schema. */
    fun metaErrors(schema: String): List<String> =
        registry
            .getSchema(SchemaLocation.of(SpecificationVersion.DRAFT_2020_12.dialectId))
            .validate(schema, InputFormat.JSON)
            .map { "${it.instanceLocation}: ${it.message}" }

    /** Fails if a command with these arguments has printed JSON that is not valid. */
    fun checkOutput(
        args: Array<out String>,
        out: String,
    ) {
        if ("--json" in args) {
            out.lines().filter { it.isNotEmpty() }.forEach(::check)
        }
    }

    /** Fails if an object is not valid. */
    fun check(json: String) {
        val errors = errors(json)
        check(errors.isEmpty()) { "not valid by docs/schema/$ALL: ${errors.joinToString("; ")}: $json" }
    }
}
