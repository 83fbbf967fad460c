// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.nflog.NflogConfig.NFULA_CFG_CMD
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_FLAGS
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_MODE
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_NLBUFSIZ
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_QTHRESH
import dev.nfkit.nflog.NflogConfig.NFULA_CFG_TIMEOUT
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_BIND
import dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_UNBIND
import dev.nfkit.nflog.NflogConfig.NFULNL_MSG_CONFIG
import dev.nfkit.wire.MessageWriter

internal const val IPV4 = 2

/** Appends a request that configures a group. */
internal fun Speaker.groupMessage(
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

internal fun Speaker.configureGroup(
    group: Int,
    command: Int? = null,
    what: String = "configure",
    flags: Int = REQUEST or ACK,
    family: Int = 0,
    version: Int = 0,
    more: MessageWriter.() -> Unit = {},
) {
    groupMessage(group, command, what, flags, family, version, more)
    send()
}

internal fun Speaker.bindGroup(
    group: Int,
    more: MessageWriter.() -> Unit = {},
) = configureGroup(group, NFULNL_CFG_CMD_BIND, "bind", more = more)

internal fun Speaker.unbindGroup(group: Int) = configureGroup(group, NFULNL_CFG_CMD_UNBIND, "unbind")

internal fun MessageWriter.mode(
    mode: Int,
    range: Long = 0,
) = bytes(NFULA_CFG_MODE, *be32(range), mode.toByte(), 0)

internal fun MessageWriter.threshold(packets: Long) = be32(NFULA_CFG_QTHRESH, packets)

internal fun MessageWriter.timeout(hundredths: Long) = be32(NFULA_CFG_TIMEOUT, hundredths)

internal fun MessageWriter.bufferSize(bytes: Long) = be32(NFULA_CFG_NLBUFSIZ, bytes)

internal fun MessageWriter.groupFlags(flags: Int) = be16(NFULA_CFG_FLAGS, flags)
