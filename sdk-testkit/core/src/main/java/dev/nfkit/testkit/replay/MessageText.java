// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.nfqueue.Verdict;
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
 * Messages as lines of text, one for each header and attribute, which a replay compares and prints. Sequence numbers,
 * port ids and padding are omitted. Attributes are in the order of their codes; those with the same code in their
 * original order.
 */
public final class MessageText {
    /** A line: the complete text for comparison, and with shortened values for display. */
    record Line(String whole, String shown) {}

    private static final String INDENT = "  ";
    private static final int SHOWN_BYTES = 32;
    private static final int VERDICT_HDR = 8;
    private static final int VERDICT_HDR_CODE = 2;

    private final MessageNames names;

    public MessageText(MessageNames names) {
        this.names = names;
    }

    /** The lines of all messages of a datagram. */
    List<Line> lines(byte[] datagram, ByteOrder order) {
        List<Line> lines = new ArrayList<>();
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        try {
            while (message.next()) {
                message(message, lines);
            }
        } catch (MalformedMessageException e) {
            lines.add(plain("malformed: " + e.getMessage()));
            lines.add(hex("", Bytes.of(datagram)));
        }
        return lines;
    }

    /** The lines for comparison. */
    public List<String> structure(byte[] datagram, ByteOrder order) {
        return lines(datagram, order).stream().map(Line::whole).toList();
    }

    private static Line plain(String text) {
        return new Line(text, text);
    }

    private void message(MessageCursor message, List<Line> lines) throws MalformedMessageException {
        int type = message.type();
        lines.add(plain(names.type(type, message.flags()) + ", flags " + names.flags(type, message.flags())));
        if (type < Netlink.NLMSG_MIN_TYPE || !message.hasNfgenmsg()) {
            int from = message.bodyOffset();
            if (message.end() > from) {
                body(type, new BytesView().wrap(message.buffer(), from, message.end() - from), message.order(), lines);
            }
            return;
        }
        lines.add(plain(INDENT + "nfgenmsg: family " + message.family() + ", version " + message.version() + ", res_id "
                + message.resId()));
        attributes(
                new AttributeCursor().wrap(message, "message"),
                type,
                names.schema(type, message.flags()),
                INDENT,
                lines);
    }

    private static void body(int type, Bytes body, ByteOrder order, List<Line> lines) {
        if (type == Netlink.NLMSG_ERROR && body.length() >= Integer.BYTES) {
            int word = (int) body.u32(0);
            int error = order == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(word) : word;
            lines.add(plain(INDENT + "error " + (error == 0 ? "0 (acknowledged)" : Errno.of(-error))));
        } else {
            lines.add(hex(INDENT + "body = ", body));
        }
    }

    private void attributes(
            AttributeCursor cursor, int message, @Nullable AttributeSchema schema, String indent, List<Line> lines)
            throws MalformedMessageException {
        Map<Integer, List<Line>> byCode = new TreeMap<>();
        while (cursor.next()) {
            attribute(
                    cursor, message, schema, indent, byCode.computeIfAbsent(cursor.type(), code -> new ArrayList<>()));
        }
        byCode.values().forEach(lines::addAll);
    }

    private void attribute(
            AttributeCursor cursor, int message, @Nullable AttributeSchema schema, String indent, List<Line> lines)
            throws MalformedMessageException {
        AttributeType type = schema == null ? null : schema.find(cursor.type()).orElse(null);
        String name = schema == null ? "attribute " + cursor.type() : schema.nameOf(cursor.type());
        if (cursor.nested() || (type != null && type.shape() == AttributeShape.NESTED)) {
            lines.add(plain(indent + name));
            AttributeSchema inner = type == null ? null : type.nested().orElse(null);
            attributes(cursor.nest(new AttributeCursor(), name), 0, inner, indent + INDENT, lines);
            return;
        }
        boolean verdict =
                message == NfqueueConfig.NFQNL_MSG_VERDICT || message == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH;
        if (verdict && cursor.type() == VERDICT_HDR_CODE) {
            lines.add(verdict(indent + name + " = ", cursor.bytes(new BytesView())));
        } else {
            lines.add(value(indent + name + " = ", cursor, type));
        }
    }

    private static Line value(String head, AttributeCursor cursor, @Nullable AttributeType type)
            throws MalformedMessageException {
        Bytes bytes = cursor.bytes(new BytesView());
        if (type == null || bytes.length() != type.shape().minimumLength()) {
            boolean text = type != null && type.shape() == AttributeShape.STRING && bytes.length() > 0;
            Line whole = hex(head, bytes);
            return text ? new Line(whole.whole(), head + '"' + PrintableText.of(cursor.string()) + '"') : whole;
        }
        return switch (type.shape()) {
            case U8 -> plain(head + cursor.u8());
            case BE16 -> plain(head + cursor.be16());
            case BE32 -> plain(head + cursor.be32());
            case BE64 -> plain(head + Long.toUnsignedString(cursor.be64()));
            case HOST32 -> plain(head + cursor.host32());
            case STRING, BYTES, NESTED -> hex(head, bytes);
        };
    }

    /** {@code struct nfqnl_msg_verdict_hdr}: be32 verdict, be32 id. */
    private static Line verdict(String head, Bytes bytes) {
        if (bytes.length() != VERDICT_HDR) {
            return hex(head, bytes);
        }
        String verdict;
        try {
            verdict = Verdict.of((int) bytes.u32(0)).toString();
        } catch (IllegalArgumentException e) {
            verdict = "verdict 0x" + Long.toHexString(bytes.u32(0));
        }
        return plain(head + verdict + ", id " + bytes.u32(4));
    }

    private static Line hex(String head, Bytes bytes) {
        String whole = head + bytes.toHex() + " (" + bytes.length() + " bytes)";
        return bytes.length() <= SHOWN_BYTES
                ? plain(whole)
                : new Line(whole, head + bytes.slice(0, SHOWN_BYTES).toHex() + "… (" + bytes.length() + " bytes)");
    }
}
