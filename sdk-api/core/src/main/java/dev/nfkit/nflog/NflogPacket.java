package dev.nfkit.nflog;

import static dev.nfkit.nflog.NflogAttribute.CT;
import static dev.nfkit.nflog.NflogAttribute.CT_INFO;
import static dev.nfkit.nflog.NflogAttribute.GID;
import static dev.nfkit.nflog.NflogAttribute.HWADDR;
import static dev.nfkit.nflog.NflogAttribute.HWHEADER;
import static dev.nfkit.nflog.NflogAttribute.HWLEN;
import static dev.nfkit.nflog.NflogAttribute.HWTYPE;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_INDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_OUTDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSINDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSOUTDEV;
import static dev.nfkit.nflog.NflogAttribute.L2HDR;
import static dev.nfkit.nflog.NflogAttribute.MARK;
import static dev.nfkit.nflog.NflogAttribute.PACKET_HDR;
import static dev.nfkit.nflog.NflogAttribute.PAYLOAD;
import static dev.nfkit.nflog.NflogAttribute.PREFIX;
import static dev.nfkit.nflog.NflogAttribute.SEQ;
import static dev.nfkit.nflog.NflogAttribute.SEQ_GLOBAL;
import static dev.nfkit.nflog.NflogAttribute.TIMESTAMP;
import static dev.nfkit.nflog.NflogAttribute.UID;
import static dev.nfkit.nflog.NflogAttribute.VLAN;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.Loan;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.channel.PacketMessage;
import dev.nfkit.channel.PacketShape;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.netfilter.HardwareAddress;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.netfilter.OriginalLength;
import dev.nfkit.netfilter.PayloadProtocol;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.wire.MessageCursor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One logged packet ({@code NFULNL_MSG_PACKET}). Borrowed or owned, as described in {@link NetfilterPacket}.
 *
 * <p>Follows {@code __build_packet_message} in {@code net/netfilter/nfnetlink_log.c}.
 */
public final class NflogPacket implements NetfilterPacket {
    private static final PacketShape<NflogAttribute> SHAPE = new PacketShape<>(
            NflogAttribute.class, NflogAttribute.SCHEMA, VLAN, Absence::reason, Set.of(PACKET_HDR, PREFIX));

    // The codes of the hot path as numbers: a field of an enum constant is not a constant for the compiler.
    private static final int HDR_CODE = PACKET_HDR.code();
    private static final int MARK_CODE = MARK.code();
    private static final int PAYLOAD_CODE = PAYLOAD.code();
    private static final int PREFIX_CODE = PREFIX.code();
    private static final int SEQ_CODE = SEQ.code();

    private final PacketMessage<NflogAttribute> message;
    private final PrefixCache prefixes;
    private final Bytes payload;
    private final @Nullable Loan loan;
    private @Nullable ConntrackEntry connection;

    // Values of the steady attributes, valid until a message has others.
    private @Nullable String prefix;
    private int hwProtocol;
    /**
     * Whether a prefix was requested: further ones are then made when they change, not when they are requested.
     */
    private boolean prefixAsked;

    /**
     * A view of no message; {@link #wrap} aims it.
     *
     * @param prefixes the cache of prefixes as text
     * @param loan the loan of a strict view; otherwise null
     */
    NflogPacket(PrefixCache prefixes, @Nullable Loan loan) {
        this(new PacketMessage<>(SHAPE, loan), prefixes, loan);
        payload.release(); // it is aimed when it is requested
    }

    private NflogPacket(PacketMessage<NflogAttribute> message, PrefixCache prefixes, @Nullable Loan loan) {
        this.loan = loan;
        this.payload = loan == null ? new Bytes() : loan.bytes();
        this.message = message;
        this.prefixes = prefixes;
    }

    /**
     * Reads one message as an owned packet, for instance from a recording.
     *
     * @param cursor a cursor on a message of type {@link NflogConfig#NFULNL_MSG_PACKET}
     * @param receivedAtNanos the time of receipt, in nanoseconds since 1970
     * @return an owned packet
     * @throws MalformedMessageException if an attribute is malformed
     */
    public static NflogPacket read(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        NflogPacket view = new NflogPacket(new PrefixCache(), null);
        view.wrap(cursor, receivedAtNanos);
        return view.copy();
    }

    /** Aims this view at a message; returns whether it repeats the previous one, as {@link PacketMessage#wrap} does. */
    boolean wrap(MessageCursor cursor, long receivedAtNanos) throws MalformedMessageException {
        if (message.wrap(cursor, receivedAtNanos)) {
            return true;
        }
        learn();
        return false;
    }

    private void learn() {
        hwProtocol = message.has(HDR_CODE) ? message.u16(HDR_CODE, 0) : 0;
        prefix = prefixAsked && message.has(PREFIX_CODE) ? prefixText() : null;
    }

    private String prefixText() {
        return prefixes.text(message.buffer(), message.require(PREFIX_CODE), message.length(PREFIX_CODE) - 1);
    }

    /** Forgets the message, so that the next one does not repeat it. */
    void forget() {
        message.forget();
    }

    /** Ends the loan. */
    void release() {
        message.release();
        payload.release();
        if (connection != null) {
            connection.release();
        }
    }

    /** The message as bytes, for encoders of this package. */
    PacketMessage<NflogAttribute> message() {
        return message;
    }

    /**
     * Whether the kernel sent an attribute.
     *
     * @param attribute the attribute
     * @return whether it is present
     * @throws IllegalStateException if the packet was borrowed and its callback has returned
     */
    public boolean has(NflogAttribute attribute) {
        return message.has(attribute);
    }

    /**
     * Any attribute's value as received, for code that follows the schema.
     *
     * @param attribute the attribute
     * @return the bytes without the attribute's header, borrowed as the packet is
     * @throws java.util.NoSuchElementException if it is absent
     * @throws IllegalStateException if the packet was borrowed and its callback has returned
     */
    public Bytes bytes(NflogAttribute attribute) {
        return message.bytes(attribute);
    }

    /**
     * The group that the packet was logged to.
     *
     * @return 0 to 65535
     */
    public int group() {
        return message.resId();
    }

    @Override
    public AddressFamily family() {
        return AddressFamily.of(message.family());
    }

    @Override
    public Hook hook() {
        return Hook.of(family(), message.buffer().get(message.require(PACKET_HDR) + 2) & 0xff);
    }

    @Override
    public int hwProtocol() {
        message.require(HDR_CODE);
        return hwProtocol;
    }

    @Override
    public int etherType() {
        message.alive();
        return payloadProtocol();
    }

    private int payloadProtocol() {
        int sent = hwProtocol;
        return sent != 0 ? sent : concludedProtocol();
    }

    private int concludedProtocol() {
        int length = payloadLength();
        int at = length == 0 ? 0 : message.require(PAYLOAD_CODE);
        return PayloadProtocol.concluded(message.family(), message.buffer(), at, length);
    }

    @Override
    public long mark() {
        return message.has(MARK_CODE) ? message.u32(MARK_CODE) : 0;
    }

    /**
     * The prefix of the rule. Rules of iptables without one send an empty prefix; nftables sends none.
     *
     * @return the text; bytes that are no UTF-8 become U+FFFD
     * @throws java.util.NoSuchElementException if the kernel sent none
     */
    public String prefix() {
        message.require(PREFIX_CODE);
        String text = prefix;
        if (text == null) {
            prefixAsked = true;
            text = prefixText();
            prefix = text;
        }
        return text;
    }

    @Override
    public long timestampNanos() {
        return message.timestampNanos(TIMESTAMP);
    }

    @Override
    public long receivedAtNanos() {
        return message.receivedAt();
    }

    @Override
    public long capturedAtNanos() {
        return message.has(TIMESTAMP) ? timestampNanos() : message.receivedAt();
    }

    @Override
    public long inInterface() {
        return message.u32(IFINDEX_INDEV);
    }

    @Override
    public long outInterface() {
        return message.u32(IFINDEX_OUTDEV);
    }

    @Override
    public long physInInterface() {
        return message.u32(IFINDEX_PHYSINDEV);
    }

    @Override
    public long physOutInterface() {
        return message.u32(IFINDEX_PHYSOUTDEV);
    }

    @Override
    public HardwareAddress hardwareAddress() {
        return new HardwareAddress(message.hardwareAddress(HWADDR));
    }

    /**
     * The receiving device's type.
     *
     * @return an {@code ARPHRD_*} number, 1 for Ethernet; 0 to 65535
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets sent by this host
     */
    public int hardwareType() {
        return message.u16(HWTYPE);
    }

    /**
     * The length of the link-layer header.
     *
     * @return bytes, 0 to 65535
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets sent by this host
     */
    public int hardwareHeaderLength() {
        return message.u16(HWLEN);
    }

    /**
     * The link-layer header as received.
     *
     * @return the bytes, borrowed as the packet is
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets sent by this host
     */
    public Bytes hardwareHeader() {
        return message.bytes(HWHEADER);
    }

    @Override
    public long uid() {
        return message.u32(UID);
    }

    @Override
    public long gid() {
        return message.u32(GID);
    }

    /**
     * The packet's number in its group, which counts from 0 when the group is bound. A gap is a loss.
     *
     * @return 0 to 2³²−1, then from 0 again
     * @throws java.util.NoSuchElementException if numbering is off
     */
    public long sequence() {
        return message.u32(SEQ_CODE);
    }

    /**
     * The packet's number in all groups of the namespace with this option.
     *
     * @return 0 to 2³²−1, then from 0 again
     * @throws java.util.NoSuchElementException if numbering is off
     */
    public long sequenceGlobal() {
        return message.u32(SEQ_GLOBAL);
    }

    @Override
    public VlanTag vlan() {
        message.require(VLAN);
        return new VlanTag(message.vlanProtocol(), message.vlanTci());
    }

    @Override
    public Bytes l2Header() {
        return message.bytes(L2HDR);
    }

    /**
     * The packet's connection as the kernel nested it: attributes {@code CTA_*}. {@link #conntrack()} decodes them.
     *
     * @return the bytes, borrowed as the packet is
     * @throws java.util.NoSuchElementException if the kernel sent none
     */
    public Bytes conntrackAttributes() {
        return message.bytes(CT);
    }

    @Override
    public ConntrackInfo conntrackInfo() {
        return ConntrackInfo.of(message.u32(CT_INFO));
    }

    @Override
    public ConntrackEntry conntrack() throws MalformedMessageException {
        int at = message.require(CT);
        ConntrackEntry entry = message.owned() || connection == null ? new ConntrackEntry(loan) : connection;
        if (entry.released()) {
            entry.wrap(message.buffer(), at, message.length(CT), message.order());
        }
        if (message.owned()) {
            return entry.copy();
        }
        connection = entry;
        return entry;
    }

    @Override
    public Bytes payload() {
        if (payload.length()
                < 0) { // not requested since the packet was wrapped; owned packets are aimed from the start
            message.aim(PAYLOAD_CODE, payload);
        }
        return payload;
    }

    /** Whether it has a number in its group. */
    boolean numbered() {
        return message.has(SEQ_CODE);
    }

    /** The payload's length, without a view of it. */
    int payloadLength() {
        return message.has(PAYLOAD_CODE) ? message.length(PAYLOAD_CODE) : 0;
    }

    @Override
    public int originalLength() {
        int length = payloadLength();
        return Math.max(length, statedLength(length));
    }

    /** The length according to the IP header, if there is one. */
    private int statedLength(int length) {
        return length == 0
                ? 0
                : OriginalLength.of(message.buffer(), message.require(PAYLOAD_CODE), length, payloadProtocol());
    }

    @Override
    public boolean truncated() {
        if (!message.has(PAYLOAD_CODE)) {
            return true;
        }
        int length = message.length(PAYLOAD_CODE);
        return statedLength(length) > length;
    }

    @Override
    public boolean owned() {
        return message.owned();
    }

    @Override
    public NflogPacket copy() {
        if (message.owned()) {
            return this;
        }
        NflogPacket copy = new NflogPacket(message.copy(), prefixes, null);
        copy.message.aim(PAYLOAD_CODE, copy.payload);
        copy.hwProtocol = hwProtocol;
        copy.prefix = message.has(PREFIX_CODE) ? prefix() : null; // the cache belongs to the session's thread
        return copy;
    }

    /**
     * A short description, for logs; never throws.
     *
     * @return text such as {@code NFLOG group 30, LOCAL_OUT, 84 bytes}
     */
    @Override
    public String toString() {
        if (message.released()) {
            return "NFLOG packet (released)";
        }
        return "NFLOG group " + group() + (has(PACKET_HDR) ? ", " + hook() : "") + ", " + originalLength() + " bytes"
                + (truncated() ? " (truncated)" : "");
    }
}
