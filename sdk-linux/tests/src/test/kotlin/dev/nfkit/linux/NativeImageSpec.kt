// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.reflect.Array
import java.nio.file.Path
import kotlin.io.path.readText

private const val METADATA = "/META-INF/native-image/dev.nfkit/nfkit-linux/reachability-metadata.json"

/** The classes that find others by name. */
private val BY_NAME = listOf("ErrnoMemory", "ForeignLinker", "VirtualThreads")

private val sources: Path = Path.of("../src/main/java/dev/nfkit/linux").toRealPath()

private fun source(name: String) = sources.resolve("$name.java").readText()

private fun Regex.names(text: String) = findAll(text).map { it.groupValues[1] }.toSet()

/** The only form in which `ForeignLinker` calls C functions, as GraalVM describes it. */
private fun form(): String {
    val linker = source("ForeignLinker")
    val arguments = Regex("int ARGUMENTS = (\\d+);").find(linker)!!.groupValues[1].toInt()
    Regex("\\.getMethod\\(\"downcallHandle\"").findAll(linker).count() shouldBe 1
    linker shouldContain "getField(\"JAVA_LONG\")"
    val types = List(arguments) { "\"jlong\"" }.joinToString()
    return "{\"returnType\": \"jlong\", \"parameterTypes\": [$types], \"options\": {\"captureCallState\": true}}"
}

/** A type that reflection reaches, with its methods and fields. */
private class Reached(
    val type: String,
    text: String,
) {
    val methods =
        Regex("\\{\"name\": \"(\\w+)\", \"parameterTypes\": \\[(.*?)]}")
            .findAll(text)
            .map { it.groupValues[1] to Regex("\"(.+?)\"").names(it.groupValues[2]).toList() }
            .toList()
    val fields = Regex("\\{\"name\": \"(\\w+)\"}").names(text)
}

private fun reached(metadata: String): List<Reached> =
    metadata
        .substringBefore("\"foreign\"")
        .split("{\"type\": \"")
        .drop(1)
        .map { Reached(it.substringBefore('"'), it) }

private fun classOf(name: String): Class<*> =
    when {
        name == "int" -> Int::class.java
        name.endsWith("[]") -> Array.newInstance(classOf(name.removeSuffix("[]")), 0).javaClass
        else -> Class.forName(name)
    }

class NativeImageSpec :
    FunSpec({
        val metadata = LinuxTransport::class.java.getResource(METADATA)!!.readText()

        test("the metadata of GraalVM describes every call of the C library") {
            Regex("\\{\"returnType\".*(?=\\n)").findAll(metadata).map { it.value }.toList() shouldContainExactly
                listOf(form())
        }

        test("it contains every type, method and field that is found by name") {
            val types = reached(metadata)
            val names = types.flatMap { type -> type.methods.map { it.first } + type.fields }.toSet()
            val texts = BY_NAME.map(::source)
            val found = Regex("(?:getMethod|getField)\\(\\s*\"(\\w+)\"|find(?:Virtual|Static)\\([\\w.]+, \"(\\w+)\"")
            val used = texts.flatMap { text -> found.findAll(text).map { it.groupValues[1] + it.groupValues[2] } }
            used shouldHaveAtLeastSize 10
            (used - names).shouldBeEmpty()
            val usedTypes = texts.flatMap { Regex("\\btype\\(\"([\\w$]+)\"\\)").names(it) }
            (usedTypes.map { "java.lang.foreign.$it" } - types.map { it.type }.toSet()).shouldBeEmpty()
        }

        test("no other class finds anything by name") {
            val byName = Regex("\\.(getMethod|getDeclaredMethod|getField|forName|find(Virtual|Static))\\(")
            sources
                .toFile()
                .walk()
                .filter { it.isFile }
                .filter { byName.containsMatchIn(it.readText()) }
                .map { it.name }
                .toList() shouldContainExactlyInAnyOrder
                BY_NAME.map { "$it.java" }
        }

        test("everything that it names exists")
            .config(
                enabledOrReasonIf = { Live.enabled(if (ForeignLinker.supported()) null else "no java.lang.foreign") },
            ) {
                val types = reached(metadata)
                types.shouldNotBeEmpty()
                for (reached in types) {
                    val type = classOf(reached.type)
                    reached.methods.forEach { (name, types) ->
                        type.getMethod(name, *types.map(::classOf).toTypedArray())
                    }
                    reached.fields.forEach(type::getField)
                }
            }
    })
