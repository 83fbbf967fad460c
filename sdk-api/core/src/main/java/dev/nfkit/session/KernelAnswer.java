// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import static dev.nfkit.wire.Netlink.NLMSG_HDRLEN;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.Refusal;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Reads an {@code NLMSG_ERROR} with its extended acknowledgement ({@code netlink_ack} in af_netlink.c). */
final class KernelAnswer {
    private static final int NLMSGERR_ATTR_MSG = 1;
    private static final int NLMSGERR_ATTR_OFFS = 2;
    private static final int ERRNO_LEN = 4;

    private KernelAnswer() {}

    /** The refusal in an answer, or null if it is an acknowledgement. */
    static @Nullable KernelRefusedException read(MessageCursor message, String request)
            throws MalformedMessageException {
        int body = message.length() - NLMSG_HDRLEN;
        if (body < ERRNO_LEN) {
            throw new MalformedMessageException("NLMSG_ERROR", NLMSG_HDRLEN, "an errno of 4 bytes", body + " bytes");
        }
        int errno = host32(message, message.bodyOffset());
        if (errno == 0) {
            return null;
        }
        return refusal(message, request, errno, attributesOffset(message));
    }

    /** The refusal in the end of an answer of many parts, or null if it succeeded. */
    static @Nullable KernelRefusedException readDone(MessageCursor message, String request)
            throws MalformedMessageException {
        boolean bare = message.length() - NLMSG_HDRLEN < ERRNO_LEN;
        int errno = bare ? 0 : host32(message, message.bodyOffset());
        return errno >= 0 ? null : refusal(message, request, errno, message.bodyOffset() + ERRNO_LEN);
    }

    private static KernelRefusedException refusal(MessageCursor message, String request, int errno, int attributes)
            throws MalformedMessageException {
        String text = null;
        int offset = -1;
        if ((message.flags() & Netlink.NLM_F_ACK_TLVS) != 0) {
            if (attributes <= message.end()) {
                AttributeCursor cursor = new AttributeCursor()
                        .wrap(message.buffer(), attributes, message.end() - attributes, message.order(), "NLMSG_ERROR");
                while (cursor.next()) {
                    if (cursor.type() == NLMSGERR_ATTR_MSG) {
                        text = cursor.string();
                    } else if (cursor.type() == NLMSGERR_ATTR_OFFS) {
                        offset = (int) cursor.host32();
                    }
                }
            }
        }
        Errno reason = Errno.of(errno);
        Refusal refusal = reason.equals(Errno.EOPNOTSUPP) || reason.equals(Errno.ENOTSUPP)
                ? Refusal.NOT_SUPPORTED
                : Refusal.UNKNOWN;
        return new KernelRefusedException(request, reason, text, offset, refusal, null);
    }

    /** After the errno stands the request: whole, or only its header if the answer is capped. */
    private static int attributesOffset(MessageCursor message) {
        int echoed = message.bodyOffset() + ERRNO_LEN;
        if ((message.flags() & Netlink.NLM_F_CAPPED) != 0 || echoed + ERRNO_LEN > message.end()) {
            return echoed + NLMSG_HDRLEN;
        }
        long length = Integer.toUnsignedLong(host32(message, echoed));
        return length > message.length() ? message.end() + 1 : echoed + Netlink.align((int) length);
    }

    private static int host32(MessageCursor message, int offset) {
        int value = message.buffer().getInt(offset);
        return message.order() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(value) : value;
    }
}
