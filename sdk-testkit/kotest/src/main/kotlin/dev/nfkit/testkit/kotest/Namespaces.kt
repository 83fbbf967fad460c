// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.testkit.live.TestNamespace
import dev.nfkit.testkit.live.TestNetwork
import io.kotest.core.test.TestScope
import org.opentest4j.TestAbortedException

/**
 * Returns the network namespace of this test on the running kernel: the same one at each call. After the test it is closed.
 * It needs the artifact `nfkit-testkit-live`.
 *
 * ```kotlin
 * test("a lost query is repeated") {
 *     val namespace = testNamespace()
 *     val faults = namespace.inject("udp dport 53") { it.dropFirst(1) }
 *     val server = namespace.call { DatagramSocket(53) }
 *     ...
 *     faults.dropped() shouldBe 1
 * }
 * ```
 *
 * If no namespace can be made, for lack of `CAP_SYS_ADMIN` or because this is not Linux, the test is skipped with the reason,
 * or fails with `-Dnfkit.live=required`.
 *
 * @throws dev.nfkit.NetlinkException if a system call fails
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.testNamespace(): TestNamespace {
    val doubles = NetfilterExtension.doubles(this, "testNamespace")
    skipWithoutNamespaces()
    return doubles.resource(TestNamespace::class.java, TestNamespace::open)
}

/**
 * Returns two connected network namespaces of this test on the running kernel: the same ones at each call. After the test
 * they are closed. The rest is as for [testNamespace].
 *
 * @throws dev.nfkit.NetlinkException if a system call fails
 * @throws IllegalStateException if the spec or project has no [NetfilterExtension]
 */
public fun TestScope.testNetwork(): TestNetwork {
    val doubles = NetfilterExtension.doubles(this, "testNetwork")
    skipWithoutNamespaces()
    return doubles.resource(TestNetwork::class.java, TestNetwork::open)
}

private fun skipWithoutNamespaces() {
    TestNamespace.skipReason().ifPresent { throw TestAbortedException(it) }
}
