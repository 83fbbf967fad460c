// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import dev.nfkit.NetlinkException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.samples.fleet.broker.EmbeddedBroker
import dev.nfkit.samples.fleet.command.DemoNetwork
import dev.nfkit.samples.fleet.command.DemoTraffic
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.serialization.ByteArraySerializer
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.HttpURLConnection
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** Only a failure reaches it. */
private const val BOUND_SECONDS = 60L
private val json = ObjectMapper()

/** Why the fleet cannot run here, or null if it can. */
private val skipReason: String? by lazy {
    val reason =
        runCatching { DemoNetwork("nfkit-try-${ProcessHandle.current().pid()}").close() }
            .exceptionOrNull()
            ?.let { "network namespaces cannot be made here: ${it.message}" }
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

internal val needsNamespaces: (TestCase) -> Enabled = { skipReason?.let(Enabled::disabled) ?: Enabled.enabled }

/** A process of the fleet's command line. */
internal class Child(
    private val log: Path,
    vararg arguments: String,
) {
    private val process: Process =
        ProcessBuilder(
            listOf(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.nfkit.samples.fleet.command.Main",
            ) + arguments,
        ).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start()

    fun alive() = process.isAlive

    fun output(): String = Files.readString(log)

    /** SIGKILL. */
    fun kill() {
        process.destroyForcibly()
        process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)
    }

    fun pause() = signal("STOP")

    fun resume() = signal("CONT")

    private fun signal(name: String) {
        DemoNetwork.run("kill -$name ${process.pid()}")
    }

    fun stop() {
        process.destroy()
        if (!process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) kill()
    }
}

/** A fleet whose parts are processes, so that each can be killed. */
internal class World(
    private val directory: Path,
) : AutoCloseable {
    val network = DemoNetwork("nfkit-fleet-${ProcessHandle.current().pid()}")
    val traffic = DemoTraffic(network.namespace("server"), 8080, 2_000)
    private val port = EmbeddedBroker.freePort()
    private val controller = EmbeddedBroker.freePort()
    private val server = "127.0.0.1:${EmbeddedBroker.freePort()}"
    private var nextPort = 1024
    private val children = mutableMapOf<String, Child>()

    init {
        startBroker()
        startStream()
    }

    private fun start(
        name: String,
        vararg arguments: String,
    ) = Child(directory.resolve("$name.log"), *arguments).also { children[name] = it }

    fun startBroker() =
        start(
            "broker",
            "broker",
            "--data=${directory.resolve("broker")}",
            "--port=$port",
            "--controller-port=$controller",
            "--partitions=2",
        )

    fun startStream() {
        eventually("the topics exist") { "a broker at" in child("broker").output() }
        start(
            "stream",
            "stream",
            "--brokers=127.0.0.1:$port",
            "--state=${directory.resolve("state")}",
            "--listen=$server",
            "--replicas=1",
        )
    }

    fun startAgent(
        host: String,
        vararg arguments: String,
    ) {
        val log = directory.resolve("$host.log")
        val before = if (Files.exists(log)) Files.readString(log).length else 0
        start(
            host,
            "agent",
            "--brokers=127.0.0.1:$port",
            "--spool=${directory.resolve("$host-spool")}",
            "--host=$host",
            "--netns=${network.name(host)}",
            "--active-timeout=PT2S",
            "--counts-every=PT0.5S",
            "--no-processes",
            *arguments,
        )
        eventually("the agent of $host runs") { "runs" in child(host).output().substring(before) }
    }

    fun child(name: String): Child = children.getValue(name)

    /** Sends datagrams from the client, each from a port of its own, so that each makes a connection. */
    fun datagrams(number: Int) =
        network.namespace("client").call {
            repeat(number) {
                DatagramSocket(nextPort++).use { socket ->
                    socket.send(DatagramPacket(ByteArray(1), 1, ip(DemoNetwork.SERVER), 9))
                }
            }
        }

    /** The answer to a question, whatever its code. */
    fun ask(question: String): Pair<Int, JsonNode> {
        val connection = URI("http://$server/v1/$question").toURL().openConnection() as HttpURLConnection
        val code = connection.responseCode
        return code to (if (code == 200) connection.inputStream else connection.errorStream).use(json::readTree)
    }

    fun answer(question: String): JsonNode {
        var found: JsonNode? = null
        eventually("an answer to $question") {
            val (code, answer) = ask(question)
            if (code == 200) found = answer
            check(code == 200 || code == 503) { "$question: $answer" }
            found != null
        }
        return found!!
    }

    fun total(host: String): JsonNode = answer("ledger?host=$host").path("accounts").path(0).path("total")

    /** Waits until a host has made a number of connections, of which only the given number is open, and all have arrived. */
    fun settled(
        host: String,
        made: Long,
        open: Long = 0,
    ): JsonNode {
        lateinit var total: JsonNode
        eventually("the ledger of $host has $made connections, of which $open are open", { total.toString() }) {
            total = total(host)
            total["made"].asLong() >= made && total["inTransit"].asLong() == 0L &&
                total["open"].asLong() == open && total["difference"].asLong() == 0L
        }
        return total
    }

    /** Waits until the kernel has removed all connections of a host but some. */
    fun awaitEnds(
        host: String,
        open: Long = 0,
    ) = Conntrack.open(network.transport(host)).use { table ->
        eventually("connections of $host have ended") {
            var count = 0L
            table.dump<NetlinkException>(ConntrackFilter.all()) { count++ } // a dump removes what has timed out
            count == open
        }
    }

    /** Waits until the agent of a host has written what it knew, by the counts that follow. */
    fun awaitSpooled(host: String) {
        val account = directory.resolve("$host-spool/account")
        repeat(3) {
            val last = Files.getLastModifiedTime(account)
            eventually("the agent of $host writes counts") { Files.getLastModifiedTime(account) > last }
        }
    }

    fun forgetState() {
        directory.resolve("state").toFile().deleteRecursively()
    }

    fun send(
        topic: String,
        value: ByteArray,
    ) {
        val properties = mapOf<String, Any>("bootstrap.servers" to "127.0.0.1:$port")
        KafkaProducer(properties, ByteArraySerializer(), ByteArraySerializer()).use {
            it.send(ProducerRecord(topic, value)).get(BOUND_SECONDS, TimeUnit.SECONDS)
        }
    }

    override fun close() {
        children.values.forEach(Child::kill)
        traffic.close()
        network.close()
    }
}

internal fun eventually(
    what: String,
    state: () -> String = { "" },
    condition: () -> Boolean,
) {
    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
    var last: Throwable? = null
    while (true) {
        val holds =
            runCatching(condition).getOrElse {
                last = it
                false
            }
        if (holds) return
        check(System.nanoTime() < stop) { "never happened: $what. ${state()} $last" }
        Thread.sleep(100)
    }
}
