// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.nftables

import dev.nfkit.linux.BOUND_SECONDS
import dev.nfkit.linux.Namespace
import dev.nfkit.nftables.bytecode.Instruction
import dev.nfkit.nftables.bytecode.InstructionWriter
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteOrder
import java.util.concurrent.TimeUnit

private const val SUBSYSTEM = 10
private const val NEWRULE = SUBSYSTEM shl 8 or 6
private const val BATCH_BEGIN = 16
private const val BATCH_END = 17
private const val APPEND = 0x800

/** Appends a rule of these instructions. Returns the errno, 0 for success. */
internal fun Namespace.append(
    family: Int,
    chain: String,
    instructions: List<Instruction>,
): Int {
    val writer = MessageWriter(65536, ByteOrder.nativeOrder())
    writer.begin(BATCH_BEGIN, Netlink.NLM_F_REQUEST, 1).nfgenmsg(0, SUBSYSTEM).end()
    writer
        .begin(NEWRULE, Netlink.NLM_F_REQUEST or Netlink.NLM_F_CREATE or APPEND or Netlink.NLM_F_ACK, 2)
        .nfgenmsg(family, 0)
        .string(1, "t")
        .string(2, chain)
    InstructionWriter.write(writer, 4, instructions)
    writer.end()
    writer.begin(BATCH_END, Netlink.NLM_F_REQUEST, 3).nfgenmsg(0, SUBSYSTEM).end()
    transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
        val batch = DatagramBatch(4, 65536)
        socket.send(writer.datagram())
        while (true) {
            val count = socket.receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS))
            check(count > 0) { "no answer" }
            for (index in 0 until count) {
                val message =
                    MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), socket.order())
                while (message.next()) {
                    if (message.type() == Netlink.NLMSG_ERROR && message.sequence() == 2L) {
                        return -message
                            .buffer()
                            .duplicate()
                            .order(socket.order())
                            .getInt(message.bodyOffset())
                    }
                }
            }
        }
    }
}
