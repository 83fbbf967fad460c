package dev.nfkit.linux.differential

import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_CMD
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_FLAGS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_CONNTRACK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_FAIL_OPEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_GSO
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_UID_GID
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_MASK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_PARAMS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_PF_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_PF_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_CONFIG
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_PACKET
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

/**
 * Left out: large packets, whose segments are the sample's in the model (NfqueueGsoSpec tries them on the kernel), and
 * security contexts, which need a security module.
 */
internal val nfqueueScenarios =
    scenarios("NFQUEUE") {
        "a queue is bound, configured and unbound, in one message and in several" {
            val a = socket("a")
            a.bindQueue(3) {}
            rows()
            a.configureQueue(3) { params(COPY_PACKET, 96).maxLength(7) }
            rows()
            a.unbindQueue(3)
            rows()
            a.bindQueue(3) { params(COPY_META, 5).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            rows()
        }

        "who owns a queue, and gives its verdicts" {
            rules(Hop.Queue(3))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            a.bindQueue(3)
            b.bindQueue(3)
            b.configureQueue(3) { maxLength(1) }
            b.unbindQueue(3)
            packet(1)
            b.verdict(3, 1)
            b.verdict(3, 1, batch = true)
            b.verdict(3, 1, NF_STOLEN)
            a.verdict(3, 1)
            outcome()
            a.unbindQueue(3)
            b.bindQueue(3)
            b.close()
            a.bindQueue(3)
            rows()
        }

        "what is not bound is neither unbound nor configured, and has no verdicts" {
            val a = socket("a")
            a.unbindQueue(3)
            a.configureQueue(3) { maxLength(1) }
            a.configureQueue(3)
            a.configureQueue(65_535) { params(COPY_META) }
            a.verdict(3, 1)
            a.verdict(3, 1, batch = true)
            for (command in listOf(0, 5, 255)) a.configureQueue(3, command, "command $command")
            a.bindQueue(3)
            for (command in listOf(0, 9)) a.configureQueue(3, command, "command $command") { maxLength(9) }
            rows()
        }

        "PF_BIND and PF_UNBIND do nothing, whoever owns the queue" {
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            for (command in listOf(NFQNL_CFG_CMD_PF_BIND, NFQNL_CFG_CMD_PF_UNBIND)) {
                b.configureQueue(3, command, "command $command") { be32(NFQA_CFG_FLAGS, 77).maxLength(1) }
                b.configureQueue(77, command, "command $command", family = 200)
            }
            rows()
        }

        "copy modes, known and unknown, and copy ranges with the length before the cut" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) {}
            packet(1)
            rows()
            for (mode in listOf(COPY_META, 77, COPY_NONE)) {
                a.configureQueue(3) { params(mode, 40) }
                rows()
                packet(1, 2, 3)
                a.hear()
            }
            for (range in listOf(0L, 1L, 30L, 31L, 32L, 65_531L, 65_532L, 0xffff_ffffL)) {
                a.configureQueue(3) { params(COPY_PACKET, range) }
                rows()
                packet(1, 2, 3)
                a.hear()
            }
            outcome()
        }

        "the largest packet of the loopback" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(1, 65_507)
            a.hear()
            a.verdict(3, 1)
            packets(1, 0)
            a.hear()
            a.verdict(3, 2)
            outcome()
        }

        "a full queue drops and counts" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).maxLength(2) }
            packets(5)
            a.hear()
            rows()
            a.verdict(3, 1)
            packets(2)
            a.hear()
            rows()
            outcome()
        }

        "a full queue that fails open lets pass and counts nothing" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).maxLength(2).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            packets(5)
            a.hear()
            rows()
            outcome()
            a.verdict(3, 2, batch = true)
            outcome()
        }

        "a length of 0 lets none in, a longer one again" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(2)
            a.configureQueue(3) { maxLength(0) }
            packets(2)
            rows()
            a.verdict(3, 2, batch = true)
            a.configureQueue(3) { maxLength(0xffff_ffffL) }
            packets(1)
            a.hear()
            rows()
            outcome()
        }

        "copy mode NONE drops, with fail-open and bypass too" {
            rules(Hop.Queue(3, bypass = true))
            val a = socket("a")
            a.bindQueue(3) { queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            packets(2)
            a.hear()
            rows()
            outcome()
        }

        "a queue that nobody owns drops, or lets pass by bypass" {
            rules(Hop.Queue(3, bypass = true), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(4)
            packet(1)
            a.hear()
            a.verdict(4, 1)
            outcome()
            a.unbindQueue(4)
            packet(2)
            a.bindQueue(3)
            packet(3)
            a.hear()
            a.verdict(3, 1)
            outcome()
        }

        "verdicts accept and drop, each packet once" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(5)
            a.hear()
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

        "verdicts that there are not are refused, and the packet waits on" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packet(1)
            a.hear()
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
            a.hear()
            val header = NfqueueAttribute.VERDICT_HDR.code()
            for (type in listOf(NFQNL_MSG_VERDICT, NFQNL_MSG_VERDICT_BATCH)) {
                a.message("no header", type, 3)
                a.send()
                a.message("a header of 7 bytes", type, 3) { bytes(header, 0, 0, 0, 1, 0, 0, 0) }
                a.send()
                a.message("a short mark behind", type, 3) {
                    bytes(header, 0, 0, 0, 1, 0, 0, 0, 1).bytes(NfqueueAttribute.MARK.code(), 1, 2, 3)
                }
                a.send()
                a.message("a short priority behind", type, 3) {
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

        "a batch takes all up to an id, and finds none where none waits" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.verdict(3, 1, batch = true)
            packets(6)
            a.hear()
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

        "a batch counts round the end of the ids" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(4)
            a.hear(brief = true)
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

        "marks and priorities, seen by a rule and a queue behind" {
            rules(Hop.Mark(0x11), Hop.Queue(3), Hop.Log(5), Hop.Queue(4))
            val a = socket("a")
            val log = socket("log")
            log.message("bind group 5", 0x401, 5) { u8(1, 1).be32(5, 1) }
            log.send()
            a.bindQueue(3)
            a.bindQueue(4)
            packets(6)
            a.hear()
            a.verdict(3, 1) { mark(0x77) }
            a.verdict(3, 2) { mark(0) }
            a.verdict(3, 3) { priority(6) }
            a.verdict(3, 4) { mark(0xffff_ffffL).priority(0xffff_ffffL) }
            a.verdict(3, 6, batch = true) { mark(1).priority(2) }
            log.hear()
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
            a.hear(brief = true)
            a.verdict(3, 1) { payload(1, 2, 3) }
            a.verdict(3, 2) { payload(*ByteArray(1_000) { 7 }) }
            a.verdict(3, 3) { payload(*ByteArray(60_000) { 8 }) }
            a.verdict(3, 4) { payload(*ByteArray(20) { 9 }).mark(4) }
            a.verdict(3, 5) { payload() }
            a.verdict(4, 5, batch = true)
            outcome()
        }

        "a payload that can't be is a dropped packet, acknowledged" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(4, 20)
            a.hear(brief = true)
            a.verdict(3, 1) { bytes(NfqueueAttribute.PAYLOAD.code()) }
            a.verdict(3, 2) { bytes(NfqueueAttribute.PAYLOAD.code(), *ByteArray(19)) }
            a.verdict(3, 3, NF_DROP) { payload(1) }
            a.verdict(3, 4, batch = true) { payload(1) }
            outcome()
            rows()
        }

        "a packet in copy mode META passes whole, and a payload replaces what was never seen" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_META) }
            packets(2, 20)
            a.hear()
            a.verdict(3, 1)
            a.verdict(3, 2) { payload(1, 2) }
            outcome()
        }

        "NF_REPEAT meets the rule again" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packet(1)
            a.hear()
            a.verdict(3, 1, NF_REPEAT) { mark(9) }
            outcome()
            a.verdict(3, 2)
            outcome()
        }

        "NF_STOP leaves the rest of the hook out" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(3)
            packets(2)
            a.hear(brief = true)
            a.verdict(3, 1, NF_STOP)
            outcome()
            a.verdict(3, 2)
            outcome()
        }

        "NF_QUEUE sends to another queue, and on from there" {
            rules(Hop.Queue(3), Hop.Mark(2))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            b.bindQueue(9) { params(COPY_PACKET, 31) }
            packets(3)
            a.hear(brief = true)
            a.verdict(3, 1, toQueue(9)) { mark(8).payload(1, 2, 3, 4, 5) }
            a.verdict(3, 2, toQueue(3))
            b.hear()
            a.verdict(3, 3, toQueue(9), batch = true)
            b.hear()
            rows()
            b.verdict(9, 1)
            b.verdict(9, 2, toQueue(3))
            outcome()
            a.hear()
            a.verdict(3, 100, batch = true)
            outcome()
        }

        "NF_QUEUE to a queue that nobody owns, that is full, that copies nothing" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.bindQueue(5) {}
            a.bindQueue(6) { params(COPY_PACKET).maxLength(0) }
            packets(5)
            a.hear(brief = true)
            a.verdict(3, 1, toQueue(4))
            a.verdict(3, 2, toQueue(4, bypass = true))
            a.verdict(3, 3, toQueue(5, bypass = true))
            a.verdict(3, 4, toQueue(6, bypass = true))
            a.verdict(3, 5, toQueue(6))
            outcome()
            rows()
        }

        "ids count in each queue, and anew when it is bound anew" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(3)
            a.bindQueue(4)
            packets(3)
            a.hear()
            a.verdict(3, 2, batch = true)
            packets(1)
            a.hear()
            a.unbindQueue(3)
            a.bindQueue(3)
            packets(1)
            a.hear()
            rows()
        }

        "flags are set and cleared by their mask, and those that there are not are refused" {
            rules(Hop.Queue(3))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            a.configureQueue(3) { be32(NFQA_CFG_FLAGS, 1) }
            a.configureQueue(3) { be32(NFQA_CFG_MASK, 1) }
            b.configureQueue(3) { be32(NFQA_CFG_FLAGS, 1) }
            b.configureQueue(3) { queueFlags(32) }
            for (unknown in listOf(32, 64, Int.MIN_VALUE)) {
                a.configureQueue(3) { queueFlags(unknown) }
                a.configureQueue(3) { queueFlags(unknown, 0) }
                a.configureQueue(4) { queueFlags(unknown) }
                a.configureQueue(3) { queueFlags(0, unknown) }
            }
            a.configureQueue(3) { queueFlags(NFQA_CFG_F_CONNTRACK) }
            a.configureQueue(3) { queueFlags(NFQA_CFG_F_CONNTRACK, 0) }
            a.configureQueue(3) { queueFlags(NFQA_CFG_F_UID_GID) }
            packet(1)
            a.hear()
            a.configureQueue(3) { queueFlags(NFQA_CFG_F_GSO, NFQA_CFG_F_GSO or NFQA_CFG_F_UID_GID) }
            packet(2)
            a.hear()
            a.configureQueue(3) { queueFlags(0, NFQA_CFG_F_UID_GID) }
            packet(3)
            a.hear()
            a.configureQueue(3) { queueFlags(0, NFQA_CFG_F_GSO).params(COPY_META) }
            packet(4)
            a.hear()
            a.verdict(3, 9, batch = true)
            outcome()
        }

        "attributes that are too short are refused with their place" {
            val a = socket("a")
            a.bindQueue(3)
            a.configureQueue(3, what = "command of 1 byte for") { bytes(NFQA_CFG_CMD, NFQNL_CFG_CMD_BIND.toByte()) }
            a.configureQueue(3, what = "params of 4 bytes for") { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 1) }
            a.configureQueue(3, what = "params of 8 bytes for") { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 0, 1, 0, 0, 0) }
            a.configureQueue(3, what = "length of 3 bytes for") { bytes(NFQA_CFG_QUEUE_MAXLEN, 0, 0, 1) }
            a.configureQueue(3, what = "flags of 2 bytes for") { bytes(NFQA_CFG_FLAGS, 0, 1) }
            a.configureQueue(4, what = "mask of no bytes behind a length for") { maxLength(4).bytes(NFQA_CFG_MASK) }
            a.configureQueue(3, what = "unknown attributes for") { bytes(6, 1).bytes(999) }
            rows()
        }

        "messages that there are not, and versions that nobody looks at" {
            val a = socket("a")
            a.message("a packet from user space,", NFQNL_MSG_PACKET, 3)
            a.send()
            a.message("message 4 of QUEUE,", NFQNL_MSG_VERDICT_BATCH + 1, 3)
            a.send()
            a.configureQueue(3, NFQNL_CFG_CMD_BIND, "bind by version 9", version = 9, family = 10)
            a.sendRaw("a bare header", header(16, NFQNL_MSG_CONFIG))
            a.sendRaw("a bare header of a verdict", header(16, NFQNL_MSG_VERDICT))
            rows()
        }

        "several verdicts in one datagram, an error in the middle" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(6)
            a.hear(brief = true)
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

        "UNBIND drops what waits" {
            rules(Hop.Queue(3, bypass = true))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            packets(3)
            rows()
            a.unbindQueue(3)
            rows()
            outcome()
            a.verdict(3, 1)
            packets(1)
            outcome()
        }

        "a close drops what waits in all its queues" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            b.bindQueue(4)
            packets(4)
            a.hear(brief = true)
            a.verdict(3, 2, batch = true)
            a.close()
            rows()
            outcome()
            b.hear(brief = true)
            b.verdict(4, 2, batch = true)
            outcome()
            b.bindQueue(3)
            rows()
        }

        "a full receive buffer drops, counts, and leaves a gap in the ids" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            rows()
            a.hear(brief = true)
            packets(1)
            a.hear()
            rows()
            a.verdict(3, 100, batch = true)
            outcome()
        }

        "a full receive buffer that fails open lets pass, and leaves a gap in the ids" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            outcome()
            rows()
            a.hear(brief = true)
            packets(1)
            a.hear()
            rows()
        }

        "without NO_ENOBUFS a socket that overran takes nothing until it is empty" {
            rules(Hop.Queue(3))
            val a = socket("a", quiet = false)
            a.bindQueue(3)
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.hear(brief = true)
            packets(1)
            a.hear()
            rows()
        }
    }
