// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.decode.AttributeTable;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes decoders of single messages. Each datagram is read at two positions in memory: the surrounding bytes must not
 * affect the result. Only a {@link MalformedMessageException} may be thrown, and no reader takes more steps than there
 * are bytes.
 */
class MessageFuzzTest {
    private static final int CODES = 64;

    /** Reads a message, and returns everything that it contains. */
    @FunctionalInterface
    private interface Reader {
        String read(MessageCursor message) throws MalformedMessageException;
    }

    private static void readAll(byte[] data, Reader reader) {
        Input input = new Input(data);
        ByteOrder order = input.order();
        byte[] datagram = input.rest();
        Budget.within(data, () -> Placed.read(datagram, placed -> readAll(placed, order, reader)));
    }

    private static String readAll(Placed placed, ByteOrder order, Reader reader) {
        StringBuilder shown = new StringBuilder();
        MessageCursor message = new MessageCursor().wrap(placed.buffer(), placed.offset(), placed.length(), order);
        for (int steps = 0; ; steps++) {
            if (steps > placed.length()) {
                throw new AssertionError("more messages than bytes");
            }
            try {
                if (!message.next()) {
                    return shown.toString();
                }
                inside(placed, message.offset(), message.end());
                shown.append(message.type()).append(' ').append(reader.read(message));
            } catch (MalformedMessageException e) {
                shown.append(e.getMessage());
            }
        }
    }

    private static void inside(Placed placed, int from, int to) {
        if (from < placed.offset() || to < from || to > placed.offset() + placed.length()) {
            throw new AssertionError(from + " to " + to + " is outside of the message " + placed);
        }
    }

    @MethodSource("dev.nfkit.fuzz.Recordings#nflog")
    @FuzzTest
    void nflog(byte[] data) {
        readAll(data, message -> {
            NflogPacket packet = NflogPacket.read(message, 7);
            return Shown.of(packet);
        });
    }

    @MethodSource("dev.nfkit.fuzz.Recordings#nfqueue")
    @FuzzTest
    void nfqueue(byte[] data) {
        readAll(data, message -> Shown.of(QueuedPacket.read(message, 7)));
    }

    @MethodSource("dev.nfkit.fuzz.Recordings#conntrack")
    @FuzzTest
    void conntrack(byte[] data) {
        readAll(data, message -> {
            boolean expectation = ConntrackMessage.of(message.type())
                    .map(ConntrackMessage::ofExpectations)
                    .orElse(false);
            if (expectation) {
                return Shown.of(ConntrackExpectation.read(message));
            }
            EntryAttributes attributes = new EntryAttributes(null).wrap(message);
            ConntrackEntry entry = new ConntrackEntry(attributes);
            String shown = Shown.of(entry);
            ConntrackEntry copy = entry.copy();
            attributes.release();
            // "owned" differs between a view and its copy
            require(Shown.of(copy).replace("owned=true", "owned=false"), shown);
            if (copy.has(ConntrackAttribute.TUPLE_ORIG)) {
                reread(copy.original(), message.order());
            }
            return shown;
        });
    }

    /** A tuple that is written is read unchanged. */
    private static void reread(ConntrackTuple tuple, ByteOrder order) throws MalformedMessageException {
        MessageWriter writer = new MessageWriter(512, order);
        writer.begin(ConntrackMessage.CT_NEW.type(), 0, 0)
                .nfgenmsg(tuple.family().number(), 0);
        tuple.writeTo(writer, ConntrackAttribute.TUPLE_ORIG.code());
        writer.end();
        ByteBuffer datagram = writer.datagram();
        MessageCursor message = new MessageCursor().wrap(datagram, datagram.position(), datagram.remaining(), order);
        message.next();
        ConntrackTuple again = ConntrackEntry.read(message).original();
        require(again.toString(), tuple.toString());
    }

    private static void require(String found, String expected) {
        if (!found.equals(expected)) {
            throw new AssertionError("found:\n" + found + "\nexpected:\n" + expected);
        }
    }

    /** The table finds the same attributes as the cursor, also if it knows the layout from the previous message. */
    @MethodSource("dev.nfkit.fuzz.Recordings#datagrams")
    @FuzzTest
    void attributes(byte[] data) {
        for (AttributeSchema schema :
                new AttributeSchema[] {NflogAttribute.SCHEMA, NfqueueAttribute.SCHEMA, ConntrackAttribute.SCHEMA}) {
            long steady = schema == NflogAttribute.SCHEMA ? 1L << NflogAttribute.PREFIX.code() : 0;
            AttributeTable used = new AttributeTable(schema, steady);
            readAll(data, message -> {
                message.requireNfgenmsg();
                String found = table(new AttributeTable(schema), message);
                require(table(used, message), found);
                if (!found.startsWith("malformed")) {
                    require(found, cursor(message, schema));
                }
                return found;
            });
        }
    }

    private static String table(AttributeTable table, MessageCursor message) {
        try {
            table.wrap(message);
        } catch (MalformedMessageException e) {
            return "malformed: " + e.getMessage();
        }
        StringBuilder shown = new StringBuilder();
        for (int code = 0; code < CODES; code++) {
            if (table.has(code)) {
                shown.append(code)
                        .append(" at ")
                        .append(table.offset(code) - message.offset())
                        .append('+')
                        .append(table.length(code))
                        .append(' ');
            }
        }
        return shown.toString();
    }

    private static String cursor(MessageCursor message, AttributeSchema schema) throws MalformedMessageException {
        int highest =
                schema.types().stream().mapToInt(AttributeType::code).max().orElseThrow();
        String[] last = new String[highest + 1];
        AttributeCursor cursor = new AttributeCursor().wrap(message, schema.name());
        BytesView value = new BytesView();
        while (cursor.next()) {
            if (cursor.type() <= highest) {
                last[cursor.type()] = cursor.type() + " at " + (cursor.offset() - message.offset()) + "+"
                        + cursor.bytes(value).length() + " ";
            }
        }
        StringBuilder shown = new StringBuilder();
        for (String each : last) {
            shown.append(each == null ? "" : each);
        }
        return shown.toString();
    }
}
