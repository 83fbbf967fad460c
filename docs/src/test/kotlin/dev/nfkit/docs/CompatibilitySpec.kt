// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import japicmp.cmp.JApiCmpArchive
import japicmp.cmp.JarArchiveComparator
import japicmp.cmp.JarArchiveComparatorOptions
import japicmp.config.Options
import japicmp.exception.JApiCmpException
import japicmp.model.AccessModifier
import japicmp.output.incompatible.IncompatibleErrorOutput
import java.nio.file.Path
import java.util.Optional
import kotlin.io.path.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.exists
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.nameWithoutExtension
import kotlin.io.path.readLines
import kotlin.io.path.readText
import kotlin.io.path.writeLines

private val root = Path("..").toRealPath()
private val baselines: Path = root.resolve("docs/api")
private val current: Path = root.resolve("docs/target/api").createDirectories()
private val artifactId = Regex("(?m)^  <artifactId>(.*)</artifactId>")

/** The directories of the modules that are published, by artifact: those of the BOM. */
private fun published(): Map<String, Path> {
    val names = Regex("<artifactId>(nfkit-.*)</artifactId>").findAll(root.resolve("sdk-api/bom/pom.xml").readText())
    val modules =
        root
            .toFile()
            .walk()
            .onEnter { it.name !in listOf("target", "src", "node_modules") && !it.name.startsWith(".") }
            .filter { it.name == "pom.xml" }
            .associate { artifactId.find(it.readText())!!.groupValues[1] to it.toPath().parent }
    return names
        .map { it.groupValues[1] }
        .filterNot { it in listOf("nfkit-parent", "nfkit-bom") }
        .associateWith(modules::getValue)
}

/** What breaks users of the API [before], in their sources or in their bytecode; null if nothing does. */
private fun incompatibility(
    before: List<String>,
    now: List<String>,
): String? {
    val old = listOf(JApiCmpArchive(jarOf(before), "baseline.jar", "baseline"))
    val new = listOf(JApiCmpArchive(jarOf(now), "now.jar", "now"))
    val options =
        Options.newDefault().apply {
            oldArchives = old
            newArchives = new
            setAccessModifier(AccessModifier.PROTECTED)
            isOutputOnlyModifications = true
            isErrorOnBinaryIncompatibility = true
            isErrorOnSourceIncompatibility = true
            setIncludeSynthetic(true)
            oldClassPath = Optional.of(System.getProperty("java.class.path"))
            newClassPath = oldClassPath
            setIgnoreMissingClasses(true)
        }
    val comparator = JarArchiveComparator(JarArchiveComparatorOptions.of(options))
    return try {
        IncompatibleErrorOutput(options, comparator.compare(old, new), comparator).generate()
        null
    } catch (e: JApiCmpException) {
        e.message
    }
}

class CompatibilitySpec :
    FunSpec({
        val artifacts = published()

        for ((artifact, module) in artifacts) {
            test("users of $artifact can go on with it: it has what docs/api lists") {
                val classes = module.resolve("target/classes")
                check(classes.exists()) { "$artifact is not built: docs/pom.xml must depend on it" }
                val api = apiOf(classes)
                val file = baselines.resolve("$artifact.txt")
                current.resolve(file.name).writeLines(api)
                val accept = "  cp docs/target/api/$artifact.txt docs/api"
                check(file.exists()) { "docs/api/$artifact.txt is missing. Make it:\n$accept" }
                incompatibility(file.readLines(), api)?.let {
                    throw AssertionError(
                        "$artifact is not compatible with docs/api/$artifact.txt:\n$it\n\n" +
                            "If docs/COMPATIBILITY.md permits it, describe it in CHANGELOG.md, and accept it:\n$accept",
                    )
                }
            }
        }

        test("there is a list for each artifact of the BOM, and no other") {
            artifacts.keys shouldHaveAtLeastSize 8
            baselines.listDirectoryEntries("*.txt").map { it.nameWithoutExtension }.sorted() shouldContainExactly
                artifacts.keys.sorted()
        }

        context("a change is noticed if it breaks users") {
            val api =
                listOf(
                    "class public a/Base extends java/lang/Object",
                    "  method public size ()I",
                    "class public interface abstract a/Handler extends java/lang/Object",
                    "  method public abstract handle (I)V",
                    "class public a/Value extends a/Base",
                    "  field public static final LIMIT I",
                    "  method public of (Ljava/lang/String;)La/Value; throws java/io/IOException",
                )

            fun changed(
                from: String,
                to: String,
            ) = incompatibility(api, api.mapNotNull { if (it == from) to.ifEmpty { null } else it })

            fun added(line: String) =
                incompatibility(api, api.flatMap { if ("a/Handler" in it) listOf(it, line) else listOf(it) })

            test("nothing changed") {
                incompatibility(api, api).shouldBeNull()
            }
            test("a class, method or field is gone, or final") {
                incompatibility(api, api.dropLast(3)) shouldContain "CLASS_REMOVED"
                changed(api[6], "") shouldContain "METHOD_REMOVED"
                changed(api[5], "") shouldContain "FIELD_REMOVED"
                changed(api[4], "class public final a/Value extends a/Base") shouldContain "CLASS_NOW"
            }
            test("a type is another one") {
                changed(api[1], "  method public size ()J") shouldContain "a.Base.size"
            }
            test("implementations would lack a method") {
                added("  method public abstract end ()V") shouldContain "METHOD_ADDED_TO_INTERFACE"
            }
            test("callers would have to catch a further exception") {
                changed(api[1], "  method public size ()I throws java/io/IOException").shouldNotBeNull()
            }
            test("additions are permitted, and a method may move to a superclass") {
                added("  method public end ()V").shouldBeNull()
                incompatibility(api, api + "class public a/New extends java/lang/Object").shouldBeNull()
                incompatibility(
                    api,
                    listOf(api[0], api[1], api[6]) + api.subList(2, 6),
                ).shouldBeNull()
            }
        }

        test("what is internal in Kotlin is no API, and what is called for default values is") {
            val text = baselines.resolve("nfkit-coroutines.txt").readText()
            val names = Regex("(?m)^class \\D*?(\\S+) extends").findAll(text).map { it.groupValues[1] }.toList()
            names.filter { it.endsWith("/RuleTexts") } shouldBe emptyList()
            text shouldContain "\$default "
        }
    })
