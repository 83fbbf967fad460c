package dev.nfkit.linux.differential

import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL
import java.time.Duration

/** How packets come to a group and in which datagrams they leave it. */
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
                a.hear()
            }
            for (range in listOf(0L, 1L, 30L, 31L, 65_531L, 65_532L, 0xffff_ffffL)) {
                a.configureGroup(5) { mode(COPY_PACKET, range) }
                rows()
                packet(1, 2, 3)
                a.hear()
            }
            a.configureGroup(5) { mode(3, 77) }
            a.configureGroup(5) { mode(255, 77) }
            rows()
        }

        "a rule's own size cuts below the range, and not above" {
            rules(Hop.Log(5, size = 32))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            packet(1, 2, 3, 4, 5, 6)
            a.hear()
            a.configureGroup(5) { mode(COPY_PACKET, 30) }
            packet(1, 2, 3, 4, 5, 6)
            a.hear()
        }

        "a batch is sent when the threshold is reached, ended by NLMSG_DONE; a lone packet is not" {
            rules(Hop.Log(5, "x"))
            val a = socket("a")
            a.bindGroup(5) { threshold(3).groupFlags(NFULNL_CFG_F_SEQ) }
            packets(2)
            a.hear()
            rows()
            packets(1)
            a.hear()
            rows()
            packets(7)
            a.hear()
            a.configureGroup(5) { threshold(1) }
            packets(1)
            a.hear()
            a.configureGroup(5) { threshold(0) }
            packets(2)
            a.hear()
        }

        "a rule's own threshold counts where it is lower" {
            rules(Hop.Log(5, threshold = 2), Hop.Log(6, threshold = 9))
            val a = socket("a")
            a.bindGroup(5) { threshold(5) }
            a.bindGroup(6) { threshold(3) }
            packets(4)
            a.hear()
            rows()
        }

        "a lowered threshold takes effect with the next packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(100) }
            packets(4)
            a.configureGroup(5) { threshold(2) }
            a.hear()
            packets(1)
            a.hear()
        }

        "a batch that fills NLBUFSIZ is sent before the threshold" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(100).groupFlags(NFULNL_CFG_F_SEQ) }
            packets(10, 900)
            a.hear(brief = true)
            rows()
            a.configureGroup(5) { bufferSize(16_384) }
            packets(1, 100)
            a.hear(brief = true)
            packets(60, 900)
            a.hear(brief = true)
            rows()
            a.unbindGroup(5)
        }

        "small packets fill NLBUFSIZ, whose space the kernel reckons for the worst case".where({
            Facts.before(6, 18, "less room was reckoned for the end of a batch")
        }) {
            rules(Hop.Log(5, "a-prefix"))
            val a = socket("a")
            a.bindGroup(5) { threshold(1000) }
            packets(150)
            a.hear(brief = true)
            rows()
            a.configureGroup(5) { mode(COPY_META) }
            packets(150)
            a.hear(brief = true)
            rows()
        }

        "a packet larger than NLBUFSIZ gets a datagram of its size" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10) }
            packets(1, 10_000)
            packets(1, 100)
            packets(1, 60_000)
            a.hear(brief = true)
            rows()
            a.unbindGroup(5)
        }

        "the flush timeout sends what is held, and runs from the first packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10).timeout(200) }
            packets(2)
            a.hear()
            rows()
            elapse(Duration.ofMillis(2_500))
            a.hear()
            rows()
            packets(1)
            a.hear()
            elapse(Duration.ofMillis(2_500))
            a.hear()
        }

        "a timer that a full batch left behind sends the next one early" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(2).timeout(200) }
            packets(3)
            a.hear()
            elapse(Duration.ofMillis(2_500))
            a.hear()
            rows()
        }

        "a timeout of 0 sends with the next tick" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10).timeout(0) }
            packets(2)
            elapse(Duration.ofMillis(500))
            a.hear(brief = true)
            rows()
        }

        "sequence numbers of a group and of all groups" {
            rules(Hop.Log(5), Hop.Log(6), Hop.Log(7))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.bindGroup(6) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ_GLOBAL) }
            a.bindGroup(7) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.hear()
            a.configureGroup(5) { groupFlags(0) }
            packets(1)
            a.hear()
            a.configureGroup(5) { groupFlags(NFULNL_CFG_F_SEQ) }
            packets(1)
            a.hear()
        }

        "numbers of a group begin anew when it is bound anew, those of all groups go on" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.hear()
            a.unbindGroup(5)
            packets(1)
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(1)
            a.hear()
        }

        "several groups on one socket, one group on another, each with its rule's prefix" {
            rules(Hop.Log(5, "five"), Hop.Log(6, "six"), Hop.Log(7, "seven"), Hop.Log(8, "nobody"))
            val a = socket("a")
            val b = socket("b")
            a.bindGroup(5) { threshold(2).timeout(6000) }
            a.bindGroup(6) { threshold(3).timeout(6000) }
            b.bindGroup(7) { threshold(1) }
            packets(3)
            a.hear()
            b.hear()
            outcome()
            a.unbindGroup(6)
            a.unbindGroup(5)
            rows()
        }

        "a mark is told where it is not 0, and a prefix where it is not empty" {
            rules(Hop.Log(5), Hop.Mark(0x77), Hop.Log(6, "marked"))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            a.bindGroup(6) { threshold(1) }
            packet(1)
            a.hear()
            outcome()
        }

        "a packet without data, and the largest of the loopback" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1) }
            packets(1, 0)
            packets(1, 65_507)
            a.hear()
        }

        "UNBIND delivers what is held before its answer" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(10) }
            packets(3)
            a.unbindGroup(5)
            packets(1)
            a.hear()
            rows()
        }

        "a close loses what is held, and frees the groups" {
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
            b.hear()
        }

        "a full receive buffer loses what comes, and says so by an overrun".where({ Facts.countsBuffersOtherwise }) {
            rules(Hop.Log(5))
            val a = socket("a", quiet = false)
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.hear(brief = true)
            packets(2)
            a.drops()
            a.hear()
        }

        "with NO_ENOBUFS a full receive buffer takes again what finds room".where({ Facts.countsBuffersOtherwise }) {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bindGroup(5) { threshold(1).groupFlags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.hear(brief = true)
            packets(2)
            a.drops()
            a.hear()
        }
    }
