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
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL
import dev.nfkit.nflog.NflogConfig.NFULNL_MSG_CONFIG
import dev.nfkit.nflog.NflogConfig.NFULNL_MSG_PACKET
import dev.nfkit.wire.MessageWriter
import java.time.Duration

private const val NONE = 0
private const val META = 1
private const val PACKET = 2
private const val IPV4 = 2

/** Appends a request of the configuration of a group. */
private fun Speaker.configMessage(
    group: Int,
    command: Int?,
    what: String,
    flags: Int = REQUEST or ACK,
    family: Int = 0,
    version: Int = 0,
    more: MessageWriter.() -> Unit,
) = message("$what group $group", NFULNL_MSG_CONFIG, group, flags, family, version) {
    command?.let { u8(NFULA_CFG_CMD, it) }
    more()
}

private fun Speaker.configure(
    group: Int,
    command: Int? = null,
    what: String = "configure",
    flags: Int = REQUEST or ACK,
    family: Int = 0,
    version: Int = 0,
    more: MessageWriter.() -> Unit = {},
) {
    configMessage(group, command, what, flags, family, version, more)
    send()
}

private fun Speaker.bind(
    group: Int,
    more: MessageWriter.() -> Unit = {},
) = configure(group, NFULNL_CFG_CMD_BIND, "bind", more = more)

private fun Speaker.unbind(group: Int) = configure(group, NFULNL_CFG_CMD_UNBIND, "unbind")

private fun MessageWriter.mode(
    mode: Int,
    range: Long = 0,
) = bytes(NFULA_CFG_MODE, *be32(range), mode.toByte(), 0)

private fun MessageWriter.threshold(packets: Long) = be32(NFULA_CFG_QTHRESH, packets)

private fun MessageWriter.timeout(hundredths: Long) = be32(NFULA_CFG_TIMEOUT, hundredths)

private fun MessageWriter.bufferSize(bytes: Long) = be32(NFULA_CFG_NLBUFSIZ, bytes)

private fun MessageWriter.flags(flags: Int) = be16(NFULA_CFG_FLAGS, flags)

internal val nflogScenarios =
    scenarios("NFLOG") {
        "a group is bound, configured and unbound, in one message and in several" {
            val a = socket("a")
            a.bind(5)
            rows()
            a.configure(5) { threshold(7).timeout(50).mode(PACKET, 96) }
            rows()
            a.unbind(5)
            rows()
            a.bind(5) { threshold(7).timeout(50).mode(META) }
            rows()
        }

        "who owns a group" {
            val a = socket("a")
            val b = socket("b")
            a.bind(5)
            a.bind(5)
            b.bind(5)
            b.configure(5) { threshold(1) }
            b.unbind(5)
            a.unbind(5)
            b.bind(5)
            a.bind(6)
            b.bind(6)
            a.close()
            b.bind(6)
            rows()
        }

        "what is not bound is neither unbound nor configured" {
            val a = socket("a")
            a.unbind(5)
            a.configure(5) { threshold(1) }
            a.configure(5)
            a.configure(65_535) { flags(NFULNL_CFG_F_SEQ) }
            a.configure(5, 0, "command 0")
            a.configure(5, 5, "command 5")
            a.configure(5, 255, "command 255")
            a.bind(5)
            a.configure(5, 9, "command 9") { threshold(1) }
            a.configure(5)
            rows()
        }

        "copy modes, known and unknown, and copy ranges" {
            rules(Hop.Log(5, "in:"))
            val a = socket("a")
            a.bind(5) { threshold(1) }
            packet(1, 2, 3)
            for (mode in listOf(NONE, META)) {
                a.configure(5) { mode(mode, 40) }
                rows()
                packet(1, 2, 3)
                a.hear()
            }
            for (range in listOf(0L, 1L, 30L, 31L, 65_531L, 65_532L, 0xffff_ffffL)) {
                a.configure(5) { mode(PACKET, range) }
                rows()
                packet(1, 2, 3)
                a.hear()
            }
            a.configure(5) { mode(3, 77) }
            a.configure(5) { mode(255, 77) }
            rows()
        }

        "a rule's own size cuts below the range, and not above" {
            rules(Hop.Log(5, size = 32))
            val a = socket("a")
            a.bind(5) { threshold(1) }
            packet(1, 2, 3, 4, 5, 6)
            a.hear()
            a.configure(5) { mode(PACKET, 30) }
            packet(1, 2, 3, 4, 5, 6)
            a.hear()
        }

        "NLBUFSIZ in and out of its range is acknowledged" {
            val a = socket("a")
            a.bind(5)
            for (size in listOf(0L, 1L, 3775L, 3776L, 4096L, 131_072L, 131_073L, 0xffff_ffffL)) {
                a.configure(5) { bufferSize(size) }
            }
        }

        "a batch is sent when the threshold is reached, ended by NLMSG_DONE; a lone packet is not" {
            rules(Hop.Log(5, "x"))
            val a = socket("a")
            a.bind(5) { threshold(3).flags(NFULNL_CFG_F_SEQ) }
            packets(2)
            a.hear()
            rows()
            packets(1)
            a.hear()
            rows()
            packets(7)
            a.hear()
            a.configure(5) { threshold(1) }
            packets(1)
            a.hear()
            a.configure(5) { threshold(0) }
            packets(2)
            a.hear()
        }

        "a rule's own threshold counts where it is lower" {
            rules(Hop.Log(5, threshold = 2), Hop.Log(6, threshold = 9))
            val a = socket("a")
            a.bind(5) { threshold(5) }
            a.bind(6) { threshold(3) }
            packets(4)
            a.hear()
            rows()
        }

        "a lowered threshold takes effect with the next packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(100) }
            packets(4)
            a.configure(5) { threshold(2) }
            a.hear()
            packets(1)
            a.hear()
        }

        "a batch that fills NLBUFSIZ is sent before the threshold" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(100).flags(NFULNL_CFG_F_SEQ) }
            packets(10, 900)
            a.hear(brief = true)
            rows()
            a.configure(5) { bufferSize(16_384) }
            packets(1, 100)
            a.hear(brief = true)
            packets(60, 900)
            a.hear(brief = true)
            rows()
            a.unbind(5)
        }

        "small packets fill NLBUFSIZ, whose space the kernel reckons for the worst case" {
            rules(Hop.Log(5, "a-prefix"))
            val a = socket("a")
            a.bind(5) { threshold(1000) }
            packets(150)
            a.hear(brief = true)
            rows()
            a.configure(5) { mode(META) }
            packets(150)
            a.hear(brief = true)
            rows()
        }

        "a packet larger than NLBUFSIZ gets a datagram of its size" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(10) }
            packets(1, 10_000)
            packets(1, 100)
            packets(1, 60_000)
            a.hear(brief = true)
            rows()
            a.unbind(5)
        }

        "the flush timeout sends what is held, and runs from the first packet" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(10).timeout(200) }
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
            a.bind(5) { threshold(2).timeout(200) }
            packets(3)
            a.hear()
            elapse(Duration.ofMillis(2_500))
            a.hear()
            rows()
        }

        "a timeout of 0 sends with the next tick" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(10).timeout(0) }
            packets(2)
            elapse(Duration.ofMillis(500))
            a.hear(brief = true)
            rows()
        }

        "sequence numbers of a group and of all groups" {
            rules(Hop.Log(5), Hop.Log(6), Hop.Log(7))
            val a = socket("a")
            a.bind(5) { threshold(1).flags(NFULNL_CFG_F_SEQ) }
            a.bind(6) { threshold(1).flags(NFULNL_CFG_F_SEQ_GLOBAL) }
            a.bind(7) { threshold(1).flags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.hear()
            a.configure(5) { flags(0) }
            packets(1)
            a.hear()
            a.configure(5) { flags(NFULNL_CFG_F_SEQ) }
            packets(1)
            a.hear()
        }

        "numbers of a group begin anew when it is bound anew, those of all groups go on" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(1).flags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(2)
            a.hear()
            a.unbind(5)
            packets(1)
            a.bind(5) { threshold(1).flags(NFULNL_CFG_F_SEQ or NFULNL_CFG_F_SEQ_GLOBAL) }
            packets(1)
            a.hear()
        }

        "unknown flags, and connections with packets where the kernel has them" {
            val a = socket("a")
            a.bind(5) { flags(NFULNL_CFG_F_CONNTRACK) }
            a.bind(6) { flags(0xfff8) }
            a.configure(6) { flags(NFULNL_CFG_F_CONNTRACK) }
            a.configure(7) { flags(NFULNL_CFG_F_CONNTRACK) }
            a.configure(7, 9, "command 9") { flags(NFULNL_CFG_F_CONNTRACK) }
            rows()
        }

        "several groups on one socket, one group on another, each with its rule's prefix" {
            rules(Hop.Log(5, "five"), Hop.Log(6, "six"), Hop.Log(7, "seven"), Hop.Log(8, "nobody"))
            val a = socket("a")
            val b = socket("b")
            a.bind(5) { threshold(2) }
            a.bind(6) { threshold(3) }
            b.bind(7) { threshold(1) }
            packets(3)
            a.hear()
            b.hear()
            outcome()
            a.unbind(6)
            a.unbind(5)
            rows()
        }

        "a mark is told where it is not 0, and a prefix where it is not empty" {
            rules(Hop.Log(5), Hop.Mark(0x77), Hop.Log(6, "marked"))
            val a = socket("a")
            a.bind(5) { threshold(1) }
            a.bind(6) { threshold(1) }
            packet(1)
            a.hear()
            outcome()
        }

        "a packet without data, and the largest of the loopback" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(1) }
            packets(1, 0)
            packets(1, 65_507)
            a.hear()
        }

        "UNBIND delivers what is held before its answer" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(10) }
            packets(3)
            a.unbind(5)
            packets(1)
            a.hear()
            rows()
        }

        "a close loses what is held, and frees the groups" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(10) }
            packets(3)
            rows()
            a.close()
            rows()
            val b = socket("b")
            b.bind(5) { threshold(1) }
            packets(1)
            b.hear()
        }

        "PF_BIND and PF_UNBIND need no group, and leave owners alone" {
            val a = socket("a")
            val b = socket("b")
            a.bind(5)
            b.configure(5, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = IPV4)
            logger()
            b.configure(5, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = IPV4)
            b.configure(0, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = 0)
            b.configure(0, NFULNL_CFG_CMD_PF_BIND, "PF_BIND", family = 77)
            b.configure(0, NFULNL_CFG_CMD_PF_UNBIND, "PF_UNBIND", family = 77)
            b.configure(0, NFULNL_CFG_CMD_PF_UNBIND, "PF_UNBIND", family = IPV4)
            logger()
            b.configure(0, NFULNL_CFG_CMD_PF_UNBIND, "PF_UNBIND", family = IPV4) { flags(NFULNL_CFG_F_CONNTRACK) }
            rows()
        }

        "attributes that are too short are refused with their place, longer ones are taken" {
            val a = socket("a")
            a.configure(5, what = "command without a byte in") { bytes(NFULA_CFG_CMD) }
            a.configure(5, what = "padded BIND of") { bytes(NFULA_CFG_CMD, 1, 0, 0, 0) }
            a.configure(5, what = "mode of 5 bytes for") { bytes(NFULA_CFG_MODE, 0, 0, 0, 0, 1) }
            a.configure(5, what = "mode of 8 bytes for") { bytes(NFULA_CFG_MODE, 0, 0, 0, 0, 1, 0, 0, 0) }
            a.configure(5, what = "threshold of 3 bytes for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 1) }
            a.configure(5, what = "timeout of 2 bytes for") { bytes(NFULA_CFG_TIMEOUT, 0, 1) }
            a.configure(5, what = "NLBUFSIZ of no bytes for") { bytes(NFULA_CFG_NLBUFSIZ) }
            a.configure(5, what = "flags of 1 byte for") { bytes(NFULA_CFG_FLAGS, 1) }
            a.configure(5, what = "threshold of 8 bytes for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 0, 9, 0, 0, 0, 0) }
            a.configure(6, what = "a short mode for the unbound") { bytes(NFULA_CFG_MODE, 0) }
            rows()
        }

        "unknown attributes are skipped, and of two the last counts" {
            val a = socket("a")
            a.configure(5, NFULNL_CFG_CMD_BIND, "bind with unknown attributes,") { bytes(7, 1).bytes(1000, 1, 2, 3) }
            a.configure(5, what = "two timeouts for") { timeout(30).timeout(40) }
            rows()
            a.configure(5, NFULNL_CFG_CMD_BIND, "BIND and then UNBIND of") { u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_UNBIND) }
            rows()
        }

        "without a wish for an acknowledgement only errors are told" {
            val a = socket("a")
            a.configure(5, NFULNL_CFG_CMD_BIND, "bind", flags = REQUEST)
            a.configure(5, NFULNL_CFG_CMD_BIND, "bind", flags = REQUEST)
            a.configure(5, NFULNL_CFG_CMD_UNBIND, "no request: unbind", flags = 0)
            a.configure(5, NFULNL_CFG_CMD_UNBIND, "no request, acknowledged: unbind", flags = ACK)
            rows()
        }

        "several messages in one datagram are carried out in order, an error in the middle stops nothing" {
            val a = socket("a")
            a.configMessage(5, NFULNL_CFG_CMD_BIND, "bind") {}
            a.configMessage(5, NFULNL_CFG_CMD_BIND, "bind") {}
            a.configMessage(6, null, "configure", REQUEST) { threshold(1) }
            a.configMessage(6, NFULNL_CFG_CMD_BIND, "bind", REQUEST) { threshold(1) }
            a.configMessage(5, NFULNL_CFG_CMD_UNBIND, "unbind") {}
            a.send()
            rows()
        }

        "an error echoes the request, unless it is capped" {
            val a = socket("a", words = false)
            a.bind(5)
            a.bind(5)
            a.configure(5, what = "a short threshold for") { bytes(NFULA_CFG_QTHRESH, 0, 0, 1) }
        }

        "messages and subsystems that there are not" {
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

        "a version is not looked at, and family neither" {
            val a = socket("a")
            a.configure(5, NFULNL_CFG_CMD_BIND, "bind by version 9", version = 9, family = 200)
            rows()
        }

        "messages without attributes or without their header" {
            val a = socket("a")
            a.bind(5)
            a.sendRaw("a bare header", header(16, NFULNL_MSG_CONFIG))
            a.sendRaw("a header and 3 bytes", header(19, NFULNL_MSG_CONFIG, 0, 0, 0, 0))
            a.sendRaw("a header and 3 bytes of an unknown subsystem", header(19, 200 shl 8, 0, 0, 0, 0))
            a.sendRaw("a header and nfgenmsg of group 5", header(20, NFULNL_MSG_CONFIG, 0, 0, 0, 5))
            a.sendRaw("a header and nfgenmsg of group 6", header(20, NFULNL_MSG_CONFIG, 0, 0, 0, 6))
        }

        "a full receive buffer loses what comes, and says so by an overrun" {
            rules(Hop.Log(5))
            val a = socket("a", quiet = false)
            a.bind(5) { threshold(1).flags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.hear(brief = true)
            packets(2)
            a.drops()
            a.hear()
        }

        "with NO_ENOBUFS a full receive buffer takes again what finds room" {
            rules(Hop.Log(5))
            val a = socket("a")
            a.bind(5) { threshold(1).flags(NFULNL_CFG_F_SEQ) }
            a.receiveBuffer(8_192)
            packets(30, 100)
            a.drops()
            a.hear(brief = true)
            packets(2)
            a.drops()
            a.hear()
        }
    }
