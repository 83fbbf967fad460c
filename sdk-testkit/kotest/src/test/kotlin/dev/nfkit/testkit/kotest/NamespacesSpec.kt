// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.live.TestNamespace
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.TestCase
import io.kotest.core.test.TestScope
import io.kotest.engine.test.TestResult
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import java.net.DatagramPacket
import java.net.DatagramSocket
import kotlin.time.Duration

private suspend fun TestScope.inner(body: suspend TestScope.() -> Unit): TestResult {
    val outer = this
    val inner = testCase.copy(descriptor = testCase.descriptor.append("inner"))
    return NetfilterExtension.intercept(inner) {
        object : TestScope by outer {
            override val testCase: TestCase = inner
        }.body()
        TestResult.Success(Duration.ZERO)
    }
}

class NamespacesSpec :
    FunSpec({
        extension(NetfilterExtension)

        test("a test has one namespace, and the next test another, which is closed after the test") {
            val namespace = testNamespace()
            testNamespace() shouldBeSameInstanceAs namespace
            lateinit var other: TestNamespace
            inner { other = testNamespace() }.isSuccess shouldBe true
            other shouldNotBeSameInstanceAs namespace
            shouldThrow<IllegalStateException> { other.inject("") {} }
            namespace.inject("") {}.packets() shouldBe 0
        }

        test("a lost query is repeated") {
            val network = testNetwork()
            val faults = network.server().inject("udp dport 53") { it.dropFirst(1) }
            val server = network.server().call { DatagramSocket(53) }
            val client = network.client().call { DatagramSocket() }
            val received = DatagramPacket(ByteArray(3), 3)
            server.use {
                client.use {
                    repeat(2) { attempt ->
                        client.send(DatagramPacket(byteArrayOf(1, 2, 3), 3, network.serverAddress(), 53))
                        faults.awaitPackets(attempt + 1L)
                    }
                    server.soTimeout = 30_000
                    server.receive(received)
                }
            }
            received.data shouldBe byteArrayOf(1, 2, 3)
            faults.dropped() shouldBe 1
        }
    })

class NamespacesWithoutExtensionSpec :
    FunSpec({
        test("without the extension, requesting a namespace fails with advice") {
            shouldThrow<IllegalStateException> { testNamespace() }.message shouldBe
                "testNamespace() is for the tests of specs that have extension(NetfilterExtension)"
        }
    })
