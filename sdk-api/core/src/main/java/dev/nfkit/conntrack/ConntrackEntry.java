// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.conntrack.codec.ProtocolInfoReader;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection, as the kernel reported it: an entry of the table, of an event, or of a packet.
 *
 * <p>An entry that was handed to a callback is <em>borrowed</em>: it is one reusable view over the receive buffer.
 * After the callback has returned, every accessor throws IllegalStateException. {@link #copy()} returns an owned entry,
 * which any number of threads may read.
 *
 * <p>Attributes that the kernel did not send are absent, not zero: their accessors throw NoSuchElementException, which
 * names the attribute and what would make the kernel send it. Only mark and zone are 0 if they are absent, as in the
 * kernel. Unknown attributes are skipped. Follows {@code ctnetlink_fill_info} in {@code nf_conntrack_netlink.c}.
 */
public final class ConntrackEntry {
    private final EntryAttributes attributes;

    /**
     * A view over attributes, whose owner aims and releases them. For the packages of nfkit only: the parameter's
     * package is not exported.
     *
     * @param attributes the attributes
     */
    @SuppressWarnings("exports")
    public ConntrackEntry(EntryAttributes attributes) {
        this.attributes = attributes;
    }

    /**
     * Reads an entry from a message of {@link ConntrackMessage#CT_NEW} or {@link ConntrackMessage#CT_DELETE}, such as one
     * of a recording.
     *
     * @param message a cursor at the message
     * @return an owned entry
     * @throws MalformedMessageException if an attribute, at any depth, is cut or shorter than its type
     */
    public static ConntrackEntry read(MessageCursor message) throws MalformedMessageException {
        return new ConntrackEntry(new EntryAttributes(null).wrap(message).copy());
    }

    /** The attributes, whose loan may have ended. */
    EntryAttributes source() {
        return attributes;
    }

    private EntryAttributes alive() {
        return attributes.alive();
    }

    private EntryAttributes require(ConntrackAttribute attribute) {
        if (!alive().has(attribute.code())) {
            throw new NoSuchElementException(attribute.kernelName() + " is absent: " + attribute.absence());
        }
        return attributes;
    }

    /**
     * Whether the entry is owned: valid for as long as it is referenced.
     *
     * @return false for a borrowed one
     */
    public boolean owned() {
        return attributes.owned();
    }

    /**
     * An entry that stays valid.
     *
     * @return an owned copy, or this entry if it is owned
     * @throws IllegalStateException if the loan has ended
     */
    public ConntrackEntry copy() {
        return attributes.owned() ? this : new ConntrackEntry(attributes.copy());
    }

    /**
     * The netlink port in the header of the entry's message.
     *
     * @return 0 to 2³²−1; 0 if the entry is not from a message
     * @throws IllegalStateException if the loan has ended
     */
    public long portId() {
        return alive().portId();
    }

    /**
     * Whether an attribute is present.
     *
     * @param attribute the attribute
     * @return whether the kernel sent it
     * @throws IllegalStateException if the loan has ended
     */
    public boolean has(ConntrackAttribute attribute) {
        return alive().has(attribute.code());
    }

    /**
     * All attributes as the kernel sent them, unknown ones included.
     *
     * @return the bytes, borrowed as the entry is
     * @throws IllegalStateException if the loan has ended
     */
    public Bytes attributes() {
        return alive().bytes();
    }

    /**
     * The byte order of the headers of {@link #attributes()}, and of the labels' words.
     *
     * @return that of the host that wrote them
     */
    public ByteOrder order() {
        return alive().order();
    }

    /**
     * The family of the addresses.
     *
     * @return IPv4 or IPv6; unspecified if the kernel sent no tuple
     */
    public AddressFamily family() {
        return alive().family();
    }

    /**
     * The tuple of packets in the original direction, from the initiator.
     *
     * @return the tuple
     * @throws NoSuchElementException if the kernel did not send it
     */
    public ConntrackTuple original() {
        return ConntrackTuple.of(require(ConntrackAttribute.TUPLE_ORIG).original);
    }

    /**
     * The tuple of packets in the reply direction. If addresses are translated, it differs from the inverted original
     * tuple.
     *
     * @return the tuple
     * @throws NoSuchElementException if the kernel did not send it
     */
    public ConntrackTuple reply() {
        return ConntrackTuple.of(require(ConntrackAttribute.TUPLE_REPLY).reply);
    }

    /**
     * The tuple of a direction.
     *
     * @param direction the direction
     * @return {@link #original()} or {@link #reply()}
     * @throws NoSuchElementException if the kernel did not send it
     */
    public ConntrackTuple tuple(Direction direction) {
        return direction == Direction.ORIGINAL ? original() : reply();
    }

    /**
     * The original tuple of the connection that expected this one, such as FTP's control connection.
     *
     * @return the tuple
     * @throws NoSuchElementException if no connection expected it
     */
    public ConntrackTuple master() {
        return ConntrackTuple.of(Objects.requireNonNull(require(ConntrackAttribute.TUPLE_MASTER).master));
    }

    /**
     * The protocol above IP.
     *
     * @return 0 to 255
     * @throws NoSuchElementException if the kernel sent no original tuple
     */
    public int protocol() {
        return original().protocol();
    }

    /**
     * The status bits ({@code IPS_*}).
     *
     * @return 0 to 2³²−1; see {@link ConntrackStatus#of}
     * @throws NoSuchElementException if the kernel did not send them
     */
    public long status() {
        return require(ConntrackAttribute.STATUS).status;
    }

    /**
     * Whether a status bit is set.
     *
     * @param bit the bit
     * @return whether it is set; false if the kernel did not send the status
     */
    public boolean is(ConntrackStatus bit) {
        return has(ConntrackAttribute.STATUS) && (attributes.status & bit.bit()) != 0;
    }

    /**
     * The tracked state of the protocol, such as the state of TCP.
     *
     * @return the state of TCP, SCTP or DCCP; empty if the protocol has none, or is not supported
     */
    public Optional<ProtocolInfo> protocolInfo() {
        ProtocolInfoReader info = alive().protocolInfo;
        return switch (info.kind) {
            case Cta.PROTOINFO_TCP ->
                Optional.of(new ProtocolInfo.Tcp(
                        info.state, (int) info.second, (int) info.third, (int) info.fourth, (int) info.fifth));
            case Cta.PROTOINFO_DCCP -> Optional.of(new ProtocolInfo.Dccp(info.state, (int) info.second, info.third));
            case Cta.PROTOINFO_SCTP -> Optional.of(new ProtocolInfo.Sctp(info.state, info.second, info.third));
            default -> Optional.empty();
        };
    }

    /**
     * The number of the protocol's state.
     *
     * @return as {@link ProtocolInfo#state()}; −1 if there is none
     */
    public int protocolState() {
        return alive().protocolInfo.state;
    }

    /**
     * The number of seconds without a packet after which the kernel removes the connection.
     *
     * @return 0 to 2³²−1 seconds
     * @throws NoSuchElementException if the kernel did not send it, as for a connection that has ended
     */
    public long timeout() {
        return require(ConntrackAttribute.TIMEOUT).timeout;
    }

    /**
     * The mark of the connection.
     *
     * @return 0 to 2³²−1; 0 if it is absent
     */
    public long mark() {
        return alive().mark;
    }

    /**
     * The zone of both directions.
     *
     * @return 0 to 65535; 0 if it is absent
     */
    public int zone() {
        return alive().zone;
    }

    /**
     * The entry's id, which identifies the connection. Opaque: only compare it or pass it to the kernel.
     *
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if the kernel did not send it
     */
    public long id() {
        return require(ConntrackAttribute.ID).id;
    }

    /**
     * The number of references that the kernel holds to the entry.
     *
     * @return at least 1
     * @throws NoSuchElementException if the kernel did not send it, as for packets
     */
    public long use() {
        return require(ConntrackAttribute.USE).use;
    }

    /**
     * Whether the packets and bytes of a direction were counted.
     *
     * @param direction the direction
     * @return whether {@link #packets} and {@link #bytes} are present
     */
    public boolean hasCounters(Direction direction) {
        return has(counters(direction));
    }

    private static ConntrackAttribute counters(Direction direction) {
        return direction == Direction.ORIGINAL ? ConntrackAttribute.COUNTERS_ORIG : ConntrackAttribute.COUNTERS_REPLY;
    }

    /**
     * The packets of a direction.
     *
     * @param direction the direction
     * @return a count since the connection began, or was last reset
     * @throws NoSuchElementException if the kernel does not count
     */
    public long packets(Direction direction) {
        return counted(direction)[0];
    }

    /**
     * The bytes of a direction, from the network header on.
     *
     * @param direction the direction
     * @return a count since the connection began, or was last reset
     * @throws NoSuchElementException if the kernel does not count
     */
    public long bytes(Direction direction) {
        return counted(direction)[1];
    }

    private long[] counted(Direction direction) {
        EntryAttributes entry = require(counters(direction));
        return direction == Direction.ORIGINAL ? entry.countersOriginal : entry.countersReply;
    }

    /**
     * Whether the kernel sent the time of the connection's beginning.
     *
     * @return whether {@link #startNanos} is present; a packet's connection that is not in the table yet has no such
     *     time
     */
    public boolean hasStart() {
        return has(ConntrackAttribute.TIMESTAMP) && attributes.timestamp[0] != 0;
    }

    /**
     * Whether the kernel sent the time of the connection's end.
     *
     * @return whether {@link #stopNanos} is present
     */
    public boolean hasStop() {
        return has(ConntrackAttribute.TIMESTAMP) && attributes.timestamp[1] != 0;
    }

    /**
     * The time of the connection's beginning.
     *
     * @return nanoseconds since 1970
     * @throws NoSuchElementException if the kernel keeps no timestamps
     */
    public long startNanos() {
        return stamp(require(ConntrackAttribute.TIMESTAMP).timestamp[0], "CTA_TIMESTAMP_START");
    }

    /**
     * The time of the connection's end.
     *
     * @return nanoseconds since 1970
     * @throws NoSuchElementException if the kernel keeps no timestamps, or the connection has not ended
     */
    public long stopNanos() {
        return stamp(require(ConntrackAttribute.TIMESTAMP).timestamp[1], "CTA_TIMESTAMP_STOP");
    }

    private static long stamp(long nanos, String name) {
        if (nanos == 0) {
            throw new NoSuchElementException(name + " is absent: the connection has not reached that time");
        }
        return nanos;
    }

    /**
     * The time of the event that contains this entry.
     *
     * @return nanoseconds since 1970
     * @throws NoSuchElementException if the kernel did not send it
     */
    public long eventNanos() {
        return require(ConntrackAttribute.TIMESTAMP_EVENT).event;
    }

    /**
     * The labels that are set.
     *
     * @return a new set of numbers, 0 to 127
     * @throws NoSuchElementException if the connection has no space for labels
     */
    public BitSet labels() {
        return require(ConntrackAttribute.LABELS).labels();
    }

    /**
     * Whether the kernel sent the name of the connection's helper.
     *
     * @return whether {@link #helper} is present
     */
    public boolean hasHelper() {
        return has(ConntrackAttribute.HELP) && attributes.hasHelperName();
    }

    /**
     * The name of the helper that follows the connection's protocol.
     *
     * @return a name such as {@code ftp}
     * @throws NoSuchElementException if it has none
     */
    public String helper() {
        return text(require(ConntrackAttribute.HELP).helper(), "CTA_HELP_NAME");
    }

    /**
     * The data that a helper in user space stores with the connection.
     *
     * @return the bytes, borrowed as the entry is; empty if there are none
     * @throws NoSuchElementException if the connection has no helper
     */
    public Bytes helperInfo() {
        return require(ConntrackAttribute.HELP).helperInfo();
    }

    /**
     * Whether the kernel sent the connection's security context.
     *
     * @return whether {@link #securityContext} is present
     */
    public boolean hasSecurityContext() {
        return has(ConntrackAttribute.SECCTX) && attributes.hasSecurityContextName();
    }

    /**
     * The security context.
     *
     * @return the context's name
     * @throws NoSuchElementException if it has none
     */
    public String securityContext() {
        return text(require(ConntrackAttribute.SECCTX).securityContext(), "CTA_SECCTX_NAME");
    }

    private static String text(@Nullable String value, String name) {
        if (value == null) {
            throw new NoSuchElementException(name + " is absent");
        }
        return value;
    }

    /**
     * The adjustment of TCP sequence numbers of a direction.
     *
     * @param direction the direction
     * @return the adjustment
     * @throws NoSuchElementException if they are not adjusted
     */
    public SequenceAdjustment sequenceAdjustment(Direction direction) {
        boolean original = direction == Direction.ORIGINAL;
        EntryAttributes entry = require(original ? ConntrackAttribute.SEQ_ADJ_ORIG : ConntrackAttribute.SEQ_ADJ_REPLY);
        long[] words = Objects.requireNonNull(original ? entry.sequenceOriginal : entry.sequenceReply);
        return new SequenceAdjustment(words[0], (int) words[1], (int) words[2]);
    }

    /**
     * The state of the SYN proxy.
     *
     * @return its numbers
     * @throws NoSuchElementException if the connection does not go through it
     */
    public SynProxy synProxy() {
        long[] words = Objects.requireNonNull(require(ConntrackAttribute.SYNPROXY).synProxy);
        return new SynProxy(words[0], words[1], words[2]);
    }

    /**
     * The translation of the source that a request sets up. The kernel does not send it in entries, where translation
     * is visible in the tuples and in {@link ConntrackStatus#SRC_NAT}.
     *
     * @return the range
     * @throws NoSuchElementException if there is none
     */
    public NatRange sourceNat() {
        return NatRange.of(Objects.requireNonNull(require(ConntrackAttribute.NAT_SRC).sourceNat));
    }

    /**
     * The translation of the destination that a request sets up, as {@link #sourceNat()}.
     *
     * @return the range
     * @throws NoSuchElementException if there is none
     */
    public NatRange destinationNat() {
        return NatRange.of(Objects.requireNonNull(require(ConntrackAttribute.NAT_DST).destinationNat));
    }

    /**
     * A description of the entry, for logs.
     *
     * @return text such as {@code tcp src=… dst=… sport=… dport=… ESTABLISHED mark=7}; a note if the loan has ended
     */
    @Override
    public String toString() {
        return !attributes.released() ? EntryText.of(this) : "an entry whose callback has returned";
    }
}
