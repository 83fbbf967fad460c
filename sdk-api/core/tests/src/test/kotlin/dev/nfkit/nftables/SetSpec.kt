// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables

import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Interval
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetType
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.expression.Wildcard
import dev.nfkit.nftables.statement.ObjectStatement
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.time.Duration

class SetSpec :
    FunSpec({
        val table = TableId.ip("t")
        val addresses = NftSet.set(table, "s", DataType.IPV4_ADDR)

        fun ip(text: String) = Constant.address(InetAddress.getByName(text))

        fun refused(action: () -> Any?): String = shouldThrow<IllegalArgumentException> { action() }.message!!

        test("a set whose types or numbers cannot be is refused, and the range is named") {
            refused { NftSet.set(table, "", DataType.MARK) } shouldContain "set \"\" has 0 bytes"
            refused { NftSet.set(table, "s", DataType.INTEGER) } shouldContain "type integer has no fixed size"
            refused { NftSet.set(table, "s", *Array(5) { DataType.IPV6_ADDR }) } shouldContain "80 bytes; 1 to 64"
            refused { NftSet.map(table, "s", SetType(listOf(DataType.MARK), listOf())) } shouldContain
                "has no type of data"
            refused { addresses.size(0) } shouldContain "size 0 is out of 1 to 4294967295"
            refused { addresses.timeout(Duration.ofNanos(10)) } shouldContain "out of 1 ms"
            refused { addresses.comment("x".repeat(129)) } shouldContain "129 bytes"
        }

        test("elements must fit the set's types") {
            refused { SetElements.of(addresses, listOf()) } shouldContain "there are no elements of set ip t s"
            refused { SetElements.keys(addresses, ip("::1")) } shouldContain
                "of type ipv6_addr is no value of type ipv4_addr"
            refused { SetElements.keys(addresses, Prefix(ip("10.0.0.0"), 8)) } shouldContain
                "element of set ip t s: 10.0.0.0/8 is more than one value, which only a set with flag interval can hold"
            refused { SetElements.keys(addresses, Interval(ip("10.0.0.0"), ip("10.0.0.1"))) } shouldContain
                "flag interval"
            refused {
                SetElements.keys(
                    addresses,
                    Constant(DataType.INTEGER, 64, (1L shl 40).toBigInteger()),
                )
            } shouldContain
                "exceeds the 4 bytes of type ipv4_addr"
            refused { SetElements.keys(addresses, Text.device("lo")) } shouldContain "lo is no value of type ipv4_addr"
            val pairs = NftSet.set(table, "p", DataType.IPV4_ADDR, DataType.INET_SERVICE)
            refused { SetElements.keys(pairs, ip("10.0.0.1")) } shouldContain
                "is no concatenation of 2 values, as ipv4_addr . inet_service"
            refused { SetElements.keys(pairs, Concatenation.of(ip("10.0.0.1"), ip("10.0.0.2"))) } shouldContain
                "inet_service"
            val counters = NftSet.objects(table, "c", ObjectStatement.Kind.COUNTER, DataType.MARK)
            refused {
                SetElements.of(
                    counters,
                    SetElement.of(Constant.of(DataType.MARK, 1), ip("10.0.0.1")),
                )
            } shouldContain
                "the data 10.0.0.1 is neither a verdict nor an object's name"
            SetElements.keys(addresses, Prefix(ip("10.0.0.1"), 32), Wildcard.ANY).elements().size shouldBe 2
        }

        test("the text of elements is short and safe to print") {
            "${SetElements.keys(addresses, ip("10.0.0.1"))}" shouldBe "element ip t s { 10.0.0.1 }"
            "${SetElements.keys(addresses, ip("10.0.0.1"), ip("10.0.0.2"))}" shouldBe
                "element ip t s { 10.0.0.1, … } (2 elements)"
            "${NftSet.map(table, "m\u0007", SetType(listOf(DataType.MARK), listOf(DataType.MARK)))}" shouldBe
                "map ip t m."
            "${Batch().flush(addresses)}" shouldBe "commit flush set ip t s"
        }
    })
