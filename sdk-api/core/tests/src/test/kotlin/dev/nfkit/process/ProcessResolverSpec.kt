// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process

import dev.nfkit.conntrack.ConntrackTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.util.OptionalLong

private fun tuple(
    source: String,
    destination: String,
) = ConntrackTuple.tcp(InetAddress.getByName(source), 40000, InetAddress.getByName(destination), 443)

private val original = tuple("198.51.100.7", "203.0.113.1")

/** What the responding end has if the destination is translated to 10.0.0.2. */
private val reply = tuple("198.51.100.7", "10.0.0.2").inverted()

private class Scripted(
    private val answers: Map<ConntrackTuple, Attribution>,
) : ProcessResolver {
    val asked = mutableListOf<ConntrackTuple>()

    override fun resolve(tuple: ConntrackTuple): Attribution {
        asked += tuple
        return answers.getValue(tuple)
    }

    override fun close() = Unit
}

class ProcessResolverSpec :
    FunSpec({
        val known = Attribution.Known(process())
        val forwarded = Attribution.unknown(UnknownReason.FORWARDED)

        test("no search is an answer of its own") {
            ProcessResolver.none().use { it.resolve(original) } shouldBe Attribution.unknown(UnknownReason.NOT_ASKED)
        }

        test("the answering end of a translated connection is found by its translated tuple") {
            val resolver = Scripted(mapOf(original to forwarded, reply.inverted() to known))
            resolver.resolve(original, reply) shouldBe known
            resolver.asked shouldContainExactly listOf(original, reply.inverted())
        }

        test("the translated tuple is not asked for if the original one is known, or has a socket") {
            for (answer in listOf(known, Attribution.Unknown(UnknownReason.NO_PERMISSION, OptionalLong.of(7)))) {
                val resolver = Scripted(mapOf(original to answer))
                resolver.resolve(original, reply) shouldBe answer
                resolver.asked shouldContainExactly listOf(original)
            }
        }

        test("a connection without translation is asked for once") {
            val resolver = Scripted(mapOf(original to forwarded))
            resolver.resolve(original, original.inverted()) shouldBe forwarded
            resolver.asked shouldContainExactly listOf(original)
        }

        test("an end that was here remains the reason if the translated tuple is not here") {
            val ended = Attribution.unknown(UnknownReason.ENDED)
            val resolver = Scripted(mapOf(original to ended, reply.inverted() to forwarded))
            resolver.resolve(original, reply) shouldBe ended
        }

        test("an ended connection is not asked for again if only its source is translated") {
            val ended = Attribution.unknown(UnknownReason.ENDED)
            val resolver = Scripted(mapOf(original to ended))
            resolver.resolve(original, tuple("192.0.2.9", "203.0.113.1").inverted()) shouldBe ended
            resolver.asked shouldContainExactly listOf(original)
        }

        test("a connection without ports is asked for once") {
            val ping = ConntrackTuple.icmp(original.source(), original.destination(), 7, 8, 0)
            val other = Attribution.unknown(UnknownReason.OTHER_PROTOCOL)
            Scripted(mapOf(ping to other)).resolve(ping, ping.inverted()) shouldBe other
        }

        test("a packet's user id is that of an unknown process, unless its socket has one") {
            val uid = OptionalLong.of(1001)
            val socket = Attribution.Unknown(UnknownReason.KERNEL, OptionalLong.of(0))
            Scripted(mapOf(original to forwarded)).resolve(original, uid) shouldBe
                Attribution.Unknown(UnknownReason.FORWARDED, uid)
            Scripted(mapOf(original to socket)).resolve(original, uid) shouldBe socket
            Scripted(mapOf(original to known)).resolve(original, uid) shouldBe known
            Scripted(mapOf(original to forwarded)).resolve(original, OptionalLong.empty()) shouldBe forwarded
        }

        test("attributions show process, reason and user") {
            known.toString() shouldBe "curl (pid 812, uid 1000)"
            known.uid() shouldBe OptionalLong.of(1000)
            known.known().get() shouldBe process()
            forwarded.toString() shouldBe "unknown: forwarded"
            forwarded.known().isPresent shouldBe false
            Attribution.Unknown(UnknownReason.NO_PERMISSION, OptionalLong.of(7)).toString() shouldBe
                "unknown: no-permission (uid 7)"
            shouldThrow<IllegalArgumentException> { Attribution.Unknown(UnknownReason.KERNEL, OptionalLong.of(-1)) }
        }
    })
