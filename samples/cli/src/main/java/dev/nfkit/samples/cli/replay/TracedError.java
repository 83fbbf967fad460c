// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the kernel that quotes the header of its request, and often the rest too.
 *
 * @param errno the error's number, or 0 for an acknowledgement
 * @param type the type of the request
 * @param sequence the sequence number of the request
 * @param offset where the quoted request begins, from the buffer's start
 * @param length the number of its bytes that are quoted
 */
record TracedError(int errno, int type, long sequence, int offset, int length) {
    /** The length in the quoted header, 0 to 2³²−1. */
    long quotedLength(MessageCursor message) {
        int number = message.buffer().getInt(offset);
        boolean swap = message.order() == ByteOrder.LITTLE_ENDIAN;
        return Integer.toUnsignedLong(swap ? Integer.reverseBytes(number) : number);
    }

    /** Reads the error at a cursor; null if the message is too short for one. */
    static @Nullable TracedError read(MessageCursor message) {
        int at = message.bodyOffset();
        int length = message.end() - at;
        if (message.type() != Netlink.NLMSG_ERROR || length < Integer.BYTES + Netlink.NLMSG_HDRLEN) {
            return null;
        }
        boolean swap = message.order() == ByteOrder.LITTLE_ENDIAN;
        int errno = message.buffer().getInt(at);
        int header = at + Integer.BYTES;
        short type = message.buffer().getShort(header + 4);
        int sequence = message.buffer().getInt(header + 8);
        return new TracedError(
                -(swap ? Integer.reverseBytes(errno) : errno),
                Short.toUnsignedInt(swap ? Short.reverseBytes(type) : type),
                Integer.toUnsignedLong(swap ? Integer.reverseBytes(sequence) : sequence),
                header,
                length - Integer.BYTES);
    }
}
