// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.NatRange;
import dev.nfkit.conntrack.ProtocolUpdate;
import dev.nfkit.conntrack.TcpFlag;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.wire.MessageWriter;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection to be added to the table. An immutable value; each method returns a new one.
 *
 * <pre>{@code
 * NewConnection.of(ConntrackTuple.udp(client, 40000, server, 53), Duration.ofSeconds(30)).mark(7)
 * }</pre>
 *
 * <p>Follows {@code ctnetlink_create_conntrack} in {@code nf_conntrack_netlink.c}.
 */
public final class NewConnection {
    /** The flags of a new connection of TCP: the kernel does not know its windows and their scale. */
    private static final int USUAL = TcpFlag.bits(TcpFlag.BE_LIBERAL, TcpFlag.SACK_PERM);

    private final ConntrackTuple original;
    private ConntrackTuple reply;
    private ConntrackUpdate values;
    private @Nullable NatRange sourceNat;
    private @Nullable NatRange destinationNat;
    private @Nullable ConntrackTuple master;
    private int zone;

    private NewConnection(ConntrackTuple original, ConntrackTuple reply, ConntrackUpdate values) {
        this.original = original;
        this.reply = reply;
        this.values = values;
    }

    private NewConnection(NewConnection other) {
        this(other.original, other.reply, other.values);
        sourceNat = other.sourceNat;
        destinationNat = other.destinationNat;
        master = other.master;
        zone = other.zone;
    }

    /**
     * A connection without translation.
     *
     * @param original the tuple of packets from the initiator
     * @param timeout the time without a packet after which the kernel removes it: whole seconds, 0 to 2³²−1
     * @return the connection
     * @throws IllegalArgumentException if the timeout is out of range, or the tuple has an ICMP type without a reply
     */
    public static NewConnection of(ConntrackTuple original, Duration timeout) {
        return new NewConnection(
                original, original.inverted(), ConntrackUpdate.none().timeout(timeout));
    }

    /**
     * Sets the tuple of the replies, if it is not the inverted original one.
     *
     * @param reply the tuple, of the original tuple's family and protocol
     * @return a new value
     * @throws IllegalArgumentException if it is of another family or protocol
     */
    public NewConnection reply(ConntrackTuple reply) {
        sameFamily("the reply tuple", reply.family());
        if (protocol(reply) != protocol(original)) {
            throw new IllegalArgumentException(
                    "the reply tuple (" + reply + ") is of another protocol than the original one (" + original + ")");
        }
        NewConnection connection = new NewConnection(this);
        connection.reply = reply;
        return connection;
    }

    private static int protocol(ConntrackTuple tuple) {
        return tuple.hasProtocol() ? tuple.protocol() : -1;
    }

    private void sameFamily(String what, NatRange range) {
        range.firstAddress()
                .ifPresent(address ->
                        sameFamily(what, address instanceof Inet6Address ? AddressFamily.IPV6 : AddressFamily.IPV4));
    }

    private void sameFamily(String what, AddressFamily family) {
        if (!family.equals(original.family())) {
            throw new IllegalArgumentException(
                    what + " is of " + family + ", the original tuple (" + original + ") of " + original.family());
        }
    }

    /**
     * The mark.
     *
     * @param mark 0 to 2³²−1
     * @return a new value
     * @throws IllegalArgumentException if it is out of range
     */
    public NewConnection mark(long mark) {
        return values(values.mark(mark));
    }

    /**
     * Sets status bits, in addition to {@link ConntrackStatus#CONFIRMED}. The kernel refuses (EBUSY) {@link
     * ConntrackStatus#ASSURED} without {@link ConntrackStatus#SEEN_REPLY}, and ignores bits that only the kernel sets.
     *
     * @param bits the bits
     * @return a new value
     */
    public NewConnection status(ConntrackStatus... bits) {
        return values(values.status(ConntrackStatus.bits(bits)));
    }

    /**
     * The helper that follows its protocol.
     *
     * @param name as {@link ConntrackUpdate#helper}
     * @return a new value
     * @throws IllegalArgumentException if it is not a valid name
     */
    public NewConnection helper(String name) {
        return values(values.helper(name));
    }

    /**
     * The labels that are set.
     *
     * @param labels of 0 to 127
     * @return a new value
     * @throws IllegalArgumentException if a label is out of range
     */
    public NewConnection labels(BitSet labels) {
        return values(values.labels(labels));
    }

    private NewConnection values(ConntrackUpdate changed) {
        NewConnection connection = new NewConnection(this);
        connection.values = changed;
        return connection;
    }

    /**
     * Sets the state of TCP, as {@link #protocol} with {@link ProtocolUpdate#tcp}. Without it the kernel begins at
     * {@link TcpState#NONE}.
     *
     * @param state the state
     * @return a new value
     * @throws IllegalArgumentException if the connection is of another protocol
     */
    public NewConnection tcpState(TcpState state) {
        return protocol(ProtocolUpdate.tcp(state));
    }

    /**
     * Sets the tracked state of the protocol: state and flags of TCP, state and verification tags of SCTP, state and
     * role of DCCP.
     *
     * <p>A connection of TCP always gets flags. The default of a direction is {@link TcpFlag#BE_LIBERAL} and {@link
     * TcpFlag#SACK_PERM}, from {@link TcpState#TIME_WAIT} on also {@link TcpFlag#CLOSE_INIT}: the kernel does not know
     * the windows and their scale, so without these flags packets of a connection in progress would be INVALID. To make
     * the kernel track windows from the next packets on, set other flags: {@code ProtocolUpdate.tcp(state).flags(0,
     * 0x0a)}.
     *
     * @param protocol the state
     * @return a new value
     * @throws IllegalArgumentException if the connection is of another protocol
     */
    public NewConnection protocol(ProtocolUpdate protocol) {
        if (protocol.protocol() != protocol(original)) {
            throw new IllegalArgumentException(
                    protocol + " cannot be set for " + original + ", which is of another protocol");
        }
        return values(values.protocol(protocol));
    }

    /**
     * Translates the source; the kernel chooses within the range and sets the reply tuple.
     *
     * @param range addresses of the original tuple's family, and ports
     * @return a new value
     * @throws IllegalArgumentException if the addresses are of another family, which the kernel would ignore
     */
    public NewConnection sourceNat(NatRange range) {
        sameFamily("the source translation to " + range, range);
        NewConnection connection = new NewConnection(this);
        connection.sourceNat = range;
        return connection;
    }

    /**
     * Translates the destination; the kernel chooses within the range and sets the reply tuple.
     *
     * @param range addresses of the original tuple's family, and ports
     * @return a new value
     * @throws IllegalArgumentException if the addresses are of another family, which the kernel would ignore
     */
    public NewConnection destinationNat(NatRange range) {
        sameFamily("the destination translation to " + range, range);
        NewConnection connection = new NewConnection(this);
        connection.destinationNat = range;
        return connection;
    }

    /**
     * The connection that expected this one.
     *
     * @param master the original tuple of that connection, which must be in the table
     * @return a new value
     * @throws IllegalArgumentException if it is of another family
     */
    public NewConnection master(ConntrackTuple master) {
        sameFamily("the master's tuple", master.family());
        NewConnection connection = new NewConnection(this);
        connection.master = master;
        return connection;
    }

    /**
     * The zone.
     *
     * @param zone 0 to 65535
     * @return a new value
     * @throws IllegalArgumentException if it is out of range
     */
    public NewConnection zone(int zone) {
        NewConnection connection = new NewConnection(this);
        connection.zone = Ranges.zone(zone);
        return connection;
    }

    /**
     * The tuple of packets from the initiator.
     *
     * @return the tuple
     */
    public ConntrackTuple original() {
        return original;
    }

    /**
     * The zone.
     *
     * @return 0 to 65535; 0 if none was set
     */
    public int zone() {
        return zone;
    }

    /** The status bits to set; empty if none are given. */
    OptionalLong status() {
        return values.status();
    }

    /** The same with other status bits. */
    NewConnection withStatus(long bits) {
        return values(values.status(bits));
    }

    /** The values to send; for TCP with flags, without which packets would be INVALID. */
    private ConntrackUpdate created() {
        ConntrackUpdate sent = ConnectionRequests.confirmed(values);
        if (protocol(original) != IpProtocol.TCP) {
            return sent;
        }
        Optional<ProtocolUpdate> given = sent.protocol();
        ProtocolUpdate.OfTcp tcp = given.isPresent() && given.get() instanceof ProtocolUpdate.OfTcp known
                ? known
                : ProtocolUpdate.tcpFlags(0, 0);
        return sent.protocol(withUsualFlags(tcp));
    }

    private static ProtocolUpdate.OfTcp withUsualFlags(ProtocolUpdate.OfTcp tcp) {
        boolean closing = tcp.state().isPresent() && tcp.state().get().number() >= TcpState.TIME_WAIT.number();
        // The sender may open the connection again from TIME_WAIT (RFC 1122).
        int usual = USUAL | (closing ? TcpFlag.CLOSE_INIT.bit() : 0);
        boolean original = tcp.maskOriginal() == 0;
        boolean reply = tcp.maskReply() == 0;
        return new ProtocolUpdate.OfTcp(
                tcp.state(),
                original ? usual : tcp.flagsOriginal(),
                original ? usual : tcp.maskOriginal(),
                reply ? usual : tcp.flagsReply(),
                reply ? usual : tcp.maskReply());
    }

    void writeTo(MessageWriter writer) {
        ConnectionRequests.tuple(writer, original, zone);
        reply.writeTo(writer, Cta.TUPLE_REPLY);
        created().writeTo(writer);
        if (sourceNat != null) {
            NatWriter.write(writer, Cta.NAT_SRC, sourceNat);
        }
        if (destinationNat != null) {
            NatWriter.write(writer, Cta.NAT_DST, destinationNat);
        }
        if (master != null) {
            master.writeTo(writer, Cta.TUPLE_MASTER);
        }
    }

    /**
     * A description of the connection, for logs.
     *
     * @return text such as {@code tcp src=… dst=… sport=… dport=…, timeout 30 s}
     */
    @Override
    public String toString() {
        return original + ", " + values;
    }
}
