package dev.nfkit.samples.cli.filter;

import dev.nfkit.BytesView;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.packet.IpPrefix;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.TcpView;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A packet as filters see it. Reusable; allocates nothing per packet; one thread at a time. */
public final class Subject {
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;
    private static final int NONE = -1;
    /** Views of UDP, ICMP and ICMPv6. */
    private static final int SHORT_HEADER = 8;

    private final LongFunction<String> interfaceNames;
    private final IpSummary summary = new IpSummary();
    private final TcpView tcp = new TcpView();
    private @Nullable QueuedPacket packet;
    private boolean ip;

    /**
     * Creates a subject without a packet.
     *
     * @param interfaceNames maps an interface index to its name
     */
    public Subject(LongFunction<String> interfaceNames) {
        this.interfaceNames = interfaceNames;
    }

    /** Wraps a packet, which must stay valid while the subject is used. */
    public Subject wrap(QueuedPacket present) {
        packet = present;
        int protocol = present.etherType();
        ip = (protocol == ETH_P_IP || protocol == ETH_P_IPV6) && summary.wrap(present.payload());
        return this;
    }

    private QueuedPacket packet() {
        QueuedPacket present = packet;
        if (present == null) {
            throw new IllegalStateException("no packet was wrapped");
        }
        return present;
    }

    /** The IP version, 4 or 6; 0 if it is not an IP packet. */
    int version() {
        return ip ? summary.version() : 0;
    }

    /** The protocol after all IP headers; −1 if it is not an IP packet. */
    int protocol() {
        return ip ? summary.protocol() : NONE;
    }

    boolean comesFrom(IpPrefix network) {
        return ip && summary.sourceIn(network);
    }

    boolean goesTo(IpPrefix network) {
        return ip && summary.destinationIn(network);
    }

    boolean hasPorts() {
        return ip && summary.hasPorts();
    }

    int sourcePort() {
        return summary.sourcePort();
    }

    int destinationPort() {
        return summary.destinationPort();
    }

    /** The TCP flags, 0 to 255; −1 if there is no complete TCP header. */
    int tcpFlags() {
        int at = protocol() == IpProtocol.TCP ? summary.transportOffset() : NONE;
        return at >= 0 && tcp.wrap(packet().payload(), at) ? tcp.flags() : NONE;
    }

    /**
     * Wraps the payload of TCP, UDP, ICMP or ICMPv6.
     *
     * @return false if the packet carries another protocol, or if the payload cannot be determined
     */
    public boolean payload(BytesView view) {
        return ip && summary.payload(view);
    }

    /** Where the payload starts in the packet; only after the wrapping succeeded. */
    public int payloadOffset() {
        int at = summary.transportOffset();
        return protocol() == IpProtocol.TCP && tcp.wrap(packet().payload(), at)
                ? tcp.payloadOffset()
                : at + SHORT_HEADER;
    }

    long mark() {
        return packet().mark();
    }

    /** The user id; −1 if it is unknown, as for packets that arrived. */
    long uid() {
        return packet().has(NfqueueAttribute.UID) ? packet().uid() : NONE;
    }

    long gid() {
        return packet().has(NfqueueAttribute.GID) ? packet().gid() : NONE;
    }

    boolean cameInBy(String name) {
        return by(NfqueueAttribute.IFINDEX_INDEV, name) || by(NfqueueAttribute.IFINDEX_PHYSINDEV, name);
    }

    boolean leavesBy(String name) {
        return by(NfqueueAttribute.IFINDEX_OUTDEV, name) || by(NfqueueAttribute.IFINDEX_PHYSOUTDEV, name);
    }

    private boolean by(NfqueueAttribute attribute, String name) {
        QueuedPacket present = packet();
        if (!present.has(attribute)) {
            return false;
        }
        long index = switch (attribute) {
            case IFINDEX_INDEV -> present.inInterface();
            case IFINDEX_OUTDEV -> present.outInterface();
            case IFINDEX_PHYSINDEV -> present.physInInterface();
            default -> present.physOutInterface();
        };
        return name.equals(interfaceNames.apply(index));
    }

    int queue() {
        return packet().queue();
    }

    int length() {
        return packet().originalLength();
    }
}
