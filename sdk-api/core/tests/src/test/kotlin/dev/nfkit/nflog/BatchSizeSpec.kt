// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.netfilter.CopyMode
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe

class BatchSizeSpec :
    FunSpec({
        test("a slot holds the largest datagram that the kernel was observed to send") {
            // NLBUFSIZ to the largest datagram, measured on Linux 6.18
            for ((nlbufsiz, seen) in listOf(131_072 to 261_684, 65_536 to 130_592, 16_384 to 32_312)) {
                val group =
                    NflogGroup
                        .builder(1)
                        .copyRange(128)
                        .bufferSize(nlbufsiz)
                        .build()
                BatchSize.largestDatagram(group, nlbufsiz) shouldBeGreaterThanOrEqual seen
            }
            BatchSize.allocation(131_072) shouldBe 262_144
            BatchSize.allocation(65_536) shouldBe 131_072
            BatchSize.allocation(65_536 - 320) shouldBe 65_536
        }

        test("a slot holds a packet that is larger than NLBUFSIZ") {
            val group = NflogGroup.builder(1).bufferSize(3776).build()
            BatchSize.largestDatagram(group, 3776) shouldBe 131_072
            val meta =
                NflogGroup
                    .builder(1)
                    .copyMode(CopyMode.META)
                    .bufferSize(3776)
                    .build()
            BatchSize.largestDatagram(meta, 3776) shouldBe 4096
        }

        test("batches shrink if the receive buffer is small, unless their size was set") {
            val group = NflogGroup.builder(1).build()
            BatchSize.nlbufsiz(group, 128L shl 20) shouldBe 65_536
            BatchSize.nlbufsiz(group, 425_984) shouldBe 16_384
            BatchSize.nlbufsiz(group, 4096) shouldBe 4096
            BatchSize.nlbufsiz(NflogGroup.builder(1).bufferSize(131_072).build(), 4096) shouldBe 131_072
        }

        test("the number of slots is small, so that a batch stays in the cache") {
            BatchSize.batch(262_144).slots() shouldBe 2
            BatchSize.batch(131_072).slots() shouldBe 2
            BatchSize.batch(4096).slots() shouldBe 32
        }
    })
