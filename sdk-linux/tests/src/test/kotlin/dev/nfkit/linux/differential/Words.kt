// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.BytesView
import dev.nfkit.Errno
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink

private const val ERROR_TEXT = 1
private const val ERROR_OFFSET = 2
private const val IPV4_AND_UDP_HEADER = 28

/**
 * A message of the kernel as text. Of a payload it contains the length and the UDP data, since identification and
 * checksum differ between the sides; of an error it omits the policy that Linux adds to its text from 5.10 on.
 */
internal fun words(
    message: MessageCursor,
    brief: Boolean,
): String =
    when (message.type()) {
        Netlink.NLMSG_ERROR -> {
            error(message)
        }

        Netlink.NLMSG_DONE -> {
            "done, flags ${message.flags()}, ${message.length()} bytes" +
                if (message.hasNfgenmsg()) ", family ${message.family()} res_id ${message.resId()}" else ""
        }

        NflogConfig.NFULNL_MSG_PACKET -> {
            packet("logged to", NflogAttribute.SCHEMA, message, brief)
        }

        NfqueueConfig.NFQNL_MSG_PACKET -> {
            packet("queued to", NfqueueAttribute.SCHEMA, message, brief)
        }

        else -> {
            "type 0x${message.type().toString(16)} flags ${message.flags()}" +
                if (brief) "" else ": ${attributes(ConntrackAttribute.SCHEMA, message)}"
        }
    }

private fun error(message: MessageCursor): String {
    val body = message.buffer().duplicate().order(message.order())
    val errno = -body.getInt(message.bodyOffset())
    val capped = (message.flags() and Netlink.NLM_F_CAPPED) != 0
    val echoed = if (capped) Netlink.NLMSG_HDRLEN else body.getInt(message.bodyOffset() + 4)
    val output = StringBuilder(if (errno == 0) "ok" else Errno.of(errno).name())
    output.append(" to ${message.sequence()}").append(if (capped) "" else ", echoed $echoed bytes")
    if ((message.flags() and Netlink.NLM_F_ACK_TLVS) != 0) {
        val at = message.bodyOffset() + 4 + Netlink.align(echoed)
        val cursor = AttributeCursor().wrap(message.buffer(), at, message.end() - at, message.order(), "error")
        while (cursor.next()) {
            if (cursor.type() == ERROR_TEXT) output.append(", \"${cursor.string()}\"")
            if (cursor.type() == ERROR_OFFSET) output.append(", at ${cursor.host32()}")
        }
    }
    return output.toString()
}

private fun packet(
    what: String,
    schema: AttributeSchema,
    message: MessageCursor,
    brief: Boolean,
): String =
    "$what ${message.resId()}" +
        if (brief) ": ${header(message)}" else ", family ${message.family()}: ${attributes(schema, message)}"

/** The first attribute of a packet: its header, which for NFLOG does not distinguish it from others. */
private fun header(message: MessageCursor): String {
    val cursor = AttributeCursor().wrap(message, "packet")
    cursor.next()
    return cursor.bytes(BytesView()).toHex()
}

private fun attributes(
    schema: AttributeSchema,
    message: MessageCursor,
): String {
    val logged = mutableListOf<String>()
    val cursor = AttributeCursor().wrap(message, "message")
    while (cursor.next()) {
        val name = schema.nameOf(cursor.type())
        val value = cursor.bytes(BytesView()).toArray()
        logged +=
            when {
                name.endsWith("_PAYLOAD") && value.size >= IPV4_AND_UDP_HEADER -> {
                    "$name=${value.size}: ${logged(value.copyOfRange(IPV4_AND_UDP_HEADER, value.size))}"
                }

                name.endsWith("_PAYLOAD") -> {
                    "$name=${value.size}"
                }

                name.endsWith("_PREFIX") -> {
                    "$name=\"${String(value).trimEnd('\u0000')}\""
                }

                else -> {
                    "$name=${value.joinToString("") { "%02x".format(it) }}"
                }
            }
    }
    return logged.joinToString(" ")
}
