// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/** Divides the stream of a connection into messages. */
final class TcpConnection {
    private static final int SMALL = 4096;

    private final SocketChannel channel;
    private final IpfixReader reader;
    private ByteBuffer bytes = ByteBuffer.allocate(SMALL);

    TcpConnection(SocketChannel channel, IpfixReader reader) {
        this.channel = channel;
        this.reader = reader;
    }

    /** How a connection goes on. */
    enum Outcome {
        OPEN,
        /** The exporter closed it after a whole message. */
        ENDED,
        /** It ended in the middle of a message, or a message was malformed. */
        BROKEN
    }

    /** Reads what has arrived, one buffer at most, and delivers whole messages. */
    <E extends Exception> Outcome read(IpfixSink<E> sink) throws E {
        boolean ended;
        try {
            ended = SocketWait.uninterrupted(() -> channel.read(bytes)) < 0;
        } catch (IOException e) { // such as a reset
            return Outcome.BROKEN;
        }
        bytes.flip();
        try {
            while (bytes.remaining() >= MessageBuffer.HEADER) {
                int length = MessageHeader.lengthOf(bytes);
                if (bytes.remaining() < length) {
                    break;
                }
                int start = bytes.position();
                bytes.position(start + length); // also if the sink throws
                reader.read(bytes.duplicate().position(start).limit(start + length), sink);
            }
            reserve();
        } catch (MalformedMessageException e) {
            return Outcome.BROKEN; // where the next message begins is not known
        } finally {
            bytes.compact();
        }
        if (ended) {
            return bytes.position() == 0 ? Outcome.ENDED : Outcome.BROKEN;
        }
        return Outcome.OPEN;
    }

    /** Makes the buffer long enough for the message that has begun. */
    private void reserve() throws MalformedMessageException {
        int length = bytes.remaining() < MessageBuffer.HEADER ? 0 : MessageHeader.lengthOf(bytes);
        if (length > bytes.capacity()) {
            byte[] longer = Arrays.copyOfRange(bytes.array(), 0, length);
            bytes = ByteBuffer.wrap(longer).position(bytes.position()).limit(bytes.limit());
        }
    }

    void close() {
        Closing.quietly(channel);
        reader.end();
    }
}
