// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.maps.shouldContainExactly
import io.kotest.matchers.shouldBe
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Section
import org.xbill.DNS.TXTRecord
import java.io.IOException

private val allowed = AllowedNames.of(listOf("www.example", "*.cdn.example"))

/** The address, its length and the time to live end a message with one record. */
private const val BACK_TO_TTL = 4 + 2 + 4

private fun found(message: Message): Map<String, Long> =
    DnsAnswer.addresses(message.toWire(), allowed).mapKeys { it.key.hostAddress }

class DnsAnswerSpec :
    FunSpec({
        test(
            "a name is allowed in upper and lower case, and below a wildcard at any depth, but not the wildcard's parent",
        ) {
            listOf(
                "www.example",
                "WWW.Example",
                "a.cdn.example",
                "a.b.CDN.example",
                "cdn.example",
                "a.www.example",
                "example",
            ).map { allowed.contain(name(it)) } shouldContainExactly
                listOf(true, true, true, true, false, false, false)
        }

        test("addresses of both families have their own times") {
            found(
                answer(
                    "www.example",
                    address("www.example", "192.0.2.1", 5),
                    address("WWW.example", "2001:db8::1", 7),
                ),
            ) shouldContainExactly mapOf("192.0.2.1" to 5, "2001:db8:0:0:0:0:0:1" to 7)
        }

        test("aliases are followed in any order, and the shortest time of the chain counts") {
            found(
                answer(
                    "www.example",
                    address("c.other", "192.0.2.1", 50),
                    alias("b.other", "c.other", 20),
                    alias("www.example", "b.other", 30),
                ),
            ) shouldContainExactly mapOf("192.0.2.1" to 20)
        }

        test("a circle of aliases ends") {
            found(
                answer("www.example", alias("www.example", "b.other"), alias("b.other", "www.example")),
            ).shouldBeEmpty()
        }

        test("records about other names, of other classes and in other sections add nothing") {
            val message =
                answer(
                    "www.example",
                    address("www.elsewhere", "192.0.2.1"),
                    TXTRecord(name("www.example"), DClass.IN, 60, "192.0.2.3"),
                    TXTRecord(name("www.example"), DClass.CHAOS, 60, "192.0.2.4"),
                )
            message.addRecord(address("www.example", "192.0.2.2"), Section.ADDITIONAL)
            found(message).shouldBeEmpty()
        }

        test("answers to questions about other names, queries, and messages without one question add nothing") {
            found(answer("evil.example", address("evil.example", "192.0.2.1"), alias("evil.example", "www.example")))
                .shouldBeEmpty()
            found(answer("evil.example", address("www.example", "192.0.2.1"))).shouldBeEmpty()
            val query = answer("www.example", address("www.example", "192.0.2.1"))
            query.header.unsetFlag(Flags.QR.toInt())
            found(query).shouldBeEmpty()
            found(Message().apply { header.setFlag(Flags.QR.toInt()) }).shouldBeEmpty()
            found(
                answer("www.example", address("www.example", "192.0.2.1"))
                    .apply { addRecord(query("evil.example").question, Section.QUESTION) },
            ).shouldBeEmpty()
        }

        test("a time with its highest bit is zero") {
            val bytes = answer("www.example", address("www.example", "192.0.2.1", 60)).toWire()
            bytes[bytes.size - BACK_TO_TTL] = 0x80.toByte()
            DnsAnswer.addresses(bytes, allowed).values.single() shouldBe 0
        }

        test("a message that is cut anywhere is malformed") {
            val whole = answer("www.example", address("www.example", "192.0.2.1")).toWire()
            for (length in whole.indices) {
                shouldThrow<IOException> { DnsAnswer.addresses(whole.copyOf(length), allowed) }
            }
        }
    })
