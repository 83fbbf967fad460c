// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import static dev.nfkit.nflog.NflogAttribute.HWHEADER;
import static dev.nfkit.nflog.NflogAttribute.HWLEN;
import static dev.nfkit.nflog.NflogAttribute.HWTYPE;
import static dev.nfkit.nflog.NflogAttribute.MARK;
import static dev.nfkit.nflog.NflogAttribute.PACKET_HDR;
import static dev.nfkit.nflog.NflogAttribute.PAYLOAD;
import static dev.nfkit.nflog.NflogAttribute.PREFIX;
import static dev.nfkit.nflog.NflogAttribute.SEQ;
import static dev.nfkit.nflog.NflogAttribute.SEQ_GLOBAL;

import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.decode.PacketMessage;
import dev.nfkit.decode.PacketShape;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.netfilter.decode.DecodedPacket;
import dev.nfkit.netfilter.decode.OriginalLength;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.MessageCursor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One logged packet ({@code NFULNL_MSG_PACKET}). Borrowed or owned, as described in {@link NetfilterPacket}.
 *
 * <p>Follows {@code __build_packet_message} in {@code net/netfilter/nfnetlink_log.c}.
 */
@SuppressWarnings("exports") // applications see the inherited members, not the class that has them
public final class NflogPacket extends DecodedPacket<NflogAttribute> {
    private static final PacketShape<NflogAttribute> SHAPE =
            new PacketShape<>(NflogAttribute.class, NflogAttribute.SCHEMA, Set.of(PACKET_HDR, PREFIX));

    // The codes of the hot path as numbers: a field of an enum constant is not a constant for the compiler.
    private static final int HDR_CODE = PACKET_HDR.code();
    private static final int MARK_CODE = MARK.code();
    private static final int PAYLOAD_CODE = PAYLOAD.code();
    private static final int PREFIX_CODE = PREFIX.code();
    private static final int SEQ_CODE = SEQ.code();

    private final PrefixCache prefixes;

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
        super(message, loan);
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
        endLoan();
    }

    /** The message as bytes, for encoders of this package. */
    PacketMessage<NflogAttribute> message() {
        return message;
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
        return sent != 0 ? sent : inferredProtocol();
    }

    private int inferredProtocol() {
        int length = payloadLength();
        int at = length == 0 ? 0 : message.require(PAYLOAD_CODE);
        return inferredProtocol(at, length);
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
