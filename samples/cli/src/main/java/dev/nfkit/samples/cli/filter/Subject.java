package dev.nfkit.samples.cli.filter;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.QueuedPacket;
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
    /** Of UDP, ICMP and ICMPv6. */
    private static final int SHORT_HEADER = 8;

    private final LongFunction<String> interfaceNames;
    private final IpSummary summary = new IpSummary();
    private final TcpView tcp = new TcpView();
    private @Nullable QueuedPacket packet;
    private boolean ip;

    /**
     * A subject of nothing.
     *
     * @param interfaceNames what an interface of an index is called
     */
    public Subject(LongFunction<String> interfaceNames) {
        this.interfaceNames = interfaceNames;
    }

    /** Aims it at a packet, which is borrowed as long as it is asked about. */
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

    /** 4 or 6; 0 where it is no IP packet. */
    int version() {
        return ip ? summary.version() : 0;
    }

    /** The protocol behind all headers of IP; −1 where it is no IP packet. */
    int protocol() {
        return ip ? summary.protocol() : NONE;
    }

    boolean comesFrom(Network network) {
        return version() == network.version() && network.contains(packet().payload(), version() == 4 ? 12 : 8);
    }

    boolean goesTo(Network network) {
        return version() == network.version() && network.contains(packet().payload(), version() == 4 ? 16 : 24);
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

    /** 0 to 255; −1 where there is no whole TCP header. */
    int tcpFlags() {
        int at = protocol() == IpProtocol.TCP ? summary.transportOffset() : NONE;
        return at >= 0 && tcp.wrap(packet().payload(), at) ? tcp.flags() : NONE;
    }

    /**
     * Aims a view at what TCP, UDP, ICMP or ICMPv6 carries.
     *
     * @return false where the packet carries something else, or that can't be told
     */
    public boolean payload(Bytes view) {
        return ip && summary.payload(view);
    }

    /** Where in the packet that starts; only where it is. */
    public int payloadOffset() {
        int at = summary.transportOffset();
        return protocol() == IpProtocol.TCP && tcp.wrap(packet().payload(), at)
                ? tcp.payloadOffset()
                : at + SHORT_HEADER;
    }

    long mark() {
        return packet().mark();
    }

    /** −1 where it is not known, as of packets that came in. */
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
