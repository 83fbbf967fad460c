package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.lang.reflect.Array
import java.nio.file.Path
import kotlin.io.path.readText

private const val METADATA = "/META-INF/native-image/dev.nfkit/nfkit-linux/reachability-metadata.json"

private val sources: Path = Path.of("../src/main/java/dev/nfkit/linux").toRealPath()

private fun source(name: String) = sources.resolve("$name.java").readText()

private fun Regex.names(text: String) = findAll(text).map { it.groupValues[1] }.toSet()

/** The C functions that `ForeignCalls` links, as GraalVM describes a call. */
private fun linkedCalls(): Set<String> =
    Regex("LINKER\\.(call|plain|variadic)\\(([^;]*)\\);")
        .findAll(source("ForeignCalls"))
        .map { call ->
            val (kind, list) = call.destructured
            val arguments = list.split(',').map { it.trim() }.drop(1)
            val types = arguments.filter { it.endsWith(".class") }.map { "\"j${it.removeSuffix(".class")}\"" }
            val options =
                listOfNotNull(
                    "\"captureCallState\": true".takeIf { kind != "plain" },
                    "\"firstVariadicArg\": ${arguments[0]}".takeIf { kind == "variadic" },
                )
            "{\"returnType\": ${types[0]}, \"parameterTypes\": [${types.drop(1).joinToString()}]" +
                (if (options.isEmpty()) "" else ", \"options\": {${options.joinToString()}}") + "}"
        }.toSet()

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
            val described = Regex("\\{\"returnType\".*?}(?=,?\\n)").findAll(metadata).map { it.value }.toList()
            linkedCalls() shouldHaveAtLeastSize 10
            described shouldContainExactlyInAnyOrder linkedCalls()
        }

        test("it contains every type, method and field that is found by name") {
            val types = reached(metadata)
            val names = types.flatMap { type -> type.methods.map { it.first } + type.fields }.toSet()
            val texts = listOf("ForeignLinker", "VirtualThreads").map(::source)
            val found = Regex("(?:getMethod|getField)\\(\\s*\"(\\w+)\"|find(?:Virtual|Static)\\([\\w.]+, \"(\\w+)\"")
            val used = texts.flatMap { text -> found.findAll(text).map { it.groupValues[1] + it.groupValues[2] } }
            used shouldHaveAtLeastSize 15
            (used - names).shouldBeEmpty()
            val usedTypes = texts.flatMap { Regex("\\btype\\(\"([\\w$]+)\"\\)").names(it) }
            (usedTypes.map { "java.lang.foreign.$it" } - types.map { it.type }.toSet()).shouldBeEmpty()
        }

        test("no other class finds anything by name") {
            val byName = Regex("\\.(getMethod|getDeclaredMethod|getField|forName|find(Virtual|Static))\\(")
            sources
                .toFile()
                .listFiles()!!
                .filter { byName.containsMatchIn(it.readText()) }
                .map { it.name } shouldContainExactlyInAnyOrder listOf("ForeignLinker.java", "VirtualThreads.java")
        }

        test("everything that it names exists, if this Java has it") {
            val here =
                reached(metadata).filter {
                    Runtime.version().feature() >= 22 ||
                        it.type == "java.lang.ThreadLocal"
                }
            here.shouldNotBeEmpty()
            for (reached in here) {
                val type = classOf(reached.type)
                reached.methods.forEach { (name, types) -> type.getMethod(name, *types.map(::classOf).toTypedArray()) }
                reached.fields.forEach(type::getField)
            }
        }
    })
