// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.process.SockDiag;
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

/** One decoded message to the kernel. Immutable. */
public final class ParsedMessage {
    private final byte[] bytes;
    private final ByteOrder order;
    private final long portId;
    private final MessageCursor header;
    private final Map<Integer, Bytes> attributes = new LinkedHashMap<>();

    private ParsedMessage(byte[] bytes, ByteOrder order, long portId) throws MalformedMessageException {
        this.bytes = bytes;
        this.order = order;
        this.portId = portId;
        this.header = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        header.next();
        int body = bodyLength();
        if (type() >= Netlink.NLMSG_MIN_TYPE && header.length() >= Netlink.NLMSG_HDRLEN + body) {
            int from = header.bodyOffset() + body;
            AttributeCursor cursor =
                    new AttributeCursor().wrap(header.buffer(), from, header.end() - from, order, "message");
            while (cursor.next()) {
                attributes.put(cursor.type(), cursor.bytes(new BytesView()));
            }
        }
    }

    /** Bytes before the attributes. The types of sockets and routes are none of nfnetlink. */
    private int bodyLength() {
        return switch (type()) {
            case SockDiag.SOCK_DIAG_BY_FAMILY, SockDiag.SOCK_DESTROY -> SockDiag.INET_DIAG_REQ_V2_LEN;
            case SockDiag.RTM_GETROUTE -> SockDiag.RTMSG_LEN;
            default -> Netlink.NFGENMSG_LEN;
        };
    }

    /** Decodes the messages of a datagram. */
    public static List<ParsedMessage> parse(byte[] datagram, ByteOrder order, long portId)
            throws MalformedMessageException {
        List<ParsedMessage> messages = new ArrayList<>();
        MessageCursor cursor = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        while (cursor.next()) {
            byte[] message = new byte[cursor.length()];
            System.arraycopy(datagram, cursor.offset(), message, 0, message.length);
            messages.add(new ParsedMessage(message, order, portId));
        }
        return messages;
    }

    /** The message's type. */
    public int type() {
        return header.type();
    }

    /** The message's flags. */
    public int flags() {
        return header.flags();
    }

    /** The message's sequence number. */
    public long sequence() {
        return header.sequence();
    }

    /** The port id of the sender. */
    public long portId() {
        return portId;
    }

    /** The family in its {@code struct nfgenmsg}. */
    public int family() {
        return header.hasNfgenmsg() ? header.family() : 0;
    }

    /** The group or queue in its {@code struct nfgenmsg}. */
    public int resId() {
        return header.hasNfgenmsg() ? header.resId() : 0;
    }

    /** The version in its {@code struct nfgenmsg}. */
    public int version() {
        return header.hasNfgenmsg() ? header.version() : 0;
    }

    /** Whether an attribute is present. */
    public boolean has(int code) {
        return attributes.containsKey(code);
    }

    /** The value of an attribute; if it occurs twice, the last value. */
    public Optional<Bytes> attribute(int code) {
        return Optional.ofNullable(attributes.get(code));
    }

    /**
     * Whether it is long enough for a {@code struct nfgenmsg}. The kernel acknowledges shorter messages without effect.
     */
    public boolean hasNfgenmsg() {
        return header.hasNfgenmsg();
    }

    /** The message as it was sent, without padding. */
    public Bytes bytes() {
        return Bytes.of(bytes.clone());
    }

    /** The byte order of its header. */
    public ByteOrder order() {
        return order;
    }

    /** Header and attributes in one line. */
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
