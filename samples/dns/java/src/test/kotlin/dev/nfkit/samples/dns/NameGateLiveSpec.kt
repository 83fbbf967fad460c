// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import dev.nfkit.BytesView
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.Nftables
import dev.nfkit.packet.IpSummary
import dev.nfkit.samples.dns.network.Wire
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import org.xbill.DNS.Address
import java.net.InetAddress
import java.time.Duration
import java.util.concurrent.Executors
import kotlin.concurrent.thread

private val LOOKUPS = Integer.getInteger("nfkit.dns.lookups", 1000)
private const val NAIVE_LOOKUPS = 1000
private val allowed = AllowedNames.of(listOf("*.example"))
private val servers = listOf(Wire.FAR4, Wire.FAR6).map(Address::getByAddress)

/** Lets answers go on before their addresses are allowed: the order that loses the race. */
private class NaiveGate(
    wire: Wire,
) : AutoCloseable {
    private val session =
        NfqueueSession.open(
            wire.transport,
            NfqueueOptions
                .builder()
                .queue(53)
                .rule("udp sport 53")
                .build(),
        )
    private val addresses = AllowedAddresses.open(wire.transport, servers)
    private val ip = IpSummary()
    private val dns = BytesView()
    private val later = Executors.newSingleThreadExecutor()

    fun poll(): Boolean {
        val found = mutableMapOf<InetAddress, Long>()
        val received =
            session.poll<Exception>(
                { packet ->
                    check(ip.wrap(packet.payload()) && ip.payload(dns))
                    found += DnsAnswer.addresses(dns.toArray(), allowed)
                    Verdict.ACCEPT
                },
                Duration.ofSeconds(1),
            )
        later.execute { addresses.allow(found) }
        return received >= 0
    }

    fun stop() = session.stop()

    override fun close() {
        addresses.close()
        session.close()
    }
}

class NameGateLiveSpec :
    FunSpec({
        for (threads in listOf(1, 8)) {
            test("the first packet after each of $LOOKUPS lookups passes, $threads at a time").config(
                enabledOrReasonIf = Wire.live,
            ) {
                Wire().use { wire ->
                    wire.startFarHost()
                    NameGate.open(wire.transport, allowed, servers).use { gate ->
                        val run = thread { while (gate.poll(Duration.ofSeconds(1))) { } }
                        val report = wire.nearHost("load", "$LOOKUPS", "$threads").joinToString("\n")
                        println("$threads at a time: $report")
                        report shouldStartWith "$LOOKUPS lookups, 0 misses"
                        wire.rejected("nfkit-dns") shouldBe 0
                        gate.stop()
                        run.join()
                    }
                }
            }
        }

        test("the program allows names until it is stopped, and then everything goes out again").config(
            enabledOrReasonIf = Wire.live,
        ) {
            Wire().use { wire ->
                wire.startFarHost()
                val servers = arrayOf("--server", Wire.FAR4, "--server", Wire.FAR6)
                val gate = wire.program("NameGate", *servers, "*.example")
                val output = gate.inputStream.bufferedReader()
                output.readLine() shouldBe "Allowing *.example"
                wire.nearHost("load", "10", "1").single() shouldStartWith "10 lookups, 0 misses"
                wire.rejected("nfkit-dns") shouldBe 0
                gate.toHandle().destroy() // which keeps its output readable
                output.readText() shouldContain "0 of them dropped, 0 malformed"
                gate.waitFor()
                Nftables.open(wire.transport).use { it.list().tables() } shouldBe emptyList()
            }
        }

        test("if answers went on before their addresses were allowed, first packets would be rejected").config(
            enabledOrReasonIf = Wire.live,
        ) {
            Wire().use { wire ->
                wire.startFarHost()
                NaiveGate(wire).use { gate ->
                    val run = thread { while (gate.poll()) { } }
                    val report = wire.nearHost("load", "$NAIVE_LOOKUPS", "1").joinToString("\n")
                    println("in the naive order, ${wire.rejected("nfkit-dns")} rejected: $report")
                    wire.rejected("nfkit-dns") shouldBeGreaterThan 0
                    report shouldNotContain " 0 misses"
                    gate.stop()
                    run.join()
                }
            }
        }
    })
