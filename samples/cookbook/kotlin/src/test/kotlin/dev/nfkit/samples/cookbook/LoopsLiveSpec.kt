// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNamespace
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import java.net.InetAddress
import java.nio.file.Path

private val loopback: InetAddress = InetAddress.getByName("127.0.0.1")

class LoopsLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        context("surviving an exception") {
            val page = Page("exceptions")

            for ((kind, enabled, install) in queueRules) {
                test("by $kind and the program").config(enabledOrReasonIf = enabled) {
                    val namespace = testNamespace()
                    namespace.install(page)
                    Arrivals(namespace, 5000).use { arrivals ->
                        namespace.program { Survivor.main(arrayOf()) }.use { program ->
                            program.awaitQueues()
                            for (text in listOf("1", "none", "200", "2")) {
                                namespace.datagram(loopback, 5000, text.toByteArray())
                            }
                            listOf(arrivals.next(), arrivals.next()) shouldContainExactly listOf("1", "2")
                            program.lines.single() shouldStartWith
                                "packet 2 is dropped: java.lang.NumberFormatException"
                        }
                    }
                }
            }

            test("by the program in Kotlin").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.shell(page.iptables)
                val failures = Channel<Exception>(Channel.UNLIMITED)
                Arrivals(namespace, 5000).use { arrivals ->
                    val survivor =
                        launch(Dispatchers.IO) { namespace.transport().surviveExceptions { failures.trySend(it) } }
                    eventually("a queue") {
                        namespace
                            .transport()
                            .kernel()
                            .nfqueues()
                            .isNotEmpty()
                    }
                    for (text in listOf("1", "none", "2")) namespace.datagram(loopback, 5000, text.toByteArray())
                    listOf(arrivals.next(), arrivals.next()) shouldContainExactly listOf("1", "2")
                    survivor.cancelAndJoin()
                }
                (failures.receive() is NumberFormatException) shouldBe true
            }

            test("by the command").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.shell(page.iptables)
                Arrivals(namespace, 5000).use { arrivals ->
                    namespace.nfkit(page.commands.single(), "-c", "2").use { command ->
                        command.awaitQueues()
                        for (length in listOf(500, 5)) namespace.datagram(loopback, 5000, ByteArray(length))
                        arrivals.next().length shouldBe 5
                        command.ended()
                    }
                }
            }
        }

        context("shutting down") {
            val page = Page("shutdown")

            for ((kind, enabled, install) in queueRules) {
                test("by $kind: the program decides what waits at SIGTERM").config(enabledOrReasonIf = enabled) {
                    val namespace = testNamespace()
                    namespace.install(page)
                    Arrivals(namespace, 5000).use { arrivals ->
                        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
                        val path = System.getProperty("java.class.path")
                        val builder =
                            ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-cp", path, Shutdown::class.java.name)
                        val process = namespace.start(builder.redirectError(ProcessBuilder.Redirect.INHERIT))
                        val output = process.inputReader()
                        output.readLine() shouldBe "ready"
                        repeat(5) { namespace.datagram(loopback, 5000, "$it".toByteArray()) }
                        process.toHandle().destroy() // SIGTERM; the process's own method would close its output, too
                        List(5) { arrivals.next() } shouldContainExactly listOf("0", "1", "2", "3", "4")
                        output.readLine() shouldStartWith "decided 5, "
                        process.waitFor() shouldBe 128 + 15
                        namespace.datagram(loopback, 5000, "bypass".toByteArray())
                        arrivals.next() shouldBe "bypass"
                    }
                }
            }

            test("by the program in Kotlin").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.shell(page.iptables)
                Arrivals(namespace, 5000).use { arrivals ->
                    val end = CompletableDeferred<Unit>()
                    val program = launch(Dispatchers.IO) { namespace.transport().decideUntil(end) }
                    eventually("a queue") {
                        namespace
                            .transport()
                            .kernel()
                            .nfqueues()
                            .isNotEmpty()
                    }
                    repeat(3) { namespace.datagram(loopback, 5000, "$it".toByteArray()) }
                    end.complete(Unit)
                    List(3) { arrivals.next() } shouldContainExactly listOf("0", "1", "2")
                    program.join()
                }
            }

            test("by the command").config(enabledOrReasonIf = live) {
                val namespace = testNamespace()
                namespace.shell(page.iptables)
                Arrivals(namespace, 5000).use { arrivals ->
                    namespace.nfkit(page.commands.single(), "-c", "2").use { command ->
                        command.awaitQueues()
                        repeat(2) { namespace.datagram(loopback, 5000, "$it".toByteArray()) }
                        List(2) { arrivals.next() } shouldContainExactly listOf("0", "1")
                        command.ended()
                    }
                }
            }
        }
    })
