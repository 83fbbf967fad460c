// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of a request or of a nest, with their positions in the message, which refusals name. */
final class Attributes {
    /** An attribute: the position of its value in the message, and its length. */
    private record Field(int type, int offset, int length) {}

    private final byte[] message;
    private final ByteOrder order;
    private final List<Field> list = new ArrayList<>();
    private final Map<Integer, Field> fields = new LinkedHashMap<>();

    private Attributes(byte[] message, ByteOrder order, AttributeCursor cursor) throws Refused {
        this.message = message;
        this.order = order;
        try {
            while (cursor.next()) {
                Field field = new Field(cursor.type(), cursor.offset(), cursor.length());
                list.add(field);
                fields.put(field.type(), field);
            }
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }

    static Attributes of(ParsedMessage request) throws Refused {
        byte[] bytes = request.bytes().toArray();
        MessageCursor cursor = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, request.order());
        try {
            cursor.next();
            return new Attributes(bytes, request.order(), new AttributeCursor().wrap(cursor, "request"));
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }

    private Attributes inside(Field field) throws Refused {
        return new Attributes(message, order, cursor(field));
    }

    private AttributeCursor cursor(Field field) {
        return new AttributeCursor().wrap(ByteBuffer.wrap(message), field.offset(), field.length(), order, "nest");
    }

    boolean has(int type) {
        return fields.containsKey(type);
    }

    /** A refusal that names an attribute; of none that is present, without a position. */
    Refused refuse(Errno errno, int type) {
        Field field = fields.get(type);
        return field == null ? new Refused(errno) : new Refused(errno, null, field.offset() - Netlink.NLA_HDRLEN);
    }

    /** A refusal that names an attribute of a list, by its place. */
    Refused refuseNth(Errno errno, int place) {
        return new Refused(errno, null, list.get(place).offset() - Netlink.NLA_HDRLEN);
    }

    private Field required(int type) throws Refused {
        Field field = fields.get(type);
        if (field == null) {
            throw new Refused(Errno.EINVAL);
        }
        return field;
    }

    String text(int type) throws Refused {
        Field field = required(type);
        int end = field.length();
        while (end > 0 && message[field.offset() + end - 1] == 0) {
            end--;
        }
        return new String(message, field.offset(), end, StandardCharsets.UTF_8);
    }

    /** A big-endian number of the attribute's length, or a default. */
    long number(int type, long absent) {
        Field field = fields.get(type);
        if (field == null) {
            return absent;
        }
        long number = 0;
        for (int i = 0; i < field.length(); i++) {
            number = (number << 8) | (message[field.offset() + i] & 0xff);
        }
        return number;
    }

    byte @Nullable [] bytes(int type) {
        Field field = fields.get(type);
        if (field == null) {
            return null;
        }
        byte[] value = new byte[field.length()];
        System.arraycopy(message, field.offset(), value, 0, value.length);
        return value;
    }

    /** The attributes inside one, or null if it is absent. */
    @Nullable
    Attributes nest(int type) throws Refused {
        Field field = fields.get(type);
        return field == null ? null : inside(field);
    }

    /** A cursor before the content of an attribute, or null if it is absent. */
    @Nullable
    AttributeCursor cursor(int type) {
        Field field = fields.get(type);
        return field == null ? null : cursor(field);
    }

    /** A cursor at an attribute, or null if it is absent. */
    @Nullable
    AttributeCursor at(int type) throws Refused {
        Field field = fields.get(type);
        if (field == null) {
            return null;
        }
        int from = field.offset() - Netlink.NLA_HDRLEN;
        AttributeCursor cursor = new AttributeCursor()
                .wrap(ByteBuffer.wrap(message), from, field.length() + Netlink.NLA_HDRLEN, order, "attribute");
        try {
            cursor.next();
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
        return cursor;
    }

    /** The elements of a list, each of them a nest. */
    List<Attributes> elements() throws Refused {
        List<Attributes> all = new ArrayList<>();
        for (Field field : list) {
            all.add(inside(field));
        }
        return all;
    }

    /** The values of all attributes as texts. */
    List<String> texts() {
        List<String> all = new ArrayList<>();
        for (Field field : list) {
            String text = new String(message, field.offset(), field.length(), StandardCharsets.UTF_8);
            int end = text.indexOf('\0');
            all.add(end < 0 ? text : text.substring(0, end));
        }
        return all;
    }
}
