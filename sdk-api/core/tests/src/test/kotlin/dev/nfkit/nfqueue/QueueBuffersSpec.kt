// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.netfilter.CopyMode
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private const val SMALLEST = 1 shl 20
private const val LARGEST = 64 shl 20

private fun queue(
    number: Int = 0,
    configure: NfqueueQueue.Builder.() -> Unit,
): NfqueueQueue = NfqueueQueue.builder(number).apply(configure).build()

private fun options(
    vararg queues: NfqueueQueue,
    batchSize: Int = 64,
): NfqueueOptions =
    NfqueueOptions
        .builder()
        .apply { queues.forEach { queue(it) } }
        .batchSize(batchSize)
        .build()

class QueueBuffersSpec :
    FunSpec({
        test("a packet is charged as the power of two that holds it with the kernel's 520 bytes, and 256") {
            QueueBuffers.charge(queue { copyMode(CopyMode.META) }) shouldBe 1024 + 256
            QueueBuffers.charge(queue { copyRange(504) }) shouldBe 1024 + 256
            QueueBuffers.charge(queue { copyRange(505) }) shouldBe 2048 + 256
            QueueBuffers.charge(queue { copyRange(1499) }) shouldBe 2048 + 256
        }

        test("packets have 1500 bytes at most, unless segments are delivered unchanged") {
            QueueBuffers.charge(queue { copyRange(65_531) }) shouldBe 2048 + 256
            QueueBuffers.charge(queue { copyRange(65_531).gso(true) }) shouldBe 131_072 + 256
            QueueBuffers.charge(queue { copyRange(504).gso(true) }) shouldBe 1024 + 256
        }

        test("the receive buffer holds the packets that may wait in all queues, within bounds") {
            val some = queue(1) { copyRange(100).maximumLength(2000) }
            val others = queue(2) { copyRange(1000).maximumLength(1000) }
            QueueBuffers.receiveBuffer(options(some)) shouldBe 2000 * 1280
            QueueBuffers.receiveBuffer(options(some, others)) shouldBe 2000 * 1280 + 1000 * 2304
            QueueBuffers.receiveBuffer(options(queue { copyRange(100).maximumLength(1) })) shouldBe SMALLEST
            val most = queue { copyRange(1000).maximumLength(Int.MAX_VALUE) }
            QueueBuffers.receiveBuffer(options(most)) shouldBe LARGEST
        }

        test("a datagram has space for the packet and for what the queue attaches to it") {
            QueueBuffers.datagram(queue { copyMode(CopyMode.META).conntrack(false) }) shouldBe 1024
            QueueBuffers.datagram(queue { copyRange(100).conntrack(false) }) shouldBe 1124
            QueueBuffers.datagram(queue { copyRange(100).conntrack(true) }) shouldBe 2148
            QueueBuffers.datagram(queue { copyRange(100).conntrack(false).securityContext(true) }) shouldBe 5220
        }

        test("the slots hold the largest datagram of all queues, in an odd number of cache lines") {
            fun slot(vararg ranges: Int) =
                QueueBuffers
                    .batch(options(*ranges.mapIndexed { i, it -> queue(i) { copyRange(it) } }.toTypedArray()))
                    .slotSize()
            slot(64) shouldBe 17 * 64
            slot(65) shouldBe 19 * 64
            slot(128) shouldBe 19 * 64
            slot(193) shouldBe 21 * 64
            slot(193, 64) shouldBe 21 * 64
            slot(64, 193) shouldBe 21 * 64
        }

        test("there is a slot for each packet of a batch, and 16 at most if one queue delivers segments unchanged") {
            val plain = queue(1) { copyRange(64) }
            val segments = queue(2) { copyRange(64).gso(true) }
            QueueBuffers.batch(options(plain, batchSize = 40)).slots() shouldBe 40
            QueueBuffers.batch(options(segments, plain, batchSize = 40)).slots() shouldBe 16
            QueueBuffers.batch(options(plain, segments, batchSize = 9)).slots() shouldBe 9
        }
    })
