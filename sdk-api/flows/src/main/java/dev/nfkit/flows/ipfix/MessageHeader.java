// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;

/** The header of a message (RFC 7011, section 3.1). Reading it verifies its length and those of all sets. */
record MessageHeader(int length, long exported, long sequence, long domain) {
    private static final long U32 = 0xffff_ffffL;
    private static final int U16 = 0xffff;
    private static final int LENGTH_OFFSET = 2;
    private static final int EXPORTED_OFFSET = 4;
    private static final int SEQUENCE_OFFSET = 8;
    private static final int DOMAIN_OFFSET = 12;

    /** The header of a message from position to limit. */
    static MessageHeader read(ByteBuffer message) throws MalformedMessageException {
        int start = message.position();
        int length = lengthOf(message);
        if (length != message.remaining()) {
            throw malformed("header", LENGTH_OFFSET, "the length " + message.remaining(), Integer.toString(length));
        }
        int offset = MessageBuffer.HEADER;
        while (offset < length) {
            if (length - offset < MessageBuffer.SET_HEADER) {
                throw malformed("set", offset, "a header of 4 bytes", (length - offset) + " bytes");
            }
            int set = message.getShort(start + offset + LENGTH_OFFSET) & U16;
            if (set < MessageBuffer.SET_HEADER || set > length - offset) {
                throw malformed("set", offset, "a length from 4 to " + (length - offset), Integer.toString(set));
            }
            offset += set;
        }
        return new MessageHeader(
                length,
                message.getInt(start + EXPORTED_OFFSET) & U32,
                message.getInt(start + SEQUENCE_OFFSET) & U32,
                message.getInt(start + DOMAIN_OFFSET) & U32);
    }

    /** The length of the message that begins at the position, whose first 16 bytes are there. */
    static int lengthOf(ByteBuffer bytes) throws MalformedMessageException {
        if (bytes.remaining() < MessageBuffer.HEADER) {
            throw malformed("header", 0, "16 bytes", bytes.remaining() + " bytes");
        }
        int version = bytes.getShort(bytes.position()) & U16;
        if (version != MessageBuffer.VERSION) {
            throw malformed("header", 0, "version 10", "version " + version);
        }
        int length = bytes.getShort(bytes.position() + LENGTH_OFFSET) & U16;
        if (length < MessageBuffer.HEADER) {
            throw malformed("header", LENGTH_OFFSET, "a length from 16", Integer.toString(length));
        }
        return length;
    }

    static MalformedMessageException malformed(String part, int offset, String expected, String actual) {
        return new MalformedMessageException("IPFIX/" + part, offset, expected, actual);
    }
}
