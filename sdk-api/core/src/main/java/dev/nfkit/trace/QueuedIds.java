// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ids of a socket's queued packets that still wait for a verdict, according to the entries so far. Removes verdicts
 * for other packets from datagrams to the kernel.
 */
final class QueuedIds {
    /** {@code NFQA_PACKET_HDR}, which begins with the id, and {@code NFQA_VERDICT_HDR}, whose second word it is. */
    private static final int PACKET_HDR = 1;

    private static final int VERDICT_HDR = 2;

    private final ByteOrder order;
    private final Map<Integer, Set<Integer>> waiting = new HashMap<>();
    private final MessageCursor message = new MessageCursor();
    private final AttributeCursor attributes = new AttributeCursor();

    QueuedIds(ByteOrder order) {
        this.order = order;
    }

    /** Whether a datagram that came from the kernel begins with a queued packet. */
    boolean holds(ByteBuffer datagram) {
        message.wrap(datagram, 0, datagram.capacity(), order);
        try {
            return message.next() && message.type() == Configuration.QUEUED_PACKET;
        } catch (MalformedMessageException e) {
            return false;
        }
    }

    /** Takes a datagram that came from the kernel. */
    void received(ByteBuffer datagram) {
        message.wrap(datagram, 0, datagram.capacity(), order);
        try {
            while (message.next()) {
                Integer id = message.type() == Configuration.QUEUED_PACKET ? word(PACKET_HDR, 0) : null;
                if (id != null) {
                    waiting.computeIfAbsent(message.resId(), queue -> new LinkedHashSet<>())
                            .add(id);
                }
            }
        } catch (MalformedMessageException e) {
            // A packet that cannot be read has no known id, so no verdict can be recognised as its own.
            return;
        }
    }

    /** Takes a datagram to the kernel; returns what remains of it, which may be nothing. */
    ByteBuffer sent(ByteBuffer datagram) {
        ByteArrayOutputStream left = new ByteArrayOutputStream(datagram.capacity());
        message.wrap(datagram, 0, datagram.capacity(), order);
        try {
            while (message.next()) {
                if (belongs()) {
                    int end = Math.min(datagram.capacity(), message.offset() + Netlink.align(message.length()));
                    byte[] bytes = new byte[end - message.offset()];
                    datagram.get(message.offset(), bytes);
                    left.writeBytes(bytes);
                }
            }
        } catch (MalformedMessageException e) {
            return datagram;
        }
        return left.size() == datagram.capacity() ? datagram : ByteBuffer.wrap(left.toByteArray());
    }

    /** Whether a message is not a verdict, or one for a packet that waits. */
    private boolean belongs() throws MalformedMessageException {
        int type = message.type();
        if (type != Configuration.VERDICT && type != Configuration.VERDICT_BATCH) {
            return true;
        }
        Integer id = word(VERDICT_HDR, 4);
        Set<Integer> queue = id == null ? Set.of() : waiting.getOrDefault(message.resId(), Set.of());
        if (id == null || queue.isEmpty()) {
            return false;
        }
        // A batch is for all ids up to its own, as the kernel compares them (nfnetlink_queue.c: nfq_id_after).
        return type == Configuration.VERDICT ? queue.remove(id) : queue.removeIf(each -> id - each >= 0);
    }

    private @Nullable Integer word(int type, int at) throws MalformedMessageException {
        if (!message.hasNfgenmsg()) {
            return null;
        }
        attributes.wrap(message, "packet");
        while (attributes.next()) {
            if (attributes.type() == type && attributes.length() >= at + 4) {
                return message.buffer().getInt(attributes.offset() + at);
            }
        }
        return null;
    }
}
