package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A datagram as lines of text, one for each header and attribute: what a replay compares and shows. Sequence numbers,
 * port ids, padding and the order of attributes are left out; where an attribute stands twice, the last is shown.
 */
final class MessageText {
    private static final String INDENT = "  ";
    private static final int SHOWN_BYTES = 64;

    private final Map<Integer, AttributeSchema> schemas;
    private final boolean whole;

    /**
     * A teller of messages.
     *
     * @param schemas what is known of attributes, by message type
     * @param whole whether long values are written out, to be compared, or shortened, to be read
     */
    MessageText(Map<Integer, AttributeSchema> schemas, boolean whole) {
        this.schemas = schemas;
        this.whole = whole;
    }

    List<String> lines(byte[] datagram, ByteOrder order) {
        List<String> lines = new ArrayList<>();
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        try {
            while (message.next()) {
                message(message, lines);
            }
        } catch (MalformedMessageException e) {
            lines.add("malformed: " + e.getMessage());
            lines.add(hex(Bytes.of(datagram)));
        }
        return lines;
    }

    private void message(MessageCursor message, List<String> lines) throws MalformedMessageException {
        AttributeSchema schema = schemas.get(message.type());
        lines.add("message type 0x" + Integer.toHexString(message.type())
                + (schema == null ? "" : " " + schema.name())
                + " flags 0x" + Integer.toHexString(message.flags()));
        if (message.type() < Netlink.NLMSG_MIN_TYPE || !message.hasNfgenmsg()) {
            int from = message.bodyOffset();
            if (message.end() > from) {
                lines.add(INDENT + "body " + hex(new Bytes().wrap(message.buffer(), from, message.end() - from)));
            }
            return;
        }
        lines.add(INDENT + "nfgenmsg family " + message.family() + " version " + message.version() + " res_id "
                + message.resId());
        attributes(new AttributeCursor().wrap(message, "message"), schema, INDENT, lines);
    }

    private void attributes(AttributeCursor cursor, @Nullable AttributeSchema schema, String indent, List<String> lines)
            throws MalformedMessageException {
        Map<Integer, List<String>> byCode = new TreeMap<>();
        while (cursor.next()) {
            List<String> told = new ArrayList<>();
            attribute(cursor, schema, indent, told);
            byCode.put(cursor.type(), told);
        }
        byCode.values().forEach(lines::addAll);
    }

    private void attribute(AttributeCursor cursor, @Nullable AttributeSchema schema, String indent, List<String> lines)
            throws MalformedMessageException {
        AttributeType type = schema == null ? null : schema.find(cursor.type()).orElse(null);
        String name = schema == null ? "attribute " + cursor.type() : schema.nameOf(cursor.type());
        boolean nest = cursor.nested() || (type != null && type.shape() == AttributeShape.NESTED);
        if (nest) {
            lines.add(indent + name);
            AttributeSchema inner = type == null ? null : type.nested().orElse(null);
            attributes(cursor.nest(new AttributeCursor(), name), inner, indent + INDENT, lines);
            return;
        }
        lines.add(indent + name + " = " + value(cursor, type));
    }

    private String value(AttributeCursor cursor, @Nullable AttributeType type) throws MalformedMessageException {
        Bytes bytes = cursor.bytes(new Bytes());
        if (type == null) {
            return hex(bytes);
        }
        int exact = type.shape().minimumLength();
        return switch (type.shape()) {
            case U8 -> bytes.length() == exact ? Integer.toString(cursor.u8()) : hex(bytes);
            case BE16 -> bytes.length() == exact ? Integer.toString(cursor.be16()) : hex(bytes);
            case BE32 -> bytes.length() == exact ? Long.toString(cursor.be32()) : hex(bytes);
            case BE64 -> bytes.length() == exact ? Long.toUnsignedString(cursor.be64()) : hex(bytes);
            case HOST32 -> bytes.length() == exact ? Long.toString(cursor.host32()) : hex(bytes);
            case STRING -> whole ? hex(bytes) : '"' + cursor.string() + '"';
            case BYTES, NESTED -> hex(bytes);
        };
    }

    private String hex(Bytes bytes) {
        if (whole || bytes.length() <= SHOWN_BYTES) {
            return bytes.toHex() + " (" + bytes.length() + " bytes)";
        }
        return bytes.slice(0, SHOWN_BYTES).toHex() + "… (" + bytes.length() + " bytes)";
    }
}
