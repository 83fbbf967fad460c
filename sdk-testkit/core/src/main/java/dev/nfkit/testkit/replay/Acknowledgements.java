// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.Errno;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;

/** Answers to requests that a replay makes itself, as they are not in the recording. */
final class Acknowledgements {
    private static final int ERROR_TEXT = 1;

    private Acknowledgements() {}

    /** The acknowledgement of a request. */
    static byte[] of(ParsedMessage request, long portId) {
        return Datagrams.bytes(error(request, portId, 0, Netlink.NLM_F_CAPPED).end());
    }

    /** The refusal of a request, with a text. */
    static byte[] refusal(ParsedMessage request, long portId, Errno errno, String words) {
        int flags = Netlink.NLM_F_CAPPED | Netlink.NLM_F_ACK_TLVS;
        return Datagrams.bytes(error(request, portId, -errno.number(), flags)
                .string(ERROR_TEXT, words)
                .end());
    }

    private static MessageWriter error(ParsedMessage request, long portId, int error, int flags) {
        return new MessageWriter(1024, request.order())
                .begin(Netlink.NLMSG_ERROR, flags, request.sequence(), portId)
                .rawHost32(error)
                .raw(Arrays.copyOf(request.bytes().toArray(), Netlink.NLMSG_HDRLEN));
    }
}
