// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The message that a packet is read from: its bytes, the places of its attributes, and whether it may still be read.
 *
 * @param <A> the family's attributes
 */
public final class PacketMessage<A extends Enum<A> & AttributeType> {
    /** The start of attributes in a message, after its header and the {@code struct nfgenmsg}. */
    private static final int ATTRIBUTES = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;

    private static final int VLAN_PROTO = 1;
    private static final int VLAN_TCI = 2;

    private final AttributeTable table;
    private final PacketShape<A> shape;
    private final int vlan;
    private final @Nullable Loan loan;
    private @Nullable AttributeCursor nest;
    private @Nullable Map<A, BytesView> views;
    private int length = -1;
    private long receivedAt;
    private int vlanProtocol;
    private int vlanTci;
    private boolean owned;

    /**
     * A view of no message; {@link #wrap} aims it.
     *
     * @param shape the particulars of the family's packets
     * @param loan the loan of a strict view; otherwise null
     */
    public PacketMessage(PacketShape<A> shape, @Nullable Loan loan) {
        this(new AttributeTable(shape.schema(), shape.steady()), shape, loan);
    }

    private PacketMessage(AttributeTable table, PacketShape<A> shape, @Nullable Loan loan) {
        this.table = table;
        this.shape = shape;
        this.vlan = shape.vlan();
        this.loan = loan;
    }

    /**
     * Aims at a message, and finds and checks its attributes.
     *
     * @param cursor a cursor on it
     * @param receivedAtNanos the time of receipt, in nanoseconds since 1970
     * @return true if it repeats the previous message: it has the same attributes and the same values of the steady
     *     ones and, if the shape has any steady ones, the same family and group; if false, they may or may not differ
     * @throws MalformedMessageException if an attribute is malformed; the view is then empty
     */
    public boolean wrap(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        length = -1;
        int size = cursor.length();
        if (size < ATTRIBUTES) {
            cursor.requireNfgenmsg();
        }
        AttributeTable found = table;
        boolean repeats = found.wrap(cursor);
        if (found.has(vlan)) {
            wrapVlan(cursor.order());
        }
        receivedAt = receivedAtNanos;
        length = size;
        return repeats;
    }

    private void wrapVlan(ByteOrder order) throws MalformedMessageException {
        vlanProtocol = 0;
        vlanTci = 0;
        try {
            if (nest == null) {
                nest = new AttributeCursor();
            }
            AttributeCursor inner =
                    nest.wrap(table.buffer(), table.offset(vlan), table.length(vlan), order, shape.vlanPath());
            while (inner.next()) {
                if (inner.type() == VLAN_PROTO) {
                    vlanProtocol = inner.be16();
                } else if (inner.type() == VLAN_TCI) {
                    vlanTci = inner.be16();
                }
            }
        } catch (MalformedMessageException e) {
            table.forget();
            throw e;
        }
    }

    /** Forgets the message, so that the next one does not repeat it. */
    public void forget() {
        table.forget();
    }

    /** Ends the loan: nothing can be read from now on. */
    public void release() {
        length = -1;
        table.clear();
        if (views != null) {
            views.values().forEach(BytesView::release);
        }
        if (loan != null) {
            loan.end();
        }
    }

    /**
     * A copy of the message that stays valid.
     *
     * @return an owned copy
     * @throws IllegalStateException if the loan has ended
     */
    public PacketMessage<A> copy() {
        alive();
        byte[] bytes = new byte[length];
        table.buffer().get(start(), bytes);
        ByteBuffer owner = ByteBuffer.wrap(bytes);
        PacketMessage<A> copy = new PacketMessage<>(table.copy(owner, ATTRIBUTES), shape, null);
        copy.length = length;
        copy.vlanProtocol = vlanProtocol;
        copy.vlanTci = vlanTci;
        copy.receivedAt = receivedAt;
        copy.owned = true;
        return copy;
    }

    /**
     * Requires that the message can be read.
     *
     * @throws IllegalStateException if the loan has ended
     */
    public void alive() {
        if (length < 0) {
            throw Loan.error(
                    loan, "this packet was borrowed and its callback has returned; copy() it inside the callback");
        }
    }

    /**
     * Whether the loan has ended.
     *
     * @return whether nothing can be read
     */
    public boolean released() {
        return length < 0;
    }

    /**
     * Whether the message owns its bytes.
     *
     * @return false for a borrowed one
     */
    public boolean owned() {
        return owned;
    }

    /**
     * This family's attribute.
     *
     * @param attribute an attribute that both families have
     * @return the one of this family
     */
    public A of(SharedAttribute attribute) {
        return shape.shared(attribute);
    }

    /**
     * Whether an attribute is there.
     *
     * @param attribute the attribute
     * @return whether it is
     * @throws IllegalStateException if the loan has ended
     */
    public boolean has(A attribute) {
        return has(attribute.code());
    }

    /**
     * As {@link #has(Enum)}, for hot paths: a code that is a constant costs no load.
     *
     * @param code the attribute's code
     * @return whether it is present
     * @throws IllegalStateException if the loan has ended
     */
    public boolean has(int code) {
        if (table.has(code)) {
            return true;
        }
        alive();
        return false;
    }

    /**
     * Where an attribute's value starts.
     *
     * @param attribute the attribute
     * @return an offset in the buffer
     * @throws NoSuchElementException if it is absent; the message explains why
     * @throws IllegalStateException if the loan has ended
     */
    public int require(A attribute) {
        return require(attribute.code());
    }

    /**
     * As {@link #require(Enum)}, for hot paths.
     *
     * @param code the attribute's code
     * @return an offset in the buffer
     * @throws NoSuchElementException if it is absent; the message explains why
     * @throws IllegalStateException if the loan has ended
     */
    public int require(int code) {
        if (!table.has(code)) {
            throw absent(code);
        }
        return table.offset(code);
    }

    private NoSuchElementException absent(int code) {
        alive();
        for (A attribute : shape.attributes().getEnumConstants()) {
            if (attribute.code() == code) {
                return new NoSuchElementException(attribute.kernelName() + " is absent: " + attribute.absence());
            }
        }
        throw new IllegalArgumentException(
                "attribute " + code + " is none of " + shape.schema().name());
    }

    /**
     * The length of an attribute's value. Undefined if the attribute is absent.
     *
     * @param attribute the attribute
     * @return bytes
     */
    public int length(A attribute) {
        return length(attribute.code());
    }

    /**
     * As {@link #length(Enum)}, for hot paths.
     *
     * @param code the attribute's code
     * @return bytes
     */
    public int length(int code) {
        return table.length(code);
    }

    /**
     * An attribute of 32 bits.
     *
     * @param attribute the attribute
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if it is absent
     */
    public long u32(A attribute) {
        return u32(attribute.code());
    }

    /**
     * As {@link #u32(Enum)}, for hot paths.
     *
     * @param code the attribute's code
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if it is absent
     */
    public long u32(int code) {
        return NetworkOrder.u32(table.buffer(), require(code));
    }

    /**
     * An attribute of 16 bits.
     *
     * @param attribute the attribute
     * @return 0 to 65535
     * @throws NoSuchElementException if it is absent
     */
    public int u16(A attribute) {
        return u16(attribute.code(), 0);
    }

    /**
     * Two bytes of an attribute's value, for hot paths.
     *
     * @param code the attribute's code
     * @param index the first byte in the value; not checked against the value's length
     * @return 0 to 65535
     * @throws NoSuchElementException if it is absent
     */
    public int u16(int code, int index) {
        return NetworkOrder.u16(table.buffer(), require(code) + index);
    }

    /**
     * A time as both families send it: be64 seconds, be64 microseconds.
     *
     * @param attribute the attribute
     * @return nanoseconds since 1970
     * @throws NoSuchElementException if it is absent
     */
    public long timestampNanos(A attribute) {
        int offset = require(attribute);
        ByteBuffer bytes = table.buffer();
        return NetworkOrder.i64(bytes, offset) * 1_000_000_000L + NetworkOrder.i64(bytes, offset + Long.BYTES) * 1_000L;
    }

    /**
     * A link-layer address as both families send it: be16 length, padding, 8 bytes.
     *
     * @param attribute the attribute
     * @return the number of bytes given by its length, 8 at most
     * @throws NoSuchElementException if it is absent
     */
    public byte[] hardwareAddress(A attribute) {
        int offset = require(attribute);
        byte[] address = new byte[Math.min(NetworkOrder.u16(table.buffer(), offset), Long.BYTES)];
        table.buffer().get(offset + Integer.BYTES, address);
        return address;
    }

    /**
     * Aims a view at an attribute's value, or at no bytes if it is absent.
     *
     * @param attribute the attribute
     * @param view the view
     */
    public void aim(A attribute, BytesView view) {
        aim(attribute.code(), view);
    }

    /**
     * As {@link #aim(Enum, BytesView)}, for hot paths.
     *
     * @param code the attribute's code
     * @param view the view
     */
    public void aim(int code, BytesView view) {
        if (has(code)) {
            view.wrap(table.buffer(), table.offset(code), table.length(code));
        } else {
            view.wrap(table.buffer(), 0, 0);
        }
    }

    /**
     * An attribute's value. A borrowed packet has one view for each attribute, which is released with it.
     *
     * @param attribute the attribute
     * @return the bytes
     * @throws NoSuchElementException if it is absent
     */
    public Bytes bytes(A attribute) {
        require(attribute);
        BytesView view = owned ? new BytesView() : borrowedView(attribute);
        aim(attribute, view);
        return view;
    }

    private BytesView borrowedView(A attribute) {
        if (views == null) {
            views = new EnumMap<>(shape.attributes());
        }
        return views.computeIfAbsent(attribute, any -> loan == null ? new BytesView() : loan.bytes());
    }

    /**
     * The family in the message.
     *
     * @return 0 to 255
     */
    public int family() {
        alive();
        return table.buffer().get(bodyOffset()) & 0xff;
    }

    /**
     * The group or queue in the message ({@code res_id}).
     *
     * @return 0 to 65535
     */
    public int resId() {
        alive();
        return NetworkOrder.u16(table.buffer(), table.start() - Netlink.NFGENMSG_LEN + 2);
    }

    /**
     * The time of receipt.
     *
     * @return nanoseconds since 1970
     */
    public long receivedAt() {
        alive();
        return receivedAt;
    }

    /**
     * The VLAN tag's ethertype.
     *
     * @return 0 to 65535; 0 if there is none
     */
    public int vlanProtocol() {
        return vlanProtocol;
    }

    /**
     * The VLAN tag's control information.
     *
     * @return 0 to 65535; 0 if there is none
     */
    public int vlanTci() {
        return vlanTci;
    }

    /**
     * The buffer that holds the message.
     *
     * @return the buffer; big-endian
     */
    public ByteBuffer buffer() {
        return table.buffer();
    }

    /**
     * The byte order of headers.
     *
     * @return the order of the host that wrote the message
     */
    public ByteOrder order() {
        return table.order();
    }

    /**
     * The start of the {@code struct nfgenmsg}, which the attributes follow.
     *
     * @return an offset in the buffer
     */
    public int bodyOffset() {
        alive();
        return table.start() - Netlink.NFGENMSG_LEN;
    }

    /** Where the message starts. */
    private int start() {
        return table.start() - ATTRIBUTES;
    }

    /**
     * The length of {@code struct nfgenmsg} and attributes.
     *
     * @return bytes
     */
    public int bodyLength() {
        return length - Netlink.NLMSG_HDRLEN;
    }
}
