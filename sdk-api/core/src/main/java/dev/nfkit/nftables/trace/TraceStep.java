// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.decode.AttributeTable;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A step of a packet through the rules: a rule that matched, the end of a chain, or a policy. Rules that did not match
 * cause no message.
 *
 * <p>A step that was handed to a callback is borrowed: afterwards its accessors throw IllegalStateException. {@link
 * #copy()} returns one that stays valid and that any thread may read. The first step of a packet in each base chain
 * {@linkplain #describesPacket() describes the packet}: its headers, its interfaces and, since Linux 6.16, its connection.
 * Other steps lack these attributes, and their accessors throw {@link NoSuchElementException}; ask {@link #has} before.
 *
 * <p>Follows {@code nft_trace_notify} in {@code nf_tables_trace.c}.
 */
public final class TraceStep implements TraceEvent {
    private static final int ATTRIBUTES = Netlink.NLMSG_HDRLEN + Netlink.NFGENMSG_LEN;
    private static final String PATH = TraceAttribute.SCHEMA.name();
    private static final String VERDICT_PATH = PATH + "/" + TraceAttribute.VERDICT.kernelName();
    private static final int LONGEST_NAME = 255;
    private static final String BORROWED =
            "this trace step was borrowed and its callback has returned; copy() it inside the callback";
    private static final TraceType[] TYPES = {null, TraceType.POLICY, TraceType.RETURN, TraceType.RULE};
    /** The bits of {@code NF_CT_STATE_BIT}. */
    private static final int ESTABLISHED = 2;

    private static final int RELATED = 4;
    private static final int NEW = 8;

    private final AttributeTable attributes;
    private final AttributeCursor nest = new AttributeCursor();
    private final @Nullable Loan loan;
    private final BytesView link;
    private final BytesView network;
    private final BytesView transport;
    private int length = -1;
    private boolean owned;
    private AddressFamily family = AddressFamily.UNSPEC;
    private TraceType type = TraceType.RULE;
    private TraceVerdict verdict = TraceVerdict.CONTINUE;

    /** A view of no message; {@link #wrap} aims it. A strict view has a loan. */
    TraceStep(@Nullable Loan loan) {
        this(new AttributeTable(TraceAttribute.SCHEMA), loan);
    }

    private TraceStep(AttributeTable attributes, @Nullable Loan loan) {
        this.attributes = attributes;
        this.loan = loan;
        this.link = view(loan);
        this.network = view(loan);
        this.transport = view(loan);
    }

    private static BytesView view(@Nullable Loan loan) {
        return loan == null ? new BytesView() : loan.bytes();
    }

    /**
     * Reads a message without a session, such as one of a recording.
     *
     * @param message a cursor at a message of type {@code NFT_MSG_TRACE}
     * @return an owned step
     * @throws MalformedMessageException if it has another type, or an attribute is malformed or missing
     */
    public static TraceStep read(MessageCursor message) throws MalformedMessageException {
        if (message.type() != MessageTypes.TRACE) {
            throw new MalformedMessageException(PATH, 0, "type " + MessageTypes.TRACE, "type " + message.type());
        }
        return new TraceStep((Loan) null).wrap(message).copy();
    }

    /** Aims at a message, and checks it. */
    TraceStep wrap(MessageCursor message) throws MalformedMessageException {
        if (owned) {
            throw new IllegalStateException("an owned step cannot be aimed at another message");
        }
        length = -1;
        message.requireNfgenmsg();
        attributes.wrap(message);
        try {
            int number = message.buffer().get(message.attributesOffset() - Netlink.NFGENMSG_LEN) & 0xff;
            family = family(number);
            requireName(TraceAttribute.TABLE);
            requireName(TraceAttribute.CHAIN);
            require(TraceAttribute.ID);
            require(TraceAttribute.NFPROTO);
            long kind = u32(require(TraceAttribute.TYPE));
            if (kind < TraceType.POLICY.number() || kind > TraceType.RULE.number()) {
                throw new MalformedMessageException(
                        PATH + "/" + TraceAttribute.TYPE.kernelName(), 0, "1 to 3", Long.toString(kind));
            }
            type = TYPES[(int) kind];
            verdict = type == TraceType.POLICY ? policy() : readVerdict();
        } catch (MalformedMessageException e) {
            attributes.forget();
            throw e;
        }
        length = message.length();
        return this;
    }

    private static AddressFamily family(int number) throws MalformedMessageException {
        AddressFamily family = AddressFamily.of(number);
        try {
            new TableId(family, "x");
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException(PATH + "/nfgen_family", 0, "a family with tables", family.toString());
        }
        return family;
    }

    private int require(TraceAttribute attribute) throws MalformedMessageException {
        if (!attributes.has(attribute.code())) {
            throw new MalformedMessageException(PATH, 0, attribute.kernelName(), "none");
        }
        return attributes.offset(attribute.code());
    }

    private void requireName(TraceAttribute attribute) throws MalformedMessageException {
        int at = require(attribute);
        int bytes = textLength(attributes.buffer(), at, attributes.length(attribute.code()));
        if (bytes == 0 || bytes > LONGEST_NAME) {
            throw new MalformedMessageException(
                    PATH + "/" + attribute.kernelName(), at, "a name of 1 to 255 bytes", bytes + " bytes");
        }
    }

    private static int textLength(ByteBuffer buffer, int offset, int most) {
        int bytes = 0;
        while (bytes < most && buffer.get(offset + bytes) != 0) {
            bytes++;
        }
        return bytes;
    }

    private TraceVerdict policy() throws MalformedMessageException {
        long policy = u32(require(TraceAttribute.POLICY));
        if (policy > 1) {
            throw new MalformedMessageException(
                    PATH + "/" + TraceAttribute.POLICY.kernelName(), 0, "0 or 1", Long.toString(policy));
        }
        return policy == 0 ? TraceVerdict.DROP : TraceVerdict.ACCEPT;
    }

    private TraceVerdict readVerdict() throws MalformedMessageException {
        int at = require(TraceAttribute.VERDICT);
        AttributeCursor inner = nest.wrap(
                attributes.buffer(),
                at,
                attributes.length(TraceAttribute.VERDICT.code()),
                attributes.order(),
                VERDICT_PATH);
        boolean found = false;
        int code = 0;
        String chain = null;
        while (inner.next()) {
            if (inner.type() == TraceAttribute.Verdict.CODE.code()) {
                code = (int) inner.be32();
                found = true;
            } else if (inner.type() == TraceAttribute.Verdict.CHAIN.code()) {
                chain = inner.string();
            }
        }
        TraceVerdict.Kind kind = found ? TraceVerdict.kind(code) : null;
        if (kind == null) {
            throw new MalformedMessageException(
                    VERDICT_PATH, at, "the code of a verdict", found ? Integer.toString(code) : "none");
        }
        boolean jumps = kind == TraceVerdict.Kind.JUMP || kind == TraceVerdict.Kind.GOTO;
        if (jumps != (chain != null && !chain.isEmpty())) {
            throw new MalformedMessageException(
                    VERDICT_PATH, at, jumps ? "the chain of the jump" : "no chain", chain == null ? "none" : "a chain");
        }
        return TraceVerdict.of(kind, code, chain);
    }

    private long u32(int at) {
        return attributes.buffer().getInt(at) & 0xffff_ffffL;
    }

    /** Ends the loan: nothing can be read from now on. */
    void release() {
        if (owned) {
            return;
        }
        length = -1;
        attributes.clear();
        link.release();
        network.release();
        transport.release();
        if (loan != null) {
            loan.end();
        }
    }

    @Override
    public TraceStep copy() {
        alive();
        if (owned) {
            return this;
        }
        byte[] bytes = new byte[length];
        attributes.buffer().get(attributes.start() - ATTRIBUTES, bytes);
        TraceStep copy = new TraceStep(attributes.copy(ByteBuffer.wrap(bytes), ATTRIBUTES), null);
        copy.length = length;
        copy.owned = true;
        copy.family = family;
        copy.type = type;
        copy.verdict = verdict;
        return copy;
    }

    private void alive() {
        if (length < 0) {
            throw Loan.error(loan, BORROWED);
        }
    }

    /**
     * Whether the kernel sent an attribute.
     *
     * @param attribute the attribute
     * @return whether its accessor returns a value
     * @throws IllegalStateException if the callback has returned
     */
    public boolean has(TraceAttribute attribute) {
        alive();
        return attributes.has(attribute.code());
    }

    private int at(TraceAttribute attribute) {
        alive();
        if (!attributes.has(attribute.code())) {
            throw new NoSuchElementException(attribute.kernelName() + " is absent: " + attribute.absence());
        }
        return attributes.offset(attribute.code());
    }

    /**
     * The number of the packet. All steps of a packet have the same, as long as no rule or device changes where it is
     * stored. A later packet may have it again, often the next one of the same connection.
     *
     * @return 0 to 2³²−1
     */
    public long id() {
        int value = attributes.buffer().getInt(at(TraceAttribute.ID));
        boolean little = attributes.order() == ByteOrder.LITTLE_ENDIAN;
        return (little ? Integer.reverseBytes(value) : value) & 0xffff_ffffL;
    }

    /**
     * What the step is about.
     *
     * @return rule, return or policy
     */
    public TraceType type() {
        alive();
        return type;
    }

    /**
     * The table whose rules decide.
     *
     * @return family and name
     */
    public TableId table() {
        return new TableId(family, text(TraceAttribute.TABLE));
    }

    /**
     * The chain of the rule or of the policy.
     *
     * @return its name
     */
    public String chain() {
        return text(TraceAttribute.CHAIN);
    }

    private String text(TraceAttribute attribute) {
        int at = at(attribute);
        byte[] text = new byte[textLength(attributes.buffer(), at, attributes.length(attribute.code()))];
        attributes.buffer().get(at, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /**
     * The rule that matched.
     *
     * @return its handle; empty at the end of a chain
     */
    public OptionalLong ruleHandle() {
        alive();
        return attributes.has(TraceAttribute.RULE_HANDLE.code())
                ? OptionalLong.of(attributes.buffer().getLong(attributes.offset(TraceAttribute.RULE_HANDLE.code())))
                : OptionalLong.empty();
    }

    /**
     * What the rule decided, or the policy.
     *
     * @return the verdict; {@link TraceVerdict#CONTINUE} at the end of a chain that is no base chain, and before the
     *     policy of one that is
     */
    public TraceVerdict verdict() {
        alive();
        return verdict;
    }

    /**
     * The family of the packet.
     *
     * @return such as {@link AddressFamily#IPV4}, also in tables of family inet
     */
    public AddressFamily protocol() {
        return AddressFamily.of(attributes.buffer().getInt(at(TraceAttribute.NFPROTO)) & 0xff);
    }

    /**
     * The packet's mark after the rule.
     *
     * @return 0 to 2³²−1
     */
    public long mark() {
        alive();
        return attributes.has(TraceAttribute.MARK.code()) ? u32(attributes.offset(TraceAttribute.MARK.code())) : 0;
    }

    /**
     * Whether the step has the packet's headers and interfaces. The first one of a packet in each base chain does.
     *
     * @return whether there is a network header
     */
    public boolean describesPacket() {
        return has(TraceAttribute.NETWORK_HEADER);
    }

    /**
     * The interface that the packet came in by.
     *
     * @return its index, 1 to 2³¹−1
     * @throws NoSuchElementException if it is absent
     */
    public int inputInterface() {
        return attributes.buffer().getInt(at(TraceAttribute.IIF));
    }

    /**
     * The type of the interface that the packet came in by.
     *
     * @return {@code ARPHRD_*}, 0 to 65535
     * @throws NoSuchElementException if it is absent
     */
    public int inputType() {
        return attributes.buffer().getShort(at(TraceAttribute.IIFTYPE)) & 0xffff;
    }

    /**
     * The interface that the packet leaves by.
     *
     * @return its index, 1 to 2³¹−1
     * @throws NoSuchElementException if it is absent
     */
    public int outputInterface() {
        return attributes.buffer().getInt(at(TraceAttribute.OIF));
    }

    /**
     * The type of the interface that the packet leaves by.
     *
     * @return {@code ARPHRD_*}, 0 to 65535
     * @throws NoSuchElementException if it is absent
     */
    public int outputType() {
        return attributes.buffer().getShort(at(TraceAttribute.OIFTYPE)) & 0xffff;
    }

    /**
     * The link-layer header.
     *
     * @return at most 20 bytes, borrowed as the step is
     * @throws NoSuchElementException if it is absent
     */
    public Bytes linkHeader() {
        return bytes(TraceAttribute.LL_HEADER, link);
    }

    /**
     * The network header. Of IPv4 with options and of IPv6 with extension headers it may be cut.
     *
     * @return at most 40 bytes, borrowed as the step is
     * @throws NoSuchElementException if it is absent
     */
    public Bytes networkHeader() {
        return bytes(TraceAttribute.NETWORK_HEADER, network);
    }

    /**
     * The transport header, and the payload after it as far as there is space. Options of TCP are cut.
     *
     * @return at most 20 bytes, borrowed as the step is
     * @throws NoSuchElementException if it is absent
     */
    public Bytes transportHeader() {
        return bytes(TraceAttribute.TRANSPORT_HEADER, transport);
    }

    private Bytes bytes(TraceAttribute attribute, BytesView view) {
        int at = at(attribute);
        int size = attributes.length(attribute.code());
        // An owned step may be read by several threads, which must not share a view.
        return owned ? new BytesView().wrap(attributes.buffer(), at, size) : view.wrap(attributes.buffer(), at, size);
    }

    /**
     * The connection, as {@link dev.nfkit.conntrack.ConntrackEntry#id()} has it. Needs Linux 6.16.
     *
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if it is absent
     */
    public long connectionId() {
        return u32(at(TraceAttribute.CT_ID));
    }

    /**
     * The direction of the packet in its connection. Needs Linux 6.16.
     *
     * @return the direction
     * @throws NoSuchElementException if it is absent
     */
    public Direction connectionDirection() {
        return attributes.buffer().get(at(TraceAttribute.CT_DIRECTION)) == 0 ? Direction.ORIGINAL : Direction.REPLY;
    }

    /**
     * The status of the connection. Needs Linux 6.16.
     *
     * @return its bits; empty if the packet has no connection, or one without any
     */
    public Set<ConntrackStatus> connectionStatus() {
        alive();
        return attributes.has(TraceAttribute.CT_STATUS.code())
                ? ConntrackStatus.of(u32(attributes.offset(TraceAttribute.CT_STATUS.code())))
                : Set.of();
    }

    /**
     * The place of the packet in its connection. Needs Linux 6.16. Packets that connection tracking has not seen yet have
     * none, and neither have invalid ones.
     *
     * @return the place
     * @throws NoSuchElementException if it is absent
     */
    public ConntrackInfo connectionInfo() {
        long bits = u32(at(TraceAttribute.CT_STATE));
        boolean reply = attributes.has(TraceAttribute.CT_DIRECTION.code()) && connectionDirection() == Direction.REPLY;
        if ((bits & ESTABLISHED) != 0) {
            return reply ? ConntrackInfo.ESTABLISHED_REPLY : ConntrackInfo.ESTABLISHED;
        }
        if ((bits & RELATED) != 0) {
            return reply ? ConntrackInfo.RELATED_REPLY : ConntrackInfo.RELATED;
        }
        if ((bits & NEW) != 0) {
            return reply ? ConntrackInfo.NEW_REPLY : ConntrackInfo.NEW;
        }
        return ConntrackInfo.UNTRACKED;
    }

    /**
     * The step in a line, safe to print.
     *
     * @return such as {@code trace 2f inet filter input rule handle 4 drop}
     */
    @Override
    public String toString() {
        if (length < 0) {
            return "TraceStep[released]";
        }
        String where = "trace " + Long.toHexString(id()) + " " + table() + " " + PrintableText.of(chain());
        String what = type == TraceType.POLICY
                ? " policy"
                : ruleHandle().isPresent() ? " rule handle " + ruleHandle().getAsLong() : " end";
        return where + what + " " + verdict;
    }
}
