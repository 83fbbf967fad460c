// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.EntrySink
import dev.nfkit.conntrack.table.ExpectationSink
import dev.nfkit.conntrack.table.Expectations
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import kotlin.coroutines.Continuation

private val settings =
    mapOf<String, Setting<ConntrackEventOptionsBuilder, ConntrackEventOptions>>(
        "kinds" to
            Setting(ConntrackEventOptions::kinds, setOf(ConntrackEventKind.NEW, ConntrackEventKind.EXPECTATION_NEW)) {
                kinds(ConntrackEventKind.NEW, ConntrackEventKind.EXPECTATION_NEW)
            },
        "filter" to
            Setting(
                ConntrackEventOptions::filters,
                listOf(ConntrackFilter.all().mark(1), ConntrackFilter.all().mark(2)),
            ) {
                filter(ConntrackFilter.all().mark(1))
                filter(ConntrackFilter.all().mark(2))
            },
        "receiveBuffer" to Setting(ConntrackEventOptions::receiveBuffer, 65536) { receiveBuffer = 65536 },
    )

/** The operations of a Java client, with the parameters of each, sorted. A sink corresponds to Kotlin's flow. */
private fun Class<*>.operations() =
    ownMethods()
        .filter { it.name != "close" }
        .map { method ->
            method.name to
                method.parameterTypes
                    .filter { it !in sinks }
                    .map { it.name }
                    .sorted()
        }.toSet()

private val sinks = setOf(EntrySink::class.java, ExpectationSink::class.java)

/**
 * As [operations], of a Kotlin scope: without the parts for suspension and a dump's result, and with optional
 * parameters.
 */
private fun Class<*>.kotlinOperations() =
    ownMethods()
        .flatMap { method ->
            val asked =
                method.parameterTypes
                    .filter { it != Continuation::class.java && it != Function2::class.java }
                    .map { it.name }
            val defaults = declaredMethods.any { it.isSynthetic && it.name == "${method.name}\$default" }
            val optional = if (defaults) listOf(asked.filter { it !in mayBeLeftOut }) else emptyList()
            (listOf(asked) + optional).map { method.name to it.sorted() }
        }.map { (name, asked) -> name.removePrefix("getE").let { if (it == name) name else "e$it" } to asked }
        .toSet()

private val mayBeLeftOut = setOf("int", "dev.nfkit.AddressFamily", "dev.nfkit.conntrack.ConntrackFilter")

class ConntrackParitySpec :
    FunSpec({
        test("each operation of Java's client is one of Kotlin's, and vice versa") {
            val kotlin = ConntrackScope::class.java.kotlinOperations()
            // Kotlin's filter is optional wherever Java has an overload with one.
            kotlin - ("list" to emptyList()) - ("dumpAndResetCounters" to emptyList()) - oneZone shouldBe
                Conntrack::class.java.operations()
        }

        test("each operation of Java's expectations is one of Kotlin's, and vice versa") {
            ExpectationScope::class.java.kotlinOperations() shouldBe Expectations::class.java.operations()
        }

        test("each option of Java's builder of events is one of Kotlin's, which adds the queue's capacity") {
            val java = ConntrackEventOptions.Builder::class.java.options()
            ConntrackEventOptionsBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder
                java + "batchCapacity"
            settings.keys shouldContainExactlyInAnyOrder java
        }

        test("the defaults are Java's") {
            ConntrackEventOptionsBuilder().build().values() shouldBe ConntrackEventOptions.builder().build().values()
            ConntrackEventOptionsBuilder().receiveBuffer shouldBe
                ConntrackEventOptions.builder().build().receiveBuffer()
            ConntrackEventOptionsBuilder().batchCapacity shouldBe 16
        }

        for ((name, setting) in settings) {
            test("the option $name is passed on") {
                withClue("its default") {
                    setting.read(ConntrackEventOptions.builder().build()) shouldNotBe setting.expected
                }
                setting.read(ConntrackEventOptionsBuilder().apply(setting.set).build()) shouldBe setting.expected
            }
        }

        test("values out of range are refused when they are set") {
            ConntrackEventOptionsBuilder().apply {
                shouldThrow<IllegalArgumentException> { receiveBuffer = 4095 }
                shouldThrow<IllegalArgumentException> { batchCapacity = 1025 }
                receiveBuffer = 8192
                receiveBuffer shouldBe 8192
            }
        }
    })

/** Java requires the zone here. */
private val oneZone = "getAndResetCounters" to listOf("dev.nfkit.conntrack.ConntrackTuple")
