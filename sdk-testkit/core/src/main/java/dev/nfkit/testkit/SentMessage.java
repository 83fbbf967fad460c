package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One decoded message that was sent to a fake kernel. Immutable. */
public final class SentMessage {
    private final byte[] bytes;
    private final ByteOrder order;
    private final long portId;
    private final MessageCursor header;
    private final Map<Integer, Bytes> attributes = new LinkedHashMap<>();

    private SentMessage(byte[] bytes, ByteOrder order, long portId) throws MalformedMessageException {
        this.bytes = bytes;
        this.order = order;
        this.portId = portId;
        this.header = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        header.next();
        if (type() >= Netlink.NLMSG_MIN_TYPE && header.hasNfgenmsg()) {
            AttributeCursor cursor = new AttributeCursor().wrap(header, "message");
            while (cursor.next()) {
                attributes.put(cursor.type(), cursor.bytes(new BytesView()));
            }
        }
    }

    static List<SentMessage> parse(byte[] datagram, ByteOrder order, long portId) throws MalformedMessageException {
        List<SentMessage> messages = new ArrayList<>();
        MessageCursor cursor = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        while (cursor.next()) {
            byte[] message = new byte[cursor.length()];
            System.arraycopy(datagram, cursor.offset(), message, 0, message.length);
            messages.add(new SentMessage(message, order, portId));
        }
        return messages;
    }

    /**
     * Returns the message's type.
     *
     * @return {@code nlmsg_type}, 0 to 65535: subsystem in the upper byte, message in the lower
     */
    public int type() {
        return header.type();
    }

    /**
     * Returns the message's flags.
     *
     * @return {@code nlmsg_flags}, 0 to 65535
     */
    public int flags() {
        return header.flags();
    }

    /**
     * Returns the message's sequence number.
     *
     * @return {@code nlmsg_seq}, 0 to 2³²−1
     */
    public long sequence() {
        return header.sequence();
    }

    /**
     * Returns the port id of the sender.
     *
     * @return the socket's port id
     */
    public long portId() {
        return portId;
    }

    /**
     * Returns the family in its {@code struct nfgenmsg}.
     *
     * @return 0 to 255; 0 if the message is too short for one
     */
    public int family() {
        return header.hasNfgenmsg() ? header.family() : 0;
    }

    /**
     * Returns the group or queue in its {@code struct nfgenmsg}.
     *
     * @return 0 to 65535; 0 if the message is too short for one
     */
    public int resId() {
        return header.hasNfgenmsg() ? header.resId() : 0;
    }

    /**
     * Returns the version in its {@code struct nfgenmsg}. In a flush, it determines whether the family applies.
     *
     * @return 0 to 255; 0 if the message is too short for one
     */
    public int version() {
        return header.hasNfgenmsg() ? header.version() : 0;
    }

    /**
     * Returns whether an attribute is present.
     *
     * @param code its type on the wire
     * @return whether it is present
     */
    public boolean has(int code) {
        return attributes.containsKey(code);
    }

    /**
     * Returns the value of an attribute; if it occurs twice, the last value.
     *
     * @param code its type on the wire
     * @return the value, or empty if it is absent
     */
    public Optional<Bytes> attribute(int code) {
        return Optional.ofNullable(attributes.get(code));
    }

    /**
     * Whether it is long enough for a {@code struct nfgenmsg}. The kernel acknowledges shorter messages without effect.
     */
    boolean hasNfgenmsg() {
        return header.hasNfgenmsg();
    }

    /**
     * Returns the message as it was sent, without padding.
     *
     * @return all its bytes, including the header
     */
    public Bytes bytes() {
        return Bytes.of(bytes.clone());
    }

    /**
     * Returns the byte order of its header.
     *
     * @return the sender's
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * Returns header and attributes in one line.
     *
     * @return text for messages
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("type ").append(type() >> 8).append('/').append(type() & 0xff);
        text.append(" flags 0x").append(Integer.toHexString(flags()));
        text.append(" seq ").append(sequence());
        text.append(" family ").append(family()).append(" res_id ").append(resId());
        attributes.forEach(
                (code, value) -> text.append(' ').append(code).append('=').append(value.toHex()));
        return text.toString();
    }
}
