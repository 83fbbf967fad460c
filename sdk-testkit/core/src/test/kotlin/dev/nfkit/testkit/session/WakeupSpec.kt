// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.time.Duration

/** A fake kernel that lets the test act during a send or a receive, as another thread may. */
private class Interleaving(
    private val fake: FakeNetfilter,
) : NetlinkTransport by fake {
    var afterSend: () -> Unit = {}
    var afterArrival: () -> Unit = {}

    override fun open(protocol: Int): NetlinkSocket {
        val socket = fake.open(protocol)
        return object : NetlinkSocket by socket {
            override fun send(datagram: ByteBuffer) {
                socket.send(datagram)
                afterSend()
            }

            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                val count = socket.receive(batch, timeoutNanos)
                if (count > 0) afterArrival()
                return count
            }
        }
    }
}

private val hold = Decider<RuntimeException> { packet: QueuedPacket -> Verdict.HELD.also { packet.hold() } }

class WakeupSpec :
    FunSpec({
        test("a wakeup together with the answer to a stop takes effect, while held packets keep the session open") {
            val fake = FakeNetfilter()
            val transport = Interleaving(fake)
            val options =
                NfqueueOptions
                    .builder()
                    .queue(0)
                    .settleTime(Duration.ofSeconds(1))
                    .build()
            NfqueueSession.open(transport, options).use { session ->
                fake.nfqueue().enqueue(0, SampleNfqueue.of(ByteArray(20)))
                session.poll(hold, Duration.ofDays(1)) shouldBe 1
                val start = fake.nanoTime()
                transport.afterArrival = {
                    fake
                        .sent()
                        .last()
                        .attribute(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN)
                        .isPresent shouldBe true
                    session.wakeup()
                }
                session.stop()
                session.poll(hold, Duration.ofDays(1)) shouldBe 0 // -1 would be the end after the settle time
                fake.nanoTime() shouldBe start
                session.ended() shouldBe false
            }
        }

        test("a wakeup consumed by another thread's request also ends the next poll") {
            val fake = FakeNetfilter()
            val transport = Interleaving(fake)
            NfqueueSession.open(transport, NfqueueOptions.builder().queue(0).build()).use { session ->
                val start = fake.nanoTime()
                transport.afterSend = session::wakeup
                session.configure(session.options(0))
                session.poll(hold, Duration.ofDays(1)) shouldBe 0
                fake.nanoTime() shouldBe start
            }
        }
    })
