// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

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
import dev.nfkit.nfqueue.NfqueueConfig.NF_STOLEN

/**
 * A length at which the kernel's allocation has the same size with or without space for a timestamp: the kernel
 * reserves it while any process on the machine has packets timestamped, such as a ping in another namespace.
 */
private const val STEADILY_CHARGED = 60

/**
 * Omitted: large packets, whose segments come from the sample in the model (NfqueueGsoSpec tests them on the kernel),
 * and security contexts, which need a security module.
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

        "the owner of a queue, and its verdicts" {
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

        "an unbound queue is neither unbound nor configured, and accepts no verdicts" {
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

        "PF_BIND and PF_UNBIND have no effect, with or without an owner" {
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
                a.receive()
            }
            for (range in listOf(0L, 1L, 30L, 31L, 32L, 65_531L, 65_532L, 0xffff_ffffL)) {
                a.configureQueue(3) { params(COPY_PACKET, range) }
                rows()
                packet(1, 2, 3)
                a.receive()
            }
            outcome()
        }

        "the largest packet of the loopback" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            packets(1, 65_507)
            a.receive()
            a.verdict(3, 1)
            packets(1, 0)
            a.receive()
            a.verdict(3, 2)
            outcome()
        }

        "a full queue drops and counts" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).maxLength(2) }
            packets(5)
            a.receive()
            rows()
            a.verdict(3, 1)
            packets(2)
            a.receive()
            rows()
            outcome()
        }

        "a full queue that fails open accepts and counts nothing" {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).maxLength(2).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            packets(5)
            a.receive()
            rows()
            outcome()
            a.verdict(3, 2, batch = true)
            outcome()
        }

        "a length of 0 admits no packet, a longer one does again" {
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
            a.receive()
            rows()
            outcome()
        }

        "copy mode NONE drops, with fail-open and bypass too" {
            rules(Hop.Queue(3, bypass = true))
            val a = socket("a")
            a.bindQueue(3) { queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            packets(2)
            a.receive()
            rows()
            outcome()
        }

        "an unbound queue drops, or accepts with bypass" {
            rules(Hop.Queue(3, bypass = true), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(4)
            packet(1)
            a.receive()
            a.verdict(4, 1)
            outcome()
            a.unbindQueue(4)
            packet(2)
            a.bindQueue(3)
            packet(3)
            a.receive()
            a.verdict(3, 1)
            outcome()
        }

        "ids count in each queue, and restart when it is bound again" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            a.bindQueue(3)
            a.bindQueue(4)
            packets(3)
            a.receive()
            a.verdict(3, 2, batch = true)
            packets(1)
            a.receive()
            a.unbindQueue(3)
            a.bindQueue(3)
            packets(1)
            a.receive()
            rows()
        }

        "flags are set and cleared by their mask, and unknown ones are refused" {
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
            a.receive()
            a.configureQueue(3) { queueFlags(NFQA_CFG_F_GSO, NFQA_CFG_F_GSO or NFQA_CFG_F_UID_GID) }
            packet(2)
            a.receive()
            a.configureQueue(3) { queueFlags(0, NFQA_CFG_F_UID_GID) }
            packet(3)
            a.receive()
            a.configureQueue(3) { queueFlags(0, NFQA_CFG_F_GSO).params(COPY_META) }
            packet(4)
            a.receive()
            a.verdict(3, 9, batch = true)
            outcome()
        }

        "attributes that are too short are refused with their position" {
            val a = socket("a")
            a.bindQueue(3)
            a.configureQueue(3, what = "command of 1 byte for") { bytes(NFQA_CFG_CMD, NFQNL_CFG_CMD_BIND.toByte()) }
            a.configureQueue(3, what = "params of 4 bytes for") { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 1) }
            a.configureQueue(3, what = "params of 8 bytes for") { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 0, 1, 0, 0, 0) }
            a.configureQueue(3, what = "length of 3 bytes for") { bytes(NFQA_CFG_QUEUE_MAXLEN, 0, 0, 1) }
            a.configureQueue(3, what = "flags of 2 bytes for") { bytes(NFQA_CFG_FLAGS, 0, 1) }
            a.configureQueue(4, what = "mask of no bytes after a length for") { maxLength(4).bytes(NFQA_CFG_MASK) }
            a.configureQueue(3, what = "unknown attributes for") { bytes(6, 1).bytes(999) }
            rows()
        }

        "unknown messages, and versions that are ignored" {
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

        "UNBIND drops the waiting packets" {
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

        "a close drops the waiting packets in all its queues" {
            rules(Hop.Queue(3), Hop.Queue(4))
            val a = socket("a")
            val b = socket("b")
            a.bindQueue(3)
            b.bindQueue(4)
            packets(4)
            a.receive(brief = true)
            a.verdict(3, 2, batch = true)
            a.close()
            rows()
            outcome()
            b.receive(brief = true)
            b.verdict(4, 2, batch = true)
            outcome()
            b.bindQueue(3)
            rows()
        }

        "a full receive buffer drops, counts, and leaves a gap in the ids".where({ Facts.countsBuffersOtherwise }) {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3)
            a.receiveBuffer(8_192)
            packets(30, STEADILY_CHARGED)
            a.drops()
            rows()
            a.receive(brief = true)
            packets(1)
            a.receive()
            rows()
            a.verdict(3, 100, batch = true)
            outcome()
        }

        "a full receive buffer that fails open accepts, and leaves a gap in the ids".where(
            { Facts.countsBuffersOtherwise },
        ) {
            rules(Hop.Queue(3))
            val a = socket("a")
            a.bindQueue(3) { params(COPY_PACKET).queueFlags(NFQA_CFG_F_FAIL_OPEN) }
            a.receiveBuffer(8_192)
            packets(30, STEADILY_CHARGED)
            a.drops()
            outcome()
            rows()
            a.receive(brief = true)
            packets(1)
            a.receive()
            rows()
        }

        "without NO_ENOBUFS a socket that overran receives nothing until it is empty".where(
            { Facts.countsBuffersOtherwise },
        ) {
            rules(Hop.Queue(3))
            val a = socket("a", quiet = false)
            a.bindQueue(3)
            a.receiveBuffer(8_192)
            packets(30, STEADILY_CHARGED)
            a.drops()
            a.receive(brief = true)
            packets(1)
            a.receive()
            rows()
        }
    }
