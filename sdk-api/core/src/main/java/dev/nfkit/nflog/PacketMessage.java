package dev.nfkit.nflog;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogAttribute.Vlan;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeTable;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The bytes behind a packet: where its attributes lie, and whether it may still be read. */
final class PacketMessage {
    /** Where attributes start in a message: behind its header and the {@code struct nfgenmsg}. */
    private static final int ATTRIBUTES = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;

    private static final int PREFIX = NflogAttribute.PREFIX.code();
    private static final int VLAN = NflogAttribute.VLAN.code();
    private static final long PREFIX_BIT = 1L << PREFIX;
    private static final long VLAN_BIT = 1L << VLAN;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final AttributeTable table;
    private final PrefixCache prefixes;
    private final @Nullable Throwable origin;
    private @Nullable AttributeCursor nest;
    private @Nullable Map<NflogAttribute, Bytes> views;
    private ByteBuffer buffer = NOTHING;
    private int start;
    private int length = -1;
    private long receivedAt;
    private int vlanProtocol;
    private int vlanTci;
    private boolean owned;
    private @Nullable String ownedPrefix;

    /**
     * A message yet to be aimed.
     *
     * @param prefixes where prefixes are found as text
     * @param origin where the packet was handed out, for a strict view; else null
     */
    PacketMessage(PrefixCache prefixes, @Nullable Throwable origin) {
        this(new AttributeTable(NflogAttribute.SCHEMA), prefixes, origin);
    }

    private PacketMessage(AttributeTable table, PrefixCache prefixes, @Nullable Throwable origin) {
        this.table = table;
        this.prefixes = prefixes;
        this.origin = origin;
    }

    void wrap(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        length = -1;
        int size = cursor.length();
        if (size < ATTRIBUTES) {
            cursor.requireNfgenmsg();
        }
        ByteBuffer bytes = cursor.buffer();
        int offset = cursor.offset();
        AttributeTable found = table;
        found.wrap(bytes, offset + ATTRIBUTES, offset + size, cursor.order());
        long present = found.present();
        if ((present & PREFIX_BIT) != 0) {
            int last = found.offset(PREFIX) + found.length(PREFIX) - 1;
            if (bytes.get(last) != 0) {
                throw endless(offset);
            }
        }
        if ((present & VLAN_BIT) != 0) {
            wrapVlan(bytes, cursor.order());
        }
        buffer = bytes;
        start = offset;
        receivedAt = receivedAtNanos;
        length = size;
    }

    private MalformedMessageException endless(int offset) {
        int at = table.offset(PREFIX) - offset;
        table.clear();
        return new MalformedMessageException(
                "NFULNL_MSG_PACKET/NFULA_PREFIX", at, "text ended by NUL", "text without one");
    }

    private void wrapVlan(ByteBuffer bytes, ByteOrder order) throws MalformedMessageException {
        vlanProtocol = 0;
        vlanTci = 0;
        try {
            if (nest == null) {
                nest = new AttributeCursor();
            }
            AttributeCursor inner =
                    nest.wrap(bytes, table.offset(VLAN), table.length(VLAN), order, "NFULNL_MSG_PACKET/NFULA_VLAN");
            while (inner.next()) {
                if (inner.type() == Vlan.PROTO.code()) {
                    vlanProtocol = inner.be16();
                } else if (inner.type() == Vlan.TCI.code()) {
                    vlanTci = inner.be16();
                }
            }
        } catch (MalformedMessageException e) {
            table.clear();
            throw e;
        }
    }

    void release() {
        length = -1;
        table.clear();
        if (views != null) {
            views.values().forEach(Bytes::release);
        }
    }

    PacketMessage copy() {
        alive();
        byte[] bytes = new byte[length];
        buffer.get(start, bytes);
        ByteBuffer owner = ByteBuffer.wrap(bytes);
        PacketMessage copy = new PacketMessage(table.copy(owner, ATTRIBUTES), prefixes, null);
        copy.buffer = owner;
        copy.length = length;
        copy.vlanProtocol = vlanProtocol;
        copy.vlanTci = vlanTci;
        copy.receivedAt = receivedAt;
        copy.ownedPrefix = has(NflogAttribute.PREFIX) ? prefix() : null;
        copy.owned = true;
        return copy;
    }

    private void alive() {
        if (length < 0) {
            throw new IllegalStateException(
                    "this packet was borrowed and its callback has returned; copy() it inside the callback", origin);
        }
    }

    boolean released() {
        return length < 0;
    }

    boolean owned() {
        return owned;
    }

    boolean has(NflogAttribute attribute) {
        if (table.has(attribute.code())) {
            return true;
        }
        alive();
        return false;
    }

    /** Where an attribute's value starts; throws where it is absent. */
    int require(NflogAttribute attribute) {
        int code = attribute.code();
        if (!table.has(code)) {
            alive();
            throw new NoSuchElementException(attribute.kernelName() + " is absent: " + Absence.reason(attribute));
        }
        return table.offset(code);
    }

    int length(NflogAttribute attribute) {
        return table.length(attribute.code());
    }

    long u32(NflogAttribute attribute) {
        return buffer.getInt(require(attribute)) & 0xffff_ffffL;
    }

    int u16(NflogAttribute attribute) {
        return buffer.getShort(require(attribute)) & 0xffff;
    }

    /** Aims a view at an attribute's value, or at nothing where it is absent. */
    void aim(NflogAttribute attribute, Bytes view) {
        if (has(attribute)) {
            view.wrap(buffer, table.offset(attribute.code()), length(attribute));
        } else {
            view.wrap(buffer, 0, 0);
        }
    }

    /** An attribute's value: of a borrowed packet one view for each attribute, released with it. */
    Bytes bytes(NflogAttribute attribute) {
        require(attribute);
        Bytes view = owned ? new Bytes() : borrowedView(attribute);
        aim(attribute, view);
        return view;
    }

    private Bytes borrowedView(NflogAttribute attribute) {
        if (views == null) {
            views = new EnumMap<>(NflogAttribute.class);
        }
        return views.computeIfAbsent(attribute, any -> new Bytes());
    }

    String prefix() {
        int offset = require(NflogAttribute.PREFIX);
        String text = ownedPrefix;
        return text != null ? text : prefixes.text(buffer, offset, length(NflogAttribute.PREFIX) - 1);
    }

    int family() {
        alive();
        return buffer.get(start + Netlink.NLMSG_HDRLEN) & 0xff;
    }

    int group() {
        alive();
        return buffer.getShort(start + Netlink.NLMSG_HDRLEN + 2) & 0xffff;
    }

    long receivedAt() {
        alive();
        return receivedAt;
    }

    int vlanProtocol() {
        return vlanProtocol;
    }

    int vlanTci() {
        return vlanTci;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    ByteOrder order() {
        return table.order();
    }

    /** Where the {@code struct nfgenmsg} starts, behind which the attributes lie. */
    int bodyOffset() {
        alive();
        return start + Netlink.NLMSG_HDRLEN;
    }

    /** The length of {@code struct nfgenmsg} and attributes. */
    int bodyLength() {
        return length - Netlink.NLMSG_HDRLEN;
    }
}
