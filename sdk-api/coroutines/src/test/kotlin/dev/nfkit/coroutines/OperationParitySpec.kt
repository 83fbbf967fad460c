// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.Expectations
import dev.nfkit.netfilter.NetfilterSession
import dev.nfkit.nflog.NflogCaptureFiles
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueWorkers
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import java.lang.reflect.Modifier
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.isDirectory
import kotlin.streams.toList

/** A Java class and the Kotlin class with its operations. What only one of them has is named with the reason. */
private class Counterpart(
    val java: Class<*>,
    val kotlin: Class<*>,
    val onlyJava: Map<String, String>,
    val onlyKotlin: Map<String, String>,
)

private val ofSessions =
    mapOf(
        "open" to "a use function opens the session for its block",
        "close" to "the end of the block closes it",
        "poll" to "the reader polls; a flow is collected instead",
        "run" to "a flow is collected, or decide called, until the session ends",
        "wakeup" to "it wakes the reader, which nothing but a cancellation interrupts",
        "ended" to "the flows complete",
    )

private val counterparts =
    listOf(
        Counterpart(
            NflogSession::class.java,
            NflogScope::class.java,
            ofSessions,
            mapOf("packets" to "the flow, instead of poll and run"),
        ),
        Counterpart(
            NfqueueSession::class.java,
            NfqueueScope::class.java,
            ofSessions + ("options" to "configure begins with the options in force"),
            mapOf(
                "packets" to "the flow, instead of poll and run",
                "batches" to "as packets, for answers that leave together",
                "decide" to "run with a decider that suspends",
            ),
        ),
        Counterpart(
            ConntrackEvents::class.java,
            ConntrackEventScope::class.java,
            ofSessions,
            mapOf("events" to "the flow, instead of poll and run"),
        ),
        Counterpart(
            Conntrack::class.java,
            ConntrackScope::class.java,
            mapOf(
                "open" to "useConntrack opens the client for its block",
                "close" to "the end of the block closes it",
            ),
            emptyMap(),
        ),
        Counterpart(Expectations::class.java, ExpectationScope::class.java, emptyMap(), emptyMap()),
    )

/** Closeable classes of the families that have no counterpart. */
private val withoutCounterpart =
    mapOf(
        ConntrackMirror::class.java to "conntrackChanges keeps one for each collection",
        NfqueueWorkers::class.java to "decide runs deciders concurrently over all queues of one session",
        NflogCaptureFiles::class.java to "a flow is written to them by writeTo",
        NflogCaptureWriter::class.java to "it writes a file, and needs no suspension",
    )

private val families = listOf("conntrack", "nflog", "nfqueue")

/** The public classes of the core's families that can be closed. */
private fun closeables(): Set<Class<*>> {
    val location =
        Path.of(
            NetfilterSession::class.java.protectionDomain.codeSource.location
                .toURI(),
        )
    val files = if (location.isDirectory()) null else FileSystems.newFileSystem(location)
    return (files ?: AutoCloseable { }).use {
        val root = files?.getPath("/") ?: location
        Files.walk(root).use { all ->
            all
                .map { root.relativize(it).toString() }
                .filter { name -> families.any { name.startsWith("dev/nfkit/$it/") } && name.endsWith(".class") }
                .filter { !it.endsWith("-info.class") }
                .map { Class.forName(it.removeSuffix(".class").replace('/', '.')) }
                .filter { Modifier.isPublic(it.modifiers) && AutoCloseable::class.java.isAssignableFrom(it) }
                .toList()
                .toSet()
        }
    }
}

/** The public methods of a class, with those that open it. */
private fun Class<*>.operations() = (methods.toList() - Any::class.java.methods.toSet()).filter { !it.isSynthetic }

/** The names of a Kotlin class's operations: properties by their names, and mangled names as in the source. */
private fun Class<*>.kotlinOperationNames(): Set<String> =
    operations()
        .map { method ->
            val name = method.name.substringBefore('-').substringBefore('$')
            if (method.parameterCount == 0 && name.startsWith("get")) {
                name.removePrefix("get").replaceFirstChar(Char::lowercase)
            } else {
                name
            }
        }.toSet()

class OperationParitySpec :
    FunSpec({
        for (pair in counterparts) {
            test("each operation of ${pair.java.simpleName} is one of ${pair.kotlin.simpleName}, or has a reason") {
                val java =
                    pair.java
                        .operations()
                        .map { it.name }
                        .toSet()
                val kotlin = pair.kotlin.kotlinOperationNames()
                withClue("exceptions that exist") {
                    java shouldContainAll pair.onlyJava.keys
                    kotlin shouldContainAll pair.onlyKotlin.keys
                }
                kotlin - pair.onlyKotlin.keys shouldBe java - pair.onlyJava.keys
            }
        }

        test("each session and table of Java has a counterpart, or a reason not to") {
            val known = counterparts.map { it.java } + withoutCounterpart.keys
            closeables() - known.toSet() shouldBe emptySet()
        }

        test("each session is a SessionScope in Kotlin") {
            counterparts
                .filter { NetfilterSession::class.java.isAssignableFrom(it.java) }
                .map { SessionScope::class.java.isAssignableFrom(it.kotlin) } shouldBe listOf(true, true, true)
        }
    })
