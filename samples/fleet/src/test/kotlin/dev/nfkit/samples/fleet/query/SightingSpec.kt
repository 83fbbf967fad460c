// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.samples.fleet.ip
import dev.nfkit.samples.fleet.record
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.time.Instant

private val inside = ConntrackTuple.tcp(ip("10.0.0.1"), 40_000, ip("203.0.113.80"), 443)
private val outside = ConntrackTuple.tcp(ip("203.0.113.7"), 41_234, ip("203.0.113.80"), 443)
private val client = Sighting.of(record("client", inside))
private val router = Sighting.of(record("router", inside, outside.inverted()))
private val server = Sighting.of(record("server", outside))

class SightingSpec :
    FunSpec({
        test("a router joins both sides of a translation") {
            router.joins(client) shouldBe true
            client.joins(router) shouldBe true
            router.joins(server) shouldBe true
            client.joins(server) shouldBe false
        }

        test("a router that does not translate joins too") {
            Sighting.of(record("plain", inside)).joins(client) shouldBe true
        }

        test("the same ports at another time are another connection") {
            val earlier =
                Sighting.of(
                    record("router", inside, outside.inverted(), Instant.now() - Duration.ofMinutes(5)),
                )
            earlier.joins(client) shouldBe false
        }

        test("it lives from its beginning to its end, as far as clocks agree") {
            val now = Instant.now()
            client.livesAt(now) shouldBe true
            client.livesAt(now + Duration.ofSeconds(10)) shouldBe false
            client.livesAt(now - Duration.ofSeconds(60)) shouldBe false
        }

        test("it uses the addresses before and after translation") {
            router.uses(ip("203.0.113.7"), 41_234) shouldBe true
            router.uses(ip("10.0.0.1"), 40_000) shouldBe true
            router.uses(ip("203.0.113.7"), 40_000) shouldBe false
            router.uses(ip("203.0.113.80"), -1) shouldBe true
        }
    })
