// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessResolver
import dev.nfkit.process.UnknownReason
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.shouldBe
import java.net.InetAddress

/** Two processes in a network namespace, and a resolver for it. */
interface ProcessWorld : AutoCloseable {
    val resolver: ProcessResolver

    /** The pid of the process that connects. */
    val client: Long

    /** The pid of the process that listens. */
    val server: Long

    /** Connects the client to the server by TCP. Returns the tuple with the client as its source. */
    fun connect(): ConntrackTuple

    /** Sends a datagram of UDP from a connected socket of the client to one of the server that is not connected. */
    fun send(): ConntrackTuple

    /** Ends the client. */
    fun endClient()
}

private fun ip(text: String) = InetAddress.getByName(text)

private fun Attribution.pid() = known().map { it.pid() }.orElse(null)

private fun Attribution.reason() = (this as? Attribution.Unknown)?.reason()

/** What every resolver of processes does. */
abstract class ProcessResolverContract(
    unavailable: String?,
    world: () -> ProcessWorld,
) : FunSpec({
        fun holds(
            property: String,
            body: (ProcessWorld) -> Unit,
        ) = test(property).config(
            enabledOrReasonIf = { if (unavailable == null) Enabled.enabled else Enabled.disabled(unavailable) },
        ) { world().use(body) }

        holds("the process of the source is found, and by the inverted tuple that of the destination") {
            val tuple = it.connect()
            it.resolver.resolve(tuple).pid() shouldBe it.client
            it.resolver.resolve(tuple.inverted()).pid() shouldBe it.server
        }

        holds("the processes of datagrams are found, of sockets that are connected and of others") {
            val tuple = it.send()
            it.resolver.resolve(tuple).pid() shouldBe it.client
            it.resolver.resolve(tuple.inverted()).pid() shouldBe it.server
        }

        holds("a process that ended before the question is unknown, and the other end is not taken for it") {
            val tuple = it.connect()
            it.endClient()
            it.resolver.resolve(tuple).reason() shouldBe UnknownReason.ENDED
            it.resolver
                .resolve(tuple)
                .known()
                .isPresent shouldBe false
        }

        holds("a connection between two other hosts is forwarded") {
            val other = ConntrackTuple.tcp(ip("198.51.100.7"), 40000, ip("203.0.113.9"), 443)
            it.resolver.resolve(other) shouldBe Attribution.unknown(UnknownReason.FORWARDED)
        }

        holds("a protocol without ports is not searched") {
            val ping = ConntrackTuple.icmp(ip("127.0.0.1"), ip("127.0.0.1"), 7, 8, 0)
            it.resolver.resolve(ping) shouldBe Attribution.unknown(UnknownReason.OTHER_PROTOCOL)
        }

        holds("a closed resolver fails, and is closed again without effect") {
            val tuple = it.connect()
            it.resolver.close()
            it.resolver.close()
            it.resolver.resolve(tuple) shouldBe Attribution.unknown(UnknownReason.FAILED)
        }
    })
