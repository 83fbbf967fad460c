// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import com.sun.jna.Library
import com.sun.jna.Native
import dev.nfkit.Errno
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread

private interface Capabilities : Library {
    fun capget(
        header: IntArray,
        data: IntArray,
    ): Int

    fun capset(
        header: IntArray,
        data: IntArray,
    ): Int
}

private const val LINUX_CAPABILITY_VERSION_3 = 0x20080522
private const val CAP_NET_ADMIN = 12

/** Drops CAP_NET_ADMIN for this thread only. */
private fun withoutNetAdmin() {
    val capabilities = Native.load("c", Capabilities::class.java)
    val header = intArrayOf(LINUX_CAPABILITY_VERSION_3, 0)
    val sets = IntArray(6) // effective, permitted and inheritable, of the lower and then of the upper 32
    check(capabilities.capget(header, sets) == 0)
    sets[0] = sets[0] and (1 shl CAP_NET_ADMIN).inv()
    sets[1] = sets[1] and (1 shl CAP_NET_ADMIN).inv()
    check(capabilities.capset(header, sets) == 0)
}

/** Runs a block on a separate thread, which ends with it. */
private fun apart(block: () -> Unit) {
    val failure = AtomicReference<Throwable>()
    thread { runCatching(block).onFailure(failure::set) }.join()
    failure.get()?.let { throw it }
}

/** A transport whose receive throws after it has taken datagrams from the socket. */
private class LosingTransport(
    private val transport: NetlinkTransport,
) : NetlinkTransport by transport {
    var lose = false

    override fun open(protocol: Int): NetlinkSocket {
        val socket = transport.open(protocol)
        return object : NetlinkSocket by socket {
            override fun receive(
                batch: DatagramBatch,
                timeoutNanos: Long,
            ): Int {
                val count = socket.receive(batch, timeoutNanos)
                if (lose && count > 0) throw OutOfMemoryError("by the test")
                return count
            }
        }
    }
}

/**
 * Packets whose verdict was refused or that were lost in the process: in doubt they are dropped, and never accepted.
 */
class NfqueueDoubtSpec :
    FunSpec({
        test("if the capability is lost, each verdict of a refused datagram is counted, and none is accepted later")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    countUdp("INPUT")
                    val refused = CopyOnWriteArrayList<VerdictRefusal>()
                    open { queue(0).onRefused(refused::add) }.use { session ->
                        UdpSender(this).use { sender ->
                            sender.send(20)
                            apart {
                                withoutNetAdmin()
                                // Different marks, which a batch cannot express.
                                session.decide(20) { it.drop().mark(it.id()) }
                                session.pollUntil("the refusals have come") { it.refused() == 20L }
                            }
                            refused.map { it.packetId() } shouldContainExactly (1L..20L).toList()
                            refused.map { it.errno() }.toSet() shouldBe setOf(Errno.EPERM)
                            refused.none { it.batch() } shouldBe true
                            waiting(0) shouldBe 20
                            // This thread has the capability. The next packets are accepted, the others dropped.
                            sender.send(3)
                            session.decide(3) { Verdict.ACCEPT }
                            waiting(0) shouldBe 0
                            counted("INPUT") shouldBe 3
                        }
                    }
                }
            }

        test("packets that were lost between the socket and the session are dropped once later ones arrive")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    countUdp("INPUT")
                    val losing = LosingTransport(transport)
                    val options = NfqueueOptions.builder().queue(0).build()
                    NfqueueSession.open(losing, options).use { session ->
                        UdpSender(this).use { sender ->
                            sender.send(2)
                            losing.lose = true
                            shouldThrow<OutOfMemoryError> {
                                session.poll(
                                    Decider<RuntimeException> { Verdict.ACCEPT },
                                    Duration.ofSeconds(BOUND_SECONDS),
                                )
                            }
                            losing.lose = false
                            sender.send(10)
                            val lost = 12 - decideAll(session)
                            eventually("nothing waits") { waiting(0) == 0L }
                            counted("INPUT") shouldBe 12 - lost
                            session.statistics().received().sequenceGaps() shouldBe lost
                            session.poll(Decider<RuntimeException> { error("none is left") }, Duration.ZERO) shouldBe 0
                            session.statistics().gone() shouldBe 0
                            session.statistics().refused() shouldBe 0
                        }
                    }
                }
            }
    })

/** Accepts packets until id 12. Returns their number. */
private fun decideAll(session: NfqueueSession): Long {
    var last = 0L
    while (last < 12) {
        session.poll(
            Decider<RuntimeException> {
                last = it.id()
                Verdict.ACCEPT
            },
            Duration.ofSeconds(BOUND_SECONDS),
        )
    }
    return session.statistics().decided()
}
