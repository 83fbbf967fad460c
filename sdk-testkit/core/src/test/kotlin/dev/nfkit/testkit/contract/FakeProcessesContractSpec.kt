// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.process.Attribution
import dev.nfkit.process.UnknownReason
import dev.nfkit.testkit.FakeProcesses
import java.net.InetAddress

private val loopback = InetAddress.getByName("127.0.0.1")

/** Processes that a test declares. */
private class DeclaredWorld : ProcessWorld {
    override val resolver = FakeProcesses()
    override val client = 812L
    override val server = 400L
    private val tuples = mutableListOf<ConntrackTuple>()

    override fun connect() = add(ConntrackTuple.tcp(loopback, 40000, loopback, 443))

    override fun send() = add(ConntrackTuple.udp(loopback, 40000, loopback, 53))

    private fun add(tuple: ConntrackTuple): ConntrackTuple {
        resolver.set(tuple, FakeProcesses.process("curl", client, 1000))
        resolver.set(tuple.inverted(), FakeProcesses.process("nginx", server, 33))
        return tuple.also { tuples += it }
    }

    override fun endClient() {
        tuples.forEach { resolver.set(it, Attribution.unknown(UnknownReason.ENDED)) }
    }

    override fun close() = resolver.close()
}

class FakeProcessesContractSpec : ProcessResolverContract(null, ::DeclaredWorld)
