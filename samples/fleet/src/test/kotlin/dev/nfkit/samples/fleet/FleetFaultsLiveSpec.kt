// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet

import com.fasterxml.jackson.databind.JsonNode
import dev.nfkit.samples.fleet.command.DemoNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.Socket
import java.time.Instant

private val hosts = listOf("client", "router", "server")

private fun JsonNode.number(name: String) = path(name).asLong()

/**
 * One fleet, to which each test does something else. After each, the ledger has every connection in its place. The test makes
 * them, so it knows their number.
 */
class FleetFaultsLiveSpec :
    FunSpec({
        failfast = true // a test goes on where the one before it ended
        val started = lazy { World(tempdir().toPath()) }
        val world by started
        var made = 0L
        var absent = 0L

        afterSpec { if (started.isInitialized()) world.close() }

        fun ends(number: Int) {
            made += number
            world.datagrams(number)
        }

        /** The ledgers of all hosts, once all connections have ended and arrived. */
        fun balanced(): Map<String, JsonNode> =
            hosts.associateWith { host ->
                world.settled(host, made).also { it.number("made") shouldBe made }
            }

        test("each connection is stored once, and all hosts' sides of a translation are one view")
            .config(enabledOrReasonIf = needsNamespaces) {
                hosts.forEach { world.startAgent(it) }
                world.traffic.connect(world.network.namespace("client"), DemoNetwork.SERVER, 50)
                val open = world.network.namespace("client").call { Socket(DemoNetwork.SERVER, 8080) }
                made += 51
                open.use {
                    hosts.forEach { world.settled(it, 51, 1).number("stored") shouldBe 50 }
                    val used = "address=${DemoNetwork.TRANSLATED}&port=${open.localPort}"
                    val seen =
                        world
                            .answer("endpoint?$used&at=${Instant.now()}")
                            .path("connections")
                            .path(0)
                            .path("hosts")
                    seen.map { it["host"].asText() }.toSet() shouldBe hosts.toSet()
                    seen.map { it["before"]["source"].asText() }.toSet() shouldBe
                        setOf(DemoNetwork.CLIENT, DemoNetwork.TRANSLATED)
                }
                balanced().values.forEach { it.number("stored") shouldBe made }
                world
                    .answer("top?by=address")
                    .path("top")
                    .path(0)["name"]
                    .asText() shouldBe DemoNetwork.CLIENT
            }

        test("what an overrun loses is counted to the last connection").config(enabledOrReasonIf = needsNamespaces) {
            world.child("server").stop()
            world.startAgent("server", "--receive-buffer=8192")
            val before = world.settled("server", made)
            world.child("server").pause()
            ends(200)
            world.awaitEnds("server")
            world.child("server").resume()
            val after = balanced().getValue("server")
            after.number("lostEvents") shouldBeGreaterThan 0
            after.number("socket") - before.number("socket") shouldBe
                200 - (after.number("stored") - before.number("stored"))
        }

        test(
            "connections that end while a killed agent is away are counted",
        ).config(enabledOrReasonIf = needsNamespaces) {
            val open = world.network.namespace("client").call { Socket(DemoNetwork.SERVER, 8080) }
            made++
            open.use {
                val before = world.settled("client", made, 1)
                world.child("client").kill()
                ends(30)
                absent += 30
                world.awaitEnds("client", 1)
                world.startAgent("client")
                val after = world.settled("client", made, 1)
                after.number("meterAbsent") - before.number("meterAbsent") shouldBe 30
                after.number("stored") shouldBe before.number("stored")
            }
            balanced().getValue("client").number("meterAbsent") shouldBe absent
        }

        test("nothing is lost while the broker is away, not even if an agent is killed then")
            .config(enabledOrReasonIf = needsNamespaces) {
                val before = balanced()
                world.child("broker").kill()
                ends(100)
                hosts.forEach { world.awaitEnds(it) }
                world.awaitSpooled("router")
                world.child("router").kill()
                world.startAgent("router")
                world.startBroker()
                balanced().forEach { (host, total) ->
                    total.number("stored") - before.getValue(host).number("stored") shouldBe 100
                }
            }

        test("a killed job goes on from its stores, or from their topics, and sums nothing twice")
            .config(enabledOrReasonIf = needsNamespaces) {
                fun bytes() =
                    world
                        .answer("top?by=address&host=client")
                        .path("top")
                        .path(0)["bytes"]
                        .asLong()
                val before = balanced()
                val sum = bytes()
                world.child("stream").kill()
                world.startStream()
                bytes() shouldBe sum
                ends(50)
                world.child("stream").kill()
                world.forgetState()
                world.startStream()
                balanced().forEach { (host, total) ->
                    total.number("stored") - before.getValue(host).number("stored") shouldBe 50
                }
            }

        test(
            "what is malformed is counted, and what is asked wrongly is refused",
        ).config(enabledOrReasonIf = needsNamespaces) {
            world.send("nfkit-flows", byteArrayOf(1, 2, 3))
            world.send("nfkit-ledger", byteArrayOf(1, 2, 3))
            eventually("malformed records are counted") {
                world.answer("ledger").path("notStored")["malformed"].asInt() == 2
            }
            balanced()
            for ((question, code) in listOf(
                "endpoint?address=example.com" to "bad-address",
                "endpoint?address=10.0.0.1&port=70000" to "bad-port",
                "endpoint?address=10.0.0.1&at=yesterday" to "bad-at",
                "top?by=colour" to "bad-by",
                "ledger?x=1" to "unknown-parameter",
                "other" to "not-found",
            )) {
                val (status, answer) = world.ask(question)
                (status / 100) shouldBe 4
                answer["error"]["code"].asText() shouldBe code
            }
        }
    })
