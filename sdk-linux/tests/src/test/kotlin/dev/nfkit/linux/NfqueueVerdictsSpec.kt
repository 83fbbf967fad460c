// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Bytes
import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.PacketEditor
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration

class NfqueueVerdictsSpec :
    FunSpec({
        test("accepted packets pass and dropped ones don't, each by its own verdict")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    UdpReceiver(this).use { receiver ->
                        open { queue(0) }.use { session ->
                            UdpSender(this).use { sender -> repeat(30) { sender.send(byteArrayOf(it.toByte())) } }
                            session.decide(30) { if (it.id() % 3 == 0L) Verdict.DROP else Verdict.ACCEPT }
                            val passed = List(20) { receiver.receive().single().toInt() }
                            passed shouldContainExactly (0 until 30).filter { (it + 1) % 3 != 0 }
                            session.statistics().decided() shouldBe 30
                            session.statistics().refused() shouldBe 0
                            session.statistics().gone() shouldBe 0
                            waiting(0) shouldBe 0
                        }
                    }
                }
            }

        test("mark and priority of a verdict are visible after it, in a second queue on the same socket")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", "--queue-num 10")
                    queueUdp("POSTROUTING", "--queue-num 11", table = "mangle")
                    countUdp("INPUT", "-m mark --mark 0xffffffff ")
                    open { queue(10).queue(11) }.use { session ->
                        UdpSender(this).use { it.send(4) }
                        session.decide(4) { packet ->
                            packet.queue() shouldBe 10
                            when (packet.id()) {
                                1L -> packet.accept().mark(7)
                                2L -> packet.accept().priority(0xffff_ffffL)
                                3L -> packet.accept().mark(0xffff_ffffL).priority(9)
                                else -> Verdict.ACCEPT
                            }
                        }
                        val later = session.take(4)
                        later.map { it.queue() }.toSet() shouldBe setOf(11)
                        later.map { it.mark() } shouldContainExactly listOf(7L, 0L, 0xffff_ffffL, 0L)
                        later.map { it.priority() } shouldContainExactly listOf(0L, 0xffff_ffffL, 9L, 0L)
                        later.map { it.has(NfqueueAttribute.MARK) } shouldContainExactly
                            listOf(true, false, true, false)
                        counted("INPUT") shouldBe 1
                        session.statistics().decided() shouldBe 8
                    }
                }
            }

        test("a repeated packet traverses the hook again, and its mark excludes it from the rule")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", match = "-m mark ! --mark 1 ")
                    countUdp("OUTPUT", "-m mark --mark 1 ")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(1) }
                        session.take(1, Verdict.REPEAT) // unmarked: it arrives here again, under a new number
                        session.decide(1) { packet ->
                            packet.id() shouldBe 2
                            packet.repeat().mark(1)
                        }
                        counted("OUTPUT") shouldBe 1
                        waiting(0) shouldBe 0
                    }
                }
            }

        test("a stopped packet skips the other chains of its hook, an accepted one traverses them")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT", table = "mangle")
                    countUdp("OUTPUT")
                    countUdp("INPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(5) }
                        session.decide(5) { if (it.id() <= 2) Verdict.STOP else Verdict.ACCEPT }
                        counted("OUTPUT") shouldBe 3
                        counted("INPUT") shouldBe 5
                    }
                }
            }

        test("a packet goes to another queue, and if that one is unbound it passes or is dropped as requested")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    countUdp("INPUT")
                    open { queue(0).queue(65535) }.use { session ->
                        UdpSender(this).use { it.send(6) }
                        session.decide(6) { packet ->
                            when (packet.id()) {
                                1L, 2L, 3L -> Verdict.queue(65535)
                                4L, 5L -> packet.toQueue(77, true).mark(5)
                                else -> Verdict.queue(77)
                            }
                        }
                        counted("INPUT") shouldBe 2
                        val moved = session.take(3)
                        moved.map { it.queue() to it.id() } shouldContainExactly
                            listOf(65535 to 1L, 65535 to 2L, 65535 to 3L)
                        counted("INPUT") shouldBe 5
                    }
                }
            }

        for (size in listOf(1, 20, 900)) {
            test("a payload changed to $size bytes reaches a real peer, its checksum verified there")
                .config(enabledOrReasonIf = needsNamespaces) {
                    Wire().use { wire ->
                        wire.left.queueUdp("OUTPUT")
                        UdpReceiver(wire.right).use { receiver ->
                            wire.left.open { queue(0) }.use { session ->
                                val answer = ByteArray(size) { (it * 7).toByte() }
                                val editor = PacketEditor()
                                UdpSender(wire.left, Wire.RIGHT).use { it.send(3, size = 20) }
                                session.decide(3) { packet ->
                                    val changed = editor.edit(packet.payload()).payload(answer).result()
                                    when (packet.id()) {
                                        1L -> {
                                            packet.accept().payload(changed)
                                        }

                                        2L -> { // a wrong checksum: the peer discards it
                                            val wrong = changed.toArray().also { it[it.size - 1]++ }
                                            packet.accept().payload(Bytes.of(*wrong))
                                        }

                                        else -> {
                                            packet.accept().mark(9).payload(changed)
                                        }
                                    }
                                }
                                repeat(2) { receiver.receive().toList() shouldBe answer.toList() }
                                session.statistics().refused() shouldBe 0
                                val udp =
                                    wire.right
                                        .exec("cat", "/proc/net/snmp")
                                        .lines()
                                        .filter { "Udp:" in it }
                                val errors = udp[0].split(' ').indexOf("InCsumErrors")
                                udp[1].split(' ')[errors] shouldBe "1"
                            }
                        }
                    }
                }
        }

        test("a payload that the kernel cannot apply is dropped without an error")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("OUTPUT")
                    countUdp("INPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(2) }
                        session.decide(2) {
                            if (it.id() == 1L) it.accept().payload(Bytes.of(0x45)) else Verdict.ACCEPT
                        }
                        counted("INPUT") shouldBe 1
                        session.pollUntil("the answers are read") { true }
                        session.statistics().refused() shouldBe 0
                        waiting(0) shouldBe 0
                    }
                }
            }

        test("verdicts with payloads that don't fit one send buffer are sent in several datagrams")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    countUdp("INPUT")
                    open { queue(0).sendBuffer(200_000) }.use { session ->
                        UdpSender(this).use { sender -> repeat(12) { sender.send(1, size = 60_000) } }
                        eventually("all wait") { waiting(0) == 12L }
                        session.decide(12) { packet -> packet.accept().payload(packet.payload()) }
                        counted("INPUT") shouldBe 12

                        val answers = Answers()
                        UdpSender(this).use { sender -> repeat(12) { sender.send(1, size = 60_000) } }
                        for (held in session.hold(12)) {
                            answers.add(held, Verdict.ACCEPT.payload(held.payload())) shouldBe true
                        }
                        answers.send()
                        counted("INPUT") shouldBe 24
                        session.statistics().shouldAddUp()
                    }
                }
            }

        test("a session that spins decides packets, and is woken up, configured and stopped while it spins")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    countUdp("INPUT")
                    open { queue(0).spin(Duration.ofSeconds(1)) }.use { session ->
                        val begin = System.nanoTime()
                        session.poll<RuntimeException>({ Verdict.DROP }, Duration.ofMillis(20)) shouldBe 0
                        (System.nanoTime() - begin >= Duration.ofMillis(20).toNanos()) shouldBe true
                        session.wakeup()
                        session.poll<RuntimeException>({ Verdict.DROP }, Duration.ofSeconds(BOUND_SECONDS)) shouldBe 0

                        val running = Running(session) { Verdict.ACCEPT }
                        UdpSender(this).use { it.send(50) }
                        eventually("all are decided") { session.statistics().decided() == 50L }
                        session.configure(
                            session
                                .options(0)
                                .toBuilder()
                                .uidGid(true)
                                .build(),
                        )
                        session.stop()
                        running.join() shouldBe 50
                        counted("INPUT") shouldBe 50
                    }
                }
            }

        test("held packets are answered from other threads, in any order, once, and no batch decides them before")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queueUdp("INPUT", table = "mangle")
                    countUdp("INPUT")
                    open { queue(0) }.use { session ->
                        UdpSender(this).use { it.send(60) }
                        val held = mutableListOf<dev.nfkit.nfqueue.QueuedPacket>()
                        session.decide(60) {
                            if (it.id() % 6 == 0L) {
                                held += it.hold()
                                Verdict.HELD
                            } else {
                                Verdict.ACCEPT
                            }
                        }
                        counted("INPUT") shouldBe 50
                        waiting(0) shouldBe 10
                        session.statistics().held() shouldBe 10
                        held
                            .shuffled()
                            .map { packet ->
                                kotlin.concurrent.thread {
                                    packet.answer(if (packet.id() == 60L) Verdict.DROP else Verdict.ACCEPT)
                                }
                            }.forEach { it.join() }
                        counted("INPUT") shouldBe 59
                        waiting(0) shouldBe 0
                        shouldThrow<IllegalStateException> { held[0].answer(Verdict.DROP) }.message!! shouldContain
                            "packet 6 of queue 0 was answered before"
                        val statistics = session.statistics()
                        statistics.decided() shouldBe 50
                        statistics.answered() shouldBe 10
                        statistics.shouldAddUp()
                    }
                }
            }
    })
