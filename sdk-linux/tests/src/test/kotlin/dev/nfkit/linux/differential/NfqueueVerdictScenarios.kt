// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.nfqueue.NfqueueConfig.NF_DROP
import dev.nfkit.nfqueue.NfqueueConfig.NF_QUEUE
import dev.nfkit.nfqueue.NfqueueConfig.NF_REPEAT
import dev.nfkit.nfqueue.NfqueueConfig.NF_STOLEN
import dev.nfkit.nfqueue.NfqueueConfig.NF_STOP
import dev.nfkit.nfqueue.NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS

private fun toQueue(
    queue: Int,
    bypass: Boolean = false,
): Int = (queue shl 16) or NF_QUEUE or if (bypass) NF_VERDICT_FLAG_QUEUE_BYPASS else 0

/** The effect of a verdict on a packet, as later rules see it. */
internal val nfqueueVerdictScenarios =
    scenarios("NFQUEUE") {
        "verdicts accept and drop, each packet once" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(5)
            a.receive()
            a.verdict(3, 2)
            a.verdict(3, 1, NF_DROP)
            a.verdict(3, 5, flags = REQUEST)
            outcome()
            a.verdict(3, 2)
            a.verdict(3, 2, NF_DROP, flags = REQUEST)
            a.verdict(3, 0)
            a.verdict(3, 6)
            a.verdict(3, 0xffff_ffffL)
            rows()
            a.verdict(3, 3, 0x0005_0000 or NF_DROP)
            a.verdict(3, 4, 0x0005_0000 or NF_ACCEPT)
            outcome()
        }

        "unknown verdicts are refused, and the packet keeps waiting" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packet(1)
            a.receive()
            for (verdict in listOf(NF_STOLEN, 6, 7, 255, 0x0003_0002)) {
                a.verdict(3, 1, verdict)
                a.verdict(3, 1, verdict, batch = true)
            }
            rows()
            a.verdict(3, 1, 0x100 or NF_ACCEPT)
            outcome()
        }

        "a verdict without its header, or with a short one" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packet(1)
            a.receive()
            val header = NfqueueAttribute.VERDICT_HDR.code()
            for (type in listOf(NFQNL_MSG_VERDICT, NFQNL_MSG_VERDICT_BATCH)) {
                a.message("no header", type, 3)
                a.send()
                a.message("a header of 7 bytes", type, 3) { bytes(header, 0, 0, 0, 1, 0, 0, 0) }
                a.send()
                a.message("a short mark after it", type, 3) {
                    bytes(header, 0, 0, 0, 1, 0, 0, 0, 1).bytes(NfqueueAttribute.MARK.code(), 1, 2, 3)
                }
                a.send()
                a.message("a short priority after it", type, 3) {
                    bytes(header, 0, 0, 0, 1, 0, 0, 0, 1).bytes(NfqueueAttribute.PRIORITY.code())
                }
                a.send()
                a.message("a short header for another queue", type, 4) { bytes(header, 0) }
                a.send()
            }
            rows()
            a.message(
                "a header of 12 bytes",
                NFQNL_MSG_VERDICT,
                3,
            ) { bytes(header, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0) }
            a.send()
            outcome()
        }

        "a batch decides all packets up to an id, and finds none if none waits" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.verdict(3, 1, batch = true)
            packets(6)
            a.receive()
            a.verdict(3, 0, batch = true)
            a.verdict(3, 4)
            outcome()
            a.verdict(3, 2, batch = true)
            a.verdict(3, 2, batch = true)
            outcome()
            a.verdict(3, 5, NF_DROP, batch = true)
            a.verdict(3, 1000, batch = true) { mark(5) }
            outcome()
            rows()
        }

        "a batch counts across the wrap of ids" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(4)
            a.receive(brief = true)
            a.verdict(3, 0xffff_ffffL, batch = true)
            a.verdict(3, 0x8000_0004L, batch = true)
            rows()
            a.verdict(3, 0x8000_0001L, batch = true)
            rows()
            a.verdict(3, 0x8000_0000L, batch = true)
            outcome()
            a.verdict(3, 0x7fff_ffffL, batch = true)
            outcome()
            rows()
        }

        "marks and priorities, seen by a later rule and queue".where(
            { Facts.before(5, 18, "there were no priorities") },
        ) {
            rules(Hop.Mark(0x11), Hop.Queue(3), Hop.Log(5), Hop.Queue(4))
            val a = socket("a")
            val log = socket("log")
            log.message("bind group 5", 0x401, 5) { u8(1, 1).be32(5, 1) }
            log.send()
            a.bindQueue(3)
            a.bindQueue(4)
            packets(6)
            a.receive()
            a.verdict(3, 1) { mark(0x77) }
            a.verdict(3, 2) { mark(0) }
            a.verdict(3, 3) { priority(6) }
            a.verdict(3, 4) { mark(0xffff_ffffL).priority(0xffff_ffffL) }
            a.verdict(3, 6, batch = true) { mark(1).priority(2) }
            log.receive()
            a.verdict(4, 1) { priority(0) }
            a.verdict(4, 6, batch = true)
            outcome()
        }

        "a changed payload: longer, shorter, the same" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(3)
            a.bindQueue(4)
            packets(5, 20)
            a.receive(brief = true)
            a.verdict(3, 1) { payload(1, 2, 3) }
            a.verdict(3, 2) { payload(*ByteArray(1_000) { 7 }) }
            a.verdict(3, 3) { payload(*ByteArray(60_000) { 8 }) }
            a.verdict(3, 4) { payload(*ByteArray(20) { 9 }).mark(4) }
            a.verdict(3, 5) { payload() }
            a.verdict(4, 5, batch = true)
            outcome()
        }

        "an invalid payload drops the packet, with an acknowledgement" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(4, 20)
            a.receive(brief = true)
            a.verdict(3, 1) { bytes(NfqueueAttribute.PAYLOAD.code()) }
            a.verdict(3, 2) { bytes(NfqueueAttribute.PAYLOAD.code(), *ByteArray(19)) }
            a.verdict(3, 3, NF_DROP) { payload(1) }
            a.verdict(3, 4, batch = true) { payload(1) }
            outcome()
            rows()
        }

        "a packet in copy mode META is accepted unchanged, and a payload replaces bytes that were not copied" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_META) }
            packets(2, 20)
            a.receive()
            a.verdict(3, 1)
            a.verdict(3, 2) { payload(1, 2) }
            outcome()
        }

        "NF_REPEAT traverses the rule again" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packet(1)
            a.receive()
            a.verdict(3, 1, NF_REPEAT) { mark(9) }
            outcome()
            a.verdict(3, 2)
            outcome()
        }

        "NF_STOP skips the rest of the hook" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(3)
            packets(2)
            a.receive(brief = true)
            a.verdict(3, 1, NF_STOP)
            outcome()
            a.verdict(3, 2)
            outcome()
        }

        "NF_QUEUE sends to another queue, and from there to a third" {
            rules(Hop.Queue(3), Hop.Mark(2))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            b.bindQueue(9) { params(COPY_PACKET, 31) }
            packets(3)
            a.receive(brief = true)
            a.verdict(3, 1, toQueue(9)) { mark(8).payload(1, 2, 3, 4, 5) }
            a.verdict(3, 2, toQueue(3))
            b.receive()
            a.verdict(3, 3, toQueue(9), batch = true)
            b.receive()
            rows()
            b.verdict(9, 1)
            b.verdict(9, 2, toQueue(3))
            outcome()
            a.receive()
            a.verdict(3, 100, batch = true)
            outcome()
        }

        "NF_QUEUE to a queue that is unbound, that is full, that copies nothing" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.bindQueue(5) {}
            a.bindQueue(6) { params(COPY_PACKET).maxLength(0) }
            packets(5)
            a.receive(brief = true)
            a.verdict(3, 1, toQueue(4))
            a.verdict(3, 2, toQueue(4, bypass = true))
            a.verdict(3, 3, toQueue(5, bypass = true))
            a.verdict(3, 4, toQueue(6, bypass = true))
            a.verdict(3, 5, toQueue(6))
            outcome()
            rows()
        }

        "several verdicts in one datagram, an error in the middle" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(6)
            a.receive(brief = true)
            a.verdictMessage(3, 1)
            a.verdictMessage(3, 1)
            a.verdictMessage(3, 3, NF_DROP)
            a.verdictMessage(4, 1)
            a.verdictMessage(3, 4, NF_STOLEN)
            a.verdictMessage(3, 5, batch = true, flags = REQUEST or ACK)
            a.send()
            outcome()
            rows()
        }

        "without CAP_NET_ADMIN a datagram of several verdicts is refused completely, with one answer" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(4)
            a.receive(brief = true)
            withoutNetAdmin {
                a.verdictMessage(3, 1)
                a.verdictMessage(3, 2, NF_DROP)
                a.verdictMessage(3, 3, batch = true)
                a.send()
                a.verdict(3, 4)
            }
            outcome()
            rows()
            a.verdict(3, 4, batch = true)
            outcome()
            rows()
        }

        "the removal of any base chain drops the waiting packets of every queue" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            b.bindQueue(4)
            packets(3)
            a.receive(brief = true)
            a.verdict(3, 1)
            b.receive(brief = true)
            rows()
            removeBaseChain()
            rows()
            outcome()
            a.verdict(3, 2)
            a.verdict(3, 3, batch = true)
            b.verdict(4, 1)
            packets(1)
            a.receive(brief = true)
            a.verdict(3, 4)
            b.receive(brief = true)
            b.verdict(4, 2)
            outcome()
            rows()
        }
    }
