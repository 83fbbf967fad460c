package dev.nfkit.conntrack;

import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.wire.MessageWriter;
import java.time.Duration;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection to be put into the table. An immutable value; each method gives a new one.
 *
 * <pre>{@code
 * NewConnection.of(ConntrackTuple.udp(client, 40000, server, 53), Duration.ofSeconds(30)).mark(7)
 * }</pre>
 *
 * <p>Follows {@code ctnetlink_create_conntrack} in {@code nf_conntrack_netlink.c}.
 */
public final class NewConnection {
    private final ConntrackTuple original;
    private ConntrackTuple reply;
    private ConntrackUpdate values;
    private @Nullable TcpState tcpState;
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
        tcpState = other.tcpState;
        sourceNat = other.sourceNat;
        destinationNat = other.destinationNat;
        master = other.master;
        zone = other.zone;
    }

    /**
     * A connection whose answers come the way that nothing is translated.
     *
     * @param original the tuple of the packets from who begins it
     * @param timeout after what time without a packet it is forgotten: whole seconds, 0 to 2³²−1
     * @return the connection
     * @throws IllegalArgumentException if the timeout is out of range, or the tuple is of an ICMP type that has no reply
     */
    public static NewConnection of(ConntrackTuple original, Duration timeout) {
        return new NewConnection(
                original, original.inverted(), ConntrackUpdate.none().timeout(timeout));
    }

    /**
     * The tuple of the answers, where it is not the original one turned round.
     *
     * @param reply the tuple
     * @return a new value
     */
    public NewConnection reply(ConntrackTuple reply) {
        NewConnection connection = new NewConnection(this);
        connection.reply = Objects.requireNonNull(reply, "reply");
        return connection;
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
     * Status bits, besides {@link ConntrackStatus#CONFIRMED}. The kernel refuses (EBUSY) {@link ConntrackStatus#ASSURED}
     * without {@link ConntrackStatus#SEEN_REPLY}, and leaves out those that it alone sets.
     *
     * @param bits which
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
     * @throws IllegalArgumentException if it is no name
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
     * The state of TCP. Without it the kernel begins at {@link TcpState#NONE}.
     *
     * @param state the state
     * @return a new value
     */
    public NewConnection tcpState(TcpState state) {
        NewConnection connection = new NewConnection(this);
        connection.tcpState = Objects.requireNonNull(state, "state");
        return connection;
    }

    /**
     * Has the source translated; the kernel chooses within the range and sets the reply tuple.
     *
     * @param range what to
     * @return a new value
     */
    public NewConnection sourceNat(NatRange range) {
        NewConnection connection = new NewConnection(this);
        connection.sourceNat = Objects.requireNonNull(range, "range");
        return connection;
    }

    /**
     * Has the destination translated; the kernel chooses within the range and sets the reply tuple.
     *
     * @param range what to
     * @return a new value
     */
    public NewConnection destinationNat(NatRange range) {
        NewConnection connection = new NewConnection(this);
        connection.destinationNat = Objects.requireNonNull(range, "range");
        return connection;
    }

    /**
     * The connection that expected this one.
     *
     * @param original that one's original tuple; it must be in the table
     * @return a new value
     */
    public NewConnection master(ConntrackTuple original) {
        NewConnection connection = new NewConnection(this);
        connection.master = Objects.requireNonNull(original, "original");
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
        connection.zone = ConntrackRequests.zone(zone);
        return connection;
    }

    /**
     * The tuple of the packets from who begins it.
     *
     * @return the tuple
     */
    public ConntrackTuple original() {
        return original;
    }

    void writeTo(MessageWriter writer) {
        ConntrackRequests.tuple(writer, ConntrackAttribute.TUPLE_ORIG, original, zone);
        reply.writeTo(writer, ConntrackAttribute.TUPLE_REPLY.code());
        values.confirmed().writeTo(writer);
        if (tcpState != null) {
            int info = writer.beginNest(ConntrackAttribute.PROTOINFO.code());
            int tcp = writer.beginNest(ProtoInfo.TCP.code());
            writer.u8(Tcp.STATE.code(), tcpState.number());
            writer.endNest(tcp);
            writer.endNest(info);
        }
        if (sourceNat != null) {
            sourceNat.writeTo(writer, ConntrackAttribute.NAT_SRC);
        }
        if (destinationNat != null) {
            destinationNat.writeTo(writer, ConntrackAttribute.NAT_DST);
        }
        if (master != null) {
            master.writeTo(writer, ConntrackAttribute.TUPLE_MASTER.code());
        }
    }

    /**
     * The connection for logs.
     *
     * @return text such as {@code tcp src=… dst=… sport=… dport=…, timeout 30 s}
     */
    @Override
    public String toString() {
        return original + ", " + values;
    }
}
