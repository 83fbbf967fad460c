// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.nflog.NflogConfig.NFULA_CFG_CMD
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_FLAGS
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_MODE
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_NLBUFSIZ
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_QTHRESH
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_TIMEOUT
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_BIND
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_PF_BIND
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_PF_UNBIND
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_UNBIND
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_CONNTRACK
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ
import dev.nfkit.nflog.NflogConfig.NFULNL_MSG_CONFIG
import dev.nfkit.nflog.NflogConfig.NFULNL_MSG_PACKET

/** Requests for a group, by owners and others, and their refusals. */
internal val nflogRequestScenarios =
    scenarios("NFLOG") {
        "a group is bound, configured and unbound, in one message and in several" {
            val a = socket("a")
            a.bindGroup(5)
            rows()
            a.configureGroup(5) { threshold(7).timeout(50).mode(COPY_PACKET, 96) }
            rows()
            a.unbindGroup(5)
            rows()
            a.bindGroup(5) { threshold(7).timeout(50).mode(COPY_META) }
            rows()
        }

        "the owner of a group" {
            val a = socket("a")
            val b = socket("b")
            a.bindGroup(5)
            a.bindGroup(5)
            b.bindGroup(5)
            b.configureGroup(5) { threshold(1) }
            b.unbindGroup(5)
            a.unbindGroup(5)
            b.bindGroup(5)
            a.bindGroup(6)
            b.bindGroup(6)
            a.close()
            b.bindGroup(6)
            rows()
        }

        "an unbound group is neither unbound nor configured" {
            val a = socket("a")
            a.unbindGroup(5)
            a.configureGroup(5) { threshold(1) }
            a.configureGroup(5)
            a.configureGroup(65_535) { groupFlags(NFULNL_CFG_F_SEQ) }
            a.configureGroup(5, 0, "command 0")
            a.configureGroup(5, 5, "command 5")
            a.configureGroup(5, 255, "command 255")
            a.bindGroup(5)
            a.configureGroup(5, 9, "command 9") { threshold(1) }
            a.configureGroup(5)
            rows()
        }

        "NLBUFSIZ in and out of its range is acknowledged" {
            val a = socket("a")
            a.bindGroup(5)
            for (size in listOf(0L, 1L, 3775L, 3776L, 4096L, 131_072L, 131_073L, 0xffff_ffffL)) {
                a.configureGroup(5) { bufferSize(size) }
            }
        }

        "unknown flags, and connections with packets if the kernel has them" {
            val a = socket("a")
            a.bindGroup(5) { groupFlags(NFULNL_CFG_F_CONNTRACK) }
            a.bindGroup(6) { groupFlags(0xfff8) }
            a.configureGroup(6) { groupFlags(NFULNL_CFG_F_CONNTRACK) }
            a.configureGroup(7) { groupFlags(NFULNL_CFG_F_CONNTRACK) }
            a.configureGroup(7, 9, "command 9") { groupFlags(NFULNL_CFG_F_CONNTRACK) }
            rows()
        }

        "PF_BIND and PF_UNBIND need no group, and do not affect owners" {
            val a = socket("a")
            val b = socket("b")
            a.bindGroup(5)
            b.configureGroup(5, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = IPV4)
            logger()
            b.configureGroup(5, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = IPV4)
            b.configureGroup(0, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = 0)
            b.configureGroup(0, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = 77)
            b.configureGroup(0, NFULNL_CFG_CMD_PF_UNBIND, "PF_UNBIND", family = 77)
            b.configureGroup(0, NFULNL_CFG_CMD_PF_UNBIND, "PF_UNBIND", family = IPV4)
            logger()
            b.configureGroup(
                0,
                NFULNL_CFG_CMD_PF_UNBIND,
                "PF_UNBIND",
                family = IPV4,
            ) { groupFlags(NFULNL_CFG_F_CONNTRACK) }
            rows()
        }

        "attributes that are too short are refused with their position, longer ones are accepted" {
            val a = socket("a")
            a.configureGroup(5, what = "command without a byte in") { bytes(NFULA_CFG_CMD) }
            a.configureGroup(5, what = "padded BIND of") { bytes(NFULA_CFG_CMD, 1, 0, 0, 0) }
            a.configureGroup(5, what = "mode of 5 bytes for") { bytes(NFULA_CFG_MODE, 0, 0, 0, 0, 1) }
            a.configureGroup(5, what = "mode of 8 bytes for") { bytes(NFULA_CFG_MODE, 0, 0, 0, 0, 1, 0, 0, 0) }
            a.configureGroup(5, what = "threshold of 3 bytes for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 1) }
            a.configureGroup(5, what = "timeout of 2 bytes for") { bytes(NFULA_CFG_TIMEOUT, 0, 1) }
            a.configureGroup(5, what = "NLBUFSIZ of no bytes for") { bytes(NFULA_CFG_NLBUFSIZ) }
            a.configureGroup(5, what = "flags of 1 byte for") { bytes(NFULA_CFG_FLAGS, 1) }
            a.configureGroup(5, what = "threshold of 8 bytes for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 0, 9, 0, 0, 0, 0) }
            a.configureGroup(6, what = "a short mode for the unbound") { bytes(NFULA_CFG_MODE, 0) }
            rows()
        }

        "unknown attributes are skipped, and of two the last counts" {
            val a = socket("a")
            a.configureGroup(
                5,
                NFULNL_CFG_CMD_BIND,
                "bind with unknown attributes,",
            ) { bytes(7, 1).bytes(1000, 1, 2, 3) }
            a.configureGroup(5, what = "two timeouts for") { timeout(30).timeout(40) }
            rows()
            a.configureGroup(
                5,
                NFULNL_CFG_CMD_BIND,
                "BIND and then UNBIND of",
            ) { u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_UNBIND) }
            rows()
        }

        "without a request for an acknowledgement only errors are sent" {
            val a = socket("a")
            a.configureGroup(5, NFULNL_CFG_CMD_BIND, "bind", flags = REQUEST)
            a.configureGroup(5, NFULNL_CFG_CMD_BIND, "bind", flags = REQUEST)
            a.configureGroup(5, NFULNL_CFG_CMD_UNBIND, "no request: unbind", flags = 0)
            a.configureGroup(5, NFULNL_CFG_CMD_UNBIND, "no request, acknowledged: unbind", flags = ACK)
            rows()
        }

        "several messages in one datagram are executed in order, an error in the middle stops nothing" {
            val a = socket("a")
            a.groupMessage(5, NFULNL_CFG_CMD_BIND, "bind") {}
            a.groupMessage(5, NFULNL_CFG_CMD_BIND, "bind") {}
            a.groupMessage(6, null, "configure", REQUEST) { threshold(1) }
            a.groupMessage(6, NFULNL_CFG_CMD_BIND, "bind", REQUEST) { threshold(1) }
            a.groupMessage(5, NFULNL_CFG_CMD_UNBIND, "unbind") {}
            a.send()
            rows()
        }

        "an error quotes the request, unless it is capped" {
            val a = socket("a", words = false)
            a.bindGroup(5)
            a.bindGroup(5)
            a.configureGroup(5, what = "a short threshold for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 1) }
        }

        "unknown messages and subsystems" {
            val a = socket("a")
            a.message("a packet from user space,", NFULNL_MSG_PACKET, 5)
            a.send()
            a.message("message 2 of ULOG,", NFULNL_MSG_CONFIG + 1, 5)
            a.send()
            a.message("message 255 of ULOG,", 0x4ff, 5)
            a.send()
            a.message("subsystem 0,", 0x55, 5)
            a.send()
            a.message("subsystem 200,", 200 shl 8, 5)
            a.send()
            a.message("subsystem 255, unasked,", 255 shl 8, 5, flags = REQUEST)
            a.send()
            a.message("netlink's own NOOP,", 1, 5)
            a.send()
            a.message("netlink's own DONE,", 3, 5)
            a.send()
        }

        "the version is ignored, and so is the family" {
            val a = socket("a")
            a.configureGroup(5, NFULNL_CFG_CMD_BIND, "bind by version 9", version = 9, family = 200)
            rows()
        }

        "messages without attributes or without their header" {
            val a = socket("a")
            a.bindGroup(5)
            a.sendRaw("a bare header", header(16, NFULNL_MSG_CONFIG))
            a.sendRaw("a header and 3 bytes", header(19, NFULNL_MSG_CONFIG, 0, 0, 0, 0))
            a.sendRaw("a header and 3 bytes of an unknown subsystem", header(19, 200 shl 8, 0, 0, 0, 0))
            a.sendRaw("a header and nfgenmsg of group 5", header(20, NFULNL_MSG_CONFIG, 0, 0, 0, 5))
            a.sendRaw("a header and nfgenmsg of group 6", header(20, NFULNL_MSG_CONFIG, 0, 0, 0, 6))
        }
    }
