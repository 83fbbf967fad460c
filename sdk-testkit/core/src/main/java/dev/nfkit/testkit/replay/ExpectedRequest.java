// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A recorded request: a datagram whose messages are to be sent again, one after the other. */
final class ExpectedRequest {
    private final byte[] datagram;
    private final ByteOrder order;
    private final long number;
    private final long epochNanos;
    private int at;

    ExpectedRequest(byte[] datagram, ByteOrder order, long number, long epochNanos) {
        this.datagram = datagram;
        this.order = order;
        this.number = number;
        this.epochNanos = epochNanos;
    }

    long number() {
        return number;
    }

    long epochNanos() {
        return epochNanos;
    }

    /** The message to be sent next; if the recording is malformed, all remaining bytes. */
    byte[] message() {
        int length = Headers.length(ByteBuffer.wrap(datagram), at, datagram.length, order);
        return Arrays.copyOfRange(datagram, at, length < 0 ? datagram.length : at + length);
    }

    /** Whether one of its messages has a sequence number. */
    boolean has(int sequence) {
        ByteBuffer messages = ByteBuffer.wrap(datagram);
        int start = 0;
        int length = Headers.length(messages, start, datagram.length, order);
        while (length > 0) {
            if (Headers.sequence(Arrays.copyOfRange(datagram, start, start + length), order) == sequence) {
                return true;
            }
            start += Netlink.align(length);
            length = Headers.length(messages, start, datagram.length, order);
        }
        return false;
    }

    /** Notes that the next message was sent. Returns whether it was the last. */
    boolean advance() {
        at += Netlink.align(message().length);
        return at >= datagram.length;
    }

    /** Whether all its messages unbind a group or queue, as sessions do when they end. */
    boolean shutsDown() {
        try {
            return ParsedMessage.parse(datagram, order, 0).stream().allMatch(ExpectedRequest::shutsDown);
        } catch (MalformedMessageException e) {
            return false;
        }
    }

    /** Whether a request unbinds a group or queue, or closes a queue for new packets. */
    static boolean shutsDown(ParsedMessage request) {
        if (request.type() == NflogConfig.NFULNL_MSG_CONFIG) {
            return commands(request, NflogConfig.NFULA_CFG_CMD, NflogConfig.NFULNL_CFG_CMD_UNBIND);
        }
        if (request.type() != NfqueueConfig.NFQNL_MSG_CONFIG) {
            return false;
        }
        if (request.has(NfqueueConfig.NFQA_CFG_CMD)) {
            return commands(request, NfqueueConfig.NFQA_CFG_CMD, NfqueueConfig.NFQNL_CFG_CMD_UNBIND);
        }
        return request.attribute(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN)
                .filter(value -> value.length() == Integer.BYTES && value.u32(0) == 0)
                .isPresent();
    }

    private static boolean commands(ParsedMessage request, int code, int command) {
        return request.attribute(code)
                .filter(value -> value.length() > 0 && value.u8(0) == command)
                .isPresent();
    }
}
