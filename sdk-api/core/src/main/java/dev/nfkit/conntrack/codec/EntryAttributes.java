// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a connection, borrowed from a receive buffer or owned. Their owner aims and releases them; the entry
 * over them, which applications get, only reads.
 */
public final class EntryAttributes extends EntryReader {
    private EntryReader.@Nullable Cursors cursors;
    private @Nullable BytesView helperInfo;
    private final BytesView bytes;
    private final @Nullable Loan loan;
    private boolean alive;
    private boolean owned;
    private long portId;

    /**
     * No attributes; {@link #wrap} aims them.
     *
     * @param loan the loan of a strict view; otherwise null
     */
    public EntryAttributes(@Nullable Loan loan) {
        this.loan = loan;
        this.bytes = loan == null ? new BytesView() : loan.bytes();
    }

    /**
     * Owned attributes.
     *
     * @param bytes the attributes, which must not change
     * @param order the byte order of the host that wrote them
     * @return new attributes
     * @throws IllegalStateException if one of them is malformed
     */
    public static EntryAttributes owned(byte[] bytes, ByteOrder order) {
        return owned(bytes, order, null);
    }

    private static EntryAttributes owned(byte[] bytes, ByteOrder order, EntryReader.@Nullable Cursors cursors) {
        EntryAttributes copy = new EntryAttributes(null);
        copy.cursors = cursors;
        try {
            copy.wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("the bytes changed under the entry, whose callback has returned", e);
        }
        copy.cursors = null;
        copy.owned = true;
        return copy;
    }

    /**
     * Aims at the connection in a message.
     *
     * @param message a cursor at the message
     * @return these attributes
     * @throws MalformedMessageException as {@link #wrap(ByteBuffer, int, int, ByteOrder)}
     */
    public EntryAttributes wrap(MessageCursor message) throws MalformedMessageException {
        message.requireNfgenmsg();
        int from = message.attributesOffset();
        portId = message.portId();
        return wrap(message.buffer(), from, message.end() - from, message.order());
    }

    /**
     * Aims at the attributes of a connection ({@code CTA_*}), and checks all of them. They are valid as long as the
     * bytes do not change.
     *
     * @param buffer holds the attributes; big-endian, which is a buffer's default
     * @param offset the first attribute's first byte, from the buffer's start
     * @param length their length in bytes
     * @param order the byte order of the host that wrote them
     * @return these attributes
     * @throws MalformedMessageException if an attribute, at any depth, is cut or shorter than its type; nothing can
     *     then be read
     * @throws IndexOutOfBoundsException if the range exceeds the buffer
     */
    public EntryAttributes wrap(ByteBuffer buffer, int offset, int length, ByteOrder order)
            throws MalformedMessageException {
        if (owned) {
            throw new IllegalStateException("an owned entry cannot be aimed at other bytes");
        }
        alive = false;
        if (cursors == null) {
            cursors = new EntryReader.Cursors();
        }
        read(cursors, buffer, offset, length, order);
        bytes.wrap(buffer, offset, length);
        alive = true;
        return this;
    }

    /** Ends the loan: nothing can be read from now on. Owned attributes do not change. */
    public void release() {
        if (!owned) {
            alive = false;
            bytes.release();
            if (helperInfo != null) {
                helperInfo.release();
            }
            if (loan != null) {
                loan.end();
            }
        }
    }

    /**
     * Checks that the attributes can be read.
     *
     * @return these attributes
     * @throws IllegalStateException if the loan has ended
     */
    public EntryAttributes alive() {
        if (!alive) {
            throw Loan.error(
                    loan, "this entry was borrowed and its callback has returned; copy() it inside the callback");
        }
        return this;
    }

    /**
     * Whether nothing can be read, because the loan has ended or not begun.
     *
     * @return false if the attributes can be read
     */
    public boolean released() {
        return !alive;
    }

    /**
     * Whether the attributes are valid for as long as they are referenced.
     *
     * @return false for borrowed ones
     */
    public boolean owned() {
        return owned;
    }

    /**
     * Attributes that stay valid.
     *
     * @return an owned copy, or these attributes if they are owned
     * @throws IllegalStateException if the loan has ended
     */
    public EntryAttributes copy() {
        if (owned) {
            return this;
        }
        alive();
        EntryAttributes copy = owned(bytes.toArray(), order(), cursors);
        copy.portId = portId;
        return copy;
    }

    /**
     * All attributes as the kernel sent them.
     *
     * @return the bytes, borrowed as the attributes are
     */
    public Bytes bytes() {
        return bytes;
    }

    /**
     * The netlink port in the header of the message.
     *
     * @return 0 if the attributes are not from a message
     */
    public long portId() {
        return portId;
    }

    /**
     * The data of a helper in user space.
     *
     * @return the bytes, borrowed as the attributes are; empty if there are none
     */
    public Bytes helperInfo() {
        BytesView view = owned || helperInfo == null ? loan == null ? new BytesView() : loan.bytes() : helperInfo;
        if (!owned) {
            helperInfo = view;
        }
        return helperInfo(view);
    }
}
