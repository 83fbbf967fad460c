// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL
import java.time.Duration

/** How packets get to a group, and in which datagrams they leave it. */
internal val nflogScenarios =
    scenarios("NFLOG") {
        "copy modes, known and unknown, and copy ranges" {
            rules(Hop.Log(5, "in:"))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            packet(1, 2, 3)
            for (mode in listOf(COPY_NONE, COPY_META)) {
                a.configureGroup(5) { mode(mode, 40) }
                rows()
                packet(1, 2, 3)
                a.receive()
            }
            for (range in listOf(0L, 1L, 30L, 31L, 65_531L, 65_532L, 0xffff_ffffL)) {
                a.configureGroup(5) { mode(COPY_PACKET, range) }
                rows()
                packet(1, 2, 3)
                a.receive()
            }
            a.configureGroup(5) { mode(3, 77) }
            a.configureGroup(5) { mode(255, 77) }
            rows()
        }

        "a rule's own size truncates below the range, and not above" {
            rules(Hop.Log(5, size = 32))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            packet(1, 2, 3, 4, 5, 6)
            a.receive()
            a.configureGroup(5) { mode(COPY_PACKET, 30) }
            packet(1, 2, 3, 4, 5, 6)
            a.receive()
        }

        "a batch is sent when the threshold is reached, ended by NLMSG_DONE; a lone packet is not" {
            rules(Hop.Log(5, "x"))
            val a = socket("a")
            a.bindGroup(5) { threshold(3).groupFlags(NFULNL_CFG_F_SEQ) }
            packets(2)
            a.receive()
            rows()
            packets(1)
            a.receive()
            rows()
            packets(7)
            a.receive()
            a.configureGroup(5) { threshold(1) }
            packets(1)
            a.receive()
            a.configureGroup(5) { threshold(0) }
            packets(2)
            a.receive()
        }

        "a rule's own threshold applies if it is lower" {
            rules(Hop.Log(5, threshold = 2), Hop.Log(6, threshold = 9))
            val a = socket("a")
            a.bindGroup(5) { threshold(5) }
            a.bindGroup(6) { threshold(3) }
            packets(4)
            a.receive()
            rows()
        }

        "a lowered threshold takes effect with the next packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(100) }
            packets(4)
            a.configureGroup(5) { threshold(2) }
            a.receive()
            packets(1)
            a.receive()
        }

        "a batch that fills NLBUFSIZ is sent before the threshold" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(100).groupFlags(NFULNL_CFG_F_SEQ) }
            packets(10, 900)
            a.receive(brief = true)
            rows()
            a.configureGroup(5) { bufferSize(16_384) }
            packets(1, 100)
            a.receive(brief = true)
            packets(60, 900)
            a.receive(brief = true)
            rows()
            a.unbindGroup(5)
        }

        "small packets fill NLBUFSIZ, whose space the kernel computes for the worst case".where({
            Facts.before(6, 18, "less space was computed for the end of a batch")
        }) {
            rules(Hop.Log(5, "a-prefix"))
            val a = socket("a")
            a.bindGroup(5) { threshold(1000) }
            packets(150)
            a.receive(brief = true)
            rows()
            a.configureGroup(5) { mode(COPY_META) }
            packets(150)
            a.receive(brief = true)
            rows()
        }

        "a packet larger than NLBUFSIZ gets a datagram of its size" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10) }
            packets(1, 10_000)
            packets(1, 100)
            packets(1, 60_000)
            a.receive(brief = true)
            rows()
            a.unbindGroup(5)
        }

        "the flush timeout sends the held packets, and starts with the first packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10).timeout(200) }
            packets(2)
            a.receive()
            rows()
            elapse(Duration.ofMillis(2_500))
            a.receive()
            rows()
            packets(1)
            a.receive()
            elapse(Duration.ofMillis(2_500))
            a.receive()
        }

        "the timer of a full batch sends the next one early" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(2).timeout(200) }
            packets(3)
            a.receive()
            elapse(Duration.ofMillis(2_500))
            a.receive()
            rows()
        }

        "a timeout of 0 sends with the next tick" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10).timeout(0) }
            packets(2)
            elapse(Duration.ofMillis(500))
            a.receive(brief = true)
            rows()
        }

        "sequence numbers of a group and of all groups" {
            rules(Hop.Log(5), Hop.Log(6), Hop.Log(7))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.bindGroup(6) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ_GLOBAL) }
            a.bindGroup(7) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.receive()
            a.configureGroup(5) { groupFlags(0) }
            packets(1)
            a.receive()
            a.configureGroup(5) { groupFlags(NFULNL_CFG_F_SEQ) }
            packets(1)
            a.receive()
        }

        "numbers of a group restart when it is bound again, those of all groups continue" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.receive()
            a.unbindGroup(5)
            packets(1)
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(1)
            a.receive()
        }

        "several groups on one socket, one group on another, each with its rule's prefix" {
            rules(Hop.Log(5, "five"), Hop.Log(6, "six"), Hop.Log(7, "seven"), Hop.Log(8, "unbound"))
            val a = socket("a")
            val b = socket("b")
            a.bindGroup(5) { threshold(2).timeout(6000) }
            a.bindGroup(6) { threshold(3).timeout(6000) }
            b.bindGroup(7) { threshold(1) }
            packets(3)
            a.receive()
            b.receive()
            outcome()
            a.unbindGroup(6)
            a.unbindGroup(5)
            rows()
        }

        "a mark is sent if it is not 0, and a prefix if it is not empty" {
            rules(Hop.Log(5), Hop.Mark(0x77), Hop.Log(6, "marked"))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            a.bindGroup(6) { threshold(1) }
            packet(1)
            a.receive()
            outcome()
        }

        "a packet without data, and the largest of the loopback" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            packets(1, 0)
            packets(1, 65_507)
            a.receive()
        }

        "UNBIND delivers the held packets before its answer" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10) }
            packets(3)
            a.unbindGroup(5)
            packets(1)
            a.receive()
            rows()
        }

        "a close loses the held packets, and frees the groups" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10) }
            packets(3)
            rows()
            a.close()
            rows()
            val b = socket("b")
            b.bindGroup(5) { threshold(1) }
            packets(1)
            b.receive()
        }

        "a full receive buffer loses packets, and reports an overrun".where({ Facts.countsBuffersOtherwise }) {
            rules(Hop.Log(5))
            val a = socket("a", quiet = false)
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.receive(brief = true)
            packets(2)
            a.drops()
            a.receive()
        }

        "with NO_ENOBUFS a full receive buffer accepts what fits again".where({ Facts.countsBuffersOtherwise }) {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.receive(brief = true)
            packets(2)
            a.drops()
            a.receive()
        }
    }
