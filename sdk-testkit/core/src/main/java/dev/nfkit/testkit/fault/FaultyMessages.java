// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Classifies datagrams by their first header, and changes them. */
final class FaultyMessages {
    private static final FaultEvent[] DATAGRAM = {FaultEvent.DATAGRAM};
    private static final FaultEvent[] ACKNOWLEDGEMENT = {FaultEvent.ACKNOWLEDGEMENT, FaultEvent.DATAGRAM};
    private static final FaultEvent[] DUMP_PART = {FaultEvent.DUMP_PART, FaultEvent.DATAGRAM};

    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int PORT = 12;
    private static final int ERROR_TEXT = 1;
    private static final int TEXT_ROOM = 1 << 16;
    private static final int ECHO = Netlink.NLMSG_HDRLEN + Integer.BYTES;

    private FaultyMessages() {}

    /** The kinds of a datagram, the more special one first; shared arrays, not to be changed. */
    static FaultEvent[] events(ByteBuffer buffer, int offset, int length, ByteOrder order) {
        if (length < Netlink.NLMSG_HDRLEN) {
            return DATAGRAM;
        }
        int type = host16(buffer, offset + TYPE, order);
        if (type == Netlink.NLMSG_ERROR) {
            return ACKNOWLEDGEMENT;
        }
        boolean multi = (host16(buffer, offset + FLAGS, order) & Netlink.NLM_F_MULTI) != 0;
        return multi && buffer.getInt(offset + SEQUENCE) != 0 ? DUMP_PART : DATAGRAM;
    }

    private static int host16(ByteBuffer buffer, int offset, ByteOrder order) {
        short value = buffer.getShort(offset);
        return (order == ByteOrder.LITTLE_ENDIAN ? Short.reverseBytes(value) : value) & 0xffff;
    }

    static byte[] flipped(byte[] datagram, int bit) {
        byte[] changed = datagram.clone();
        changed[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
        return changed;
    }

    /** Removes the end: at least the last byte. */
    static byte[] cut(byte[] datagram, int length) {
        return Arrays.copyOf(datagram, Math.max(0, Math.min(length, datagram.length - 1)));
    }

    /** Sets {@code NLM_F_DUMP_INTR} in each message. */
    static byte[] interrupted(byte[] datagram, ByteOrder order) {
        ByteBuffer changed = ByteBuffer.wrap(datagram.clone());
        MessageCursor message = new MessageCursor().wrap(changed, 0, datagram.length, order);
        ByteBuffer host = changed.duplicate().order(order);
        try {
            while (message.next()) {
                host.putShort(message.offset() + FLAGS, (short) (message.flags() | Netlink.NLM_F_DUMP_INTR));
            }
        } catch (MalformedMessageException e) {
            // Malformed messages stay unchanged.
        }
        return changed.array();
    }

    /** An {@code NLMSG_ERROR} with another error, as {@code netlink_ack} writes it for a socket with CAP_ACK. */
    static byte[] refused(byte[] datagram, Errno errno, @Nullable String text, ByteOrder order) {
        ByteBuffer host = ByteBuffer.wrap(datagram).order(order);
        byte[] echo = datagram.length < ECHO
                ? new byte[Netlink.NLMSG_HDRLEN]
                : Arrays.copyOfRange(datagram, ECHO, ECHO + Netlink.NLMSG_HDRLEN);
        int flags = Netlink.NLM_F_CAPPED | (text == null ? 0 : Netlink.NLM_F_ACK_TLVS);
        MessageWriter writer = new MessageWriter(TEXT_ROOM, order)
                .begin(
                        Netlink.NLMSG_ERROR,
                        flags,
                        host.getInt(SEQUENCE) & 0xffff_ffffL,
                        host.getInt(PORT) & 0xffff_ffffL)
                .rawHost32(-errno.number())
                .raw(echo);
        if (text != null) {
            writer.string(ERROR_TEXT, text);
        }
        ByteBuffer written = writer.end().datagram();
        byte[] changed = new byte[written.remaining()];
        written.get(changed);
        return changed;
    }
}
