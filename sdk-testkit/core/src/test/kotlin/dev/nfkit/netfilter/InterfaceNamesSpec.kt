// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter

import dev.nfkit.socket.KernelView
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.Optional

/** A kernel that counts the lookups of names. */
private class Asked(
    private val kernel: KernelView,
) : KernelView by kernel {
    var count = 0

    override fun interfaceName(index: Long): Optional<String> = kernel.interfaceName(index).also { count++ }
}

class InterfaceNamesSpec :
    FunSpec({
        val fake = FakeNetfilter().kernel()
        val kernel = Asked(fake)
        var now = 0L
        val names = InterfaceNames(kernel) { now }

        beforeTest {
            fake.networkInterface(2, "eth0").networkInterface(3, "eth1")
            kernel.count = 0
            now += 10 * InterfaceNames.FRESH_NANOS
        }

        test("a name is looked up once in 250 ms") {
            repeat(3) { names.apply(2) shouldBe "eth0" }
            names.apply(3) shouldBe "eth1"
            now += InterfaceNames.FRESH_NANOS - 1
            names.apply(2) shouldBe "eth0"
            kernel.count shouldBe 2
        }

        test("a new name is found, also after an interface was removed or created again") {
            names.apply(2) shouldBe "eth0"
            fake.networkInterface(2, "wan0")
            now += InterfaceNames.FRESH_NANOS
            names.apply(2) shouldBe "wan0"
            names.apply(77) shouldBe "ifindex 77"
            fake.networkInterface(77, "tap0")
            now += InterfaceNames.FRESH_NANOS
            names.apply(77) shouldBe "tap0"
        }

        test("an interface that does not exist has no name to find, until it is created") {
            names.find(2).get() shouldBe "eth0"
            names.find(78).isPresent shouldBe false
            names.apply(78) shouldBe "ifindex 78"
            fake.networkInterface(78, "tap1")
            now += InterfaceNames.FRESH_NANOS
            names.find(78).get() shouldBe "tap1"
        }

        test("any number of interfaces have names, and the cache is bounded") {
            val many = 1_000L until 1_000L + 2 * InterfaceNames.REMEMBERED
            many.forEach { fake.networkInterface(it, "if$it") }
            repeat(2) { many.forEach { names.apply(it) shouldBe "if$it" } }
            kernel.count shouldBe 4 * InterfaceNames.REMEMBERED
            kernel.count = 0
            repeat(3) { many.toList().takeLast(InterfaceNames.REMEMBERED).forEach { names.apply(it) shouldBe "if$it" } }
            kernel.count shouldBe 0
        }
    })
