// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.testkit.message.ParsedMessage;
import java.nio.ByteOrder;
import java.util.Optional;

/** One decoded message that was sent to a fake kernel. Immutable. */
public final class SentMessage {
    private final ParsedMessage message;

    SentMessage(ParsedMessage message) {
        this.message = message;
    }

    /**
     * Returns the message's type.
     *
     * @return {@code nlmsg_type}, 0 to 65535: subsystem in the upper byte, message in the lower
     */
    public int type() {
        return message.type();
    }

    /**
     * Returns the message's flags.
     *
     * @return {@code nlmsg_flags}, 0 to 65535
     */
    public int flags() {
        return message.flags();
    }

    /**
     * Returns the message's sequence number.
     *
     * @return {@code nlmsg_seq}, 0 to 2³²−1
     */
    public long sequence() {
        return message.sequence();
    }

    /**
     * Returns the port id of the sender.
     *
     * @return the socket's port id
     */
    public long portId() {
        return message.portId();
    }

    /**
     * Returns the family in its {@code struct nfgenmsg}.
     *
     * @return 0 to 255; 0 if the message is too short for one
     */
    public int family() {
        return message.family();
    }

    /**
     * Returns the group or queue in its {@code struct nfgenmsg}.
     *
     * @return 0 to 65535; 0 if the message is too short for one
     */
    public int resId() {
        return message.resId();
    }

    /**
     * Returns the version in its {@code struct nfgenmsg}. In a flush, it determines whether the family applies.
     *
     * @return 0 to 255; 0 if the message is too short for one
     */
    public int version() {
        return message.version();
    }

    /**
     * Returns whether an attribute is present.
     *
     * @param code its type on the wire
     * @return whether it is present
     */
    public boolean has(int code) {
        return message.has(code);
    }

    /**
     * Returns the value of an attribute; if it occurs twice, the last value.
     *
     * @param code its type on the wire
     * @return the value, or empty if it is absent
     */
    public Optional<Bytes> attribute(int code) {
        return message.attribute(code);
    }

    /**
     * Returns the message as it was sent, without padding.
     *
     * @return all its bytes, including the header
     */
    public Bytes bytes() {
        return message.bytes();
    }

    /**
     * Returns the byte order of its header.
     *
     * @return the sender's
     */
    public ByteOrder order() {
        return message.order();
    }

    /**
     * Returns header and attributes in one line.
     *
     * @return text for messages
     */
    @Override
    public String toString() {
        return message.toString();
    }
}
