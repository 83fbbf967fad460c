// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns.network

import org.xbill.DNS.AAAARecord
import org.xbill.DNS.ARecord
import org.xbill.DNS.DClass
import org.xbill.DNS.Message
import org.xbill.DNS.Name
import org.xbill.DNS.Rcode
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import org.xbill.DNS.Type
import java.io.IOException
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.net.SocketTimeoutException
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger

/** Longer than any step takes: only a failure reaches it. A slow machine sets it higher. */
private val BOUND_MILLIS = 1000 * Integer.getInteger("nfkit.live.bound", 60)

/** As resolvers do, ask again after this time: an answer that waited for too long was dropped. */
private const val ASK_AGAIN_MILLIS = 5_000
private const val PERMILLE = 1000

/** A program on the filtered host, which looks names up. */
object NearHost {
    /**
     * `ask NAME…` prints response code and number of records for each name, over IPv4 and IPv6. `load LOOKUPS THREADS`
     * looks up names, each for the first time, connects at once to the address of each, and looks up as many at the port
     * that is not queued. It prints the number of failed connections, and the times of lookups in microseconds.
     */
    @JvmStatic
    fun main(arguments: Array<String>) {
        when (arguments[0]) {
            "ask" -> arguments.drop(1).forEach { println("$it ${answers(it)}") }
            "load" -> println(load(arguments[1].toInt(), arguments[2].toInt()))
        }
    }

    private fun answers(name: String) =
        listOf(Wire.FAR4, Wire.FAR6).joinToString { server ->
            val answer = ask(InetSocketAddress(server, FarHost.DNS), name, Type.A)
            "${Rcode.string(answer.rcode)} ${answer.getSection(Section.ANSWER).size}"
        }

    private fun load(
        lookups: Int,
        threads: Int,
    ): String {
        // The addresses of the other DNS server are allowed, and all is compiled to some degree, before times count. The
        // second answer comes after the first was handled, in whatever order the filter does that.
        repeat(2) {
            ask(InetSocketAddress(Wire.FAR4, FarHost.DNS), "${FarHost.SELF}.example", Type.A)
            ask(InetSocketAddress(Wire.FAR6, FarHost.DNS), "${FarHost.SELF}.example", Type.AAAA)
        }
        val numbers = AtomicInteger()
        repeat(WARM_UP) { LookUp(numbers.getAndIncrement()).run() }
        val run =
            Callable {
                generateSequence { numbers.getAndIncrement().takeIf { it < WARM_UP + lookups } }
                    .map { number -> LookUp(number).also { it.run() } }
                    .toList()
            }
        val pool = Executors.newFixedThreadPool(threads)
        val all = pool.invokeAll(List(threads) { run }).flatMap { it.get() }
        pool.shutdown()
        val failed = all.mapNotNull { it.failure }
        return "${all.size} lookups, ${failed.size} misses; µs median/p99: queued ${times(all.map { it.queued })}, " +
            "not queued ${times(all.map { it.direct })}${failed.firstOrNull()?.let { "; $it" }.orEmpty()}"
    }

    private fun times(nanos: List<Long>): String {
        val sorted = nanos.sorted()
        return listOf(500, 990).joinToString("/") { "${sorted[(sorted.size - 1) * it / PERMILLE] / 1000}" }
    }

    private class LookUp(
        private val number: Int,
    ) {
        var queued: Long = 0
        var direct: Long = 0
        var failure: IOException? = null

        private val type = if (number % 2 == 0) Type.A else Type.AAAA
        private val server = if (number % 4 < 2) Wire.FAR4 else Wire.FAR6

        fun run() {
            val begin = System.nanoTime()
            val answer = ask(FarHost.DNS)
            queued = System.nanoTime() - begin
            connect(answer)
            val again = System.nanoTime()
            ask(FarHost.OTHER_DNS)
            direct = System.nanoTime() - again
        }

        private fun ask(port: Int) = ask(InetSocketAddress(server, port), "h$number.example", type)

        private fun connect(answer: Message) {
            try {
                Socket().use {
                    it.setSoLinger(true, 0)
                    it.connect(InetSocketAddress(address(answer), FarHost.WEB), BOUND_MILLIS)
                }
            } catch (e: IOException) {
                failure = e
            }
        }
    }

    private fun address(answer: Message): InetAddress =
        when (val record = answer.getSection(Section.ANSWER).single()) {
            is ARecord -> record.address
            is AAAARecord -> record.address
            else -> error("$record")
        }

    private fun ask(
        server: InetSocketAddress,
        name: String,
        type: Int,
    ): Message =
        DatagramSocket().use { socket ->
            socket.soTimeout = ASK_AGAIN_MILLIS
            socket.connect(server)
            val query = Message.newQuery(Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN)).toWire()
            val answer = DatagramPacket(ByteArray(512), 512)
            val attempts = generateSequence(0) { it + ASK_AGAIN_MILLIS }.takeWhile { it < BOUND_MILLIS }
            attempts.first {
                socket.send(DatagramPacket(query, query.size))
                runCatching {
                    socket.receive(
                        answer,
                    )
                }.onFailure { if (it !is SocketTimeoutException) throw it }.isSuccess
            }
            Message(answer.data.copyOf(answer.length))
        }

    private const val WARM_UP = 200
}
