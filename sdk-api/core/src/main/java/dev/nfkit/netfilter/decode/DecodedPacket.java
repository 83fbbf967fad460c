// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter.decode;

import static dev.nfkit.decode.SharedAttribute.CT;
import static dev.nfkit.decode.SharedAttribute.CT_INFO;
import static dev.nfkit.decode.SharedAttribute.GID;
import static dev.nfkit.decode.SharedAttribute.HWADDR;
import static dev.nfkit.decode.SharedAttribute.IFINDEX_INDEV;
import static dev.nfkit.decode.SharedAttribute.IFINDEX_OUTDEV;
import static dev.nfkit.decode.SharedAttribute.IFINDEX_PHYSINDEV;
import static dev.nfkit.decode.SharedAttribute.IFINDEX_PHYSOUTDEV;
import static dev.nfkit.decode.SharedAttribute.L2HDR;
import static dev.nfkit.decode.SharedAttribute.TIMESTAMP;
import static dev.nfkit.decode.SharedAttribute.UID;
import static dev.nfkit.decode.SharedAttribute.VLAN;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.decode.PacketMessage;
import dev.nfkit.netfilter.HardwareAddress;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.socket.Loan;
import dev.nfkit.wire.AttributeType;
import org.jspecify.annotations.Nullable;

/**
 * The accessors that the packets of both families share. Those called for every packet are in each family's class, because
 * only there are the attributes' codes compile-time constants. Here they are looked up.
 *
 * @param <A> the family's attributes
 */
public abstract class DecodedPacket<A extends Enum<A> & AttributeType> implements NetfilterPacket {
    /** The message that holds the packet. */
    protected final PacketMessage<A> message;
    /** The payload. In a borrowed packet it is aimed by the first call of {@link #payload()}. */
    protected final BytesView payload;
    /** The loan of a strict view; otherwise null. */
    protected final @Nullable Loan loan;

    private @Nullable EntryAttributes connectionAttributes;
    private @Nullable ConntrackEntry connection;

    /**
     * A view over a message, which may still be empty.
     *
     * @param message the message
     * @param loan the loan of a strict view; otherwise null
     */
    protected DecodedPacket(PacketMessage<A> message, @Nullable Loan loan) {
        this.message = message;
        this.loan = loan;
        this.payload = loan == null ? new BytesView() : loan.bytes();
    }

    /** Ends the loan. */
    protected final void endLoan() {
        message.release();
        payload.release();
        if (connectionAttributes != null) {
            connectionAttributes.release();
        }
    }

    /**
     * Whether the kernel sent an attribute.
     *
     * @param attribute the attribute
     * @return whether it is present
     * @throws IllegalStateException if the packet was borrowed and its callback has returned
     */
    public final boolean has(A attribute) {
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
    public final Bytes bytes(A attribute) {
        return message.bytes(attribute);
    }

    @Override
    public final AddressFamily family() {
        return AddressFamily.of(message.family());
    }

    @Override
    public final long timestampNanos() {
        return message.timestampNanos(message.of(TIMESTAMP));
    }

    @Override
    public final long receivedAtNanos() {
        return message.receivedAt();
    }

    @Override
    public final long capturedAtNanos() {
        return message.has(message.of(TIMESTAMP)) ? timestampNanos() : message.receivedAt();
    }

    @Override
    public final long inInterface() {
        return message.u32(message.of(IFINDEX_INDEV));
    }

    @Override
    public final long outInterface() {
        return message.u32(message.of(IFINDEX_OUTDEV));
    }

    @Override
    public final long physInInterface() {
        return message.u32(message.of(IFINDEX_PHYSINDEV));
    }

    @Override
    public final long physOutInterface() {
        return message.u32(message.of(IFINDEX_PHYSOUTDEV));
    }

    @Override
    public final HardwareAddress hardwareAddress() {
        return new HardwareAddress(message.hardwareAddress(message.of(HWADDR)));
    }

    @Override
    public final long uid() {
        return message.u32(message.of(UID));
    }

    @Override
    public final long gid() {
        return message.u32(message.of(GID));
    }

    @Override
    public final VlanTag vlan() {
        message.require(message.of(VLAN));
        return new VlanTag(message.vlanProtocol(), message.vlanTci());
    }

    @Override
    public final Bytes l2Header() {
        return message.bytes(message.of(L2HDR));
    }

    @Override
    public final ConntrackInfo conntrackInfo() {
        return ConntrackInfo.of(message.u32(message.of(CT_INFO)));
    }

    @Override
    public final ConntrackEntry conntrack() throws MalformedMessageException {
        A attribute = message.of(CT);
        int at = message.require(attribute);
        int length = message.length(attribute);
        if (message.owned()) {
            return new ConntrackEntry(new EntryAttributes(null)
                    .wrap(message.buffer(), at, length, message.order())
                    .copy());
        }
        EntryAttributes attributes = connectionAttributes;
        ConntrackEntry entry = connection;
        if (attributes == null || entry == null) {
            attributes = new EntryAttributes(loan);
            entry = new ConntrackEntry(attributes);
            connectionAttributes = attributes;
            connection = entry;
        }
        if (attributes.released()) {
            attributes.wrap(message.buffer(), at, length, message.order());
        }
        return entry;
    }

    /**
     * The protocol of the payload, if the kernel sent none.
     *
     * @param offset where the payload starts in the message's buffer
     * @param length its length
     * @return as {@link #etherType()}
     */
    protected final int inferredProtocol(int offset, int length) {
        return PayloadProtocol.inferred(message.family(), message.buffer(), offset, length);
    }

    @Override
    public final boolean owned() {
        return message.owned();
    }
}
