// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.packet.IpPrefix;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.TcpView;
import dev.nfkit.socket.KernelView;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A packet as filters see it. One view serves any number of packets and filters, one after the other, and allocates
 * nothing for a packet. One thread at a time.
 *
 * <pre>{@code
 * PacketFilter web = PacketFilter.parse("tcp dport 443 and not src 10.0.0.0/8");
 * FilterView view = FilterView.of(transport.kernel());
 * session.run(packet -> web.matches(view.wrap(packet)) ? Verdict.ACCEPT : Verdict.DROP);
 * }</pre>
 */
public final class FilterView {
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;
    private static final int NONE = -1;

    private final LongFunction<String> interfaceNames;
    private final IpSummary summary = new IpSummary();
    private final TcpView tcp = new TcpView();
    private @Nullable Bytes payload;
    private @Nullable NetfilterPacket packet;
    private @Nullable QueuedPacket queued;
    private @Nullable NflogPacket logged;
    private boolean ip;

    /**
     * A view without a packet.
     *
     * @param interfaceNames maps an interface's index to its name, for {@code in} and {@code out}
     */
    public FilterView(LongFunction<String> interfaceNames) {
        this.interfaceNames = interfaceNames;
    }

    /**
     * A view without a packet, that reads the names of interfaces from a kernel. A renamed interface has its new name
     * within {@link InterfaceNames#FRESH_NANOS}.
     *
     * @param kernel the kernel of the packets, {@code transport.kernel()}
     * @return the view
     */
    public static FilterView of(KernelView kernel) {
        return new FilterView(new InterfaceNames(kernel));
    }

    /**
     * Shows a packet of a queue.
     *
     * @param present the packet, which must stay valid while filters look at it
     * @return this view
     */
    public FilterView wrap(QueuedPacket present) {
        queued = present;
        logged = null;
        return show(present);
    }

    /**
     * Shows a logged packet.
     *
     * @param present the packet, which must stay valid while filters look at it
     * @return this view
     */
    public FilterView wrap(NflogPacket present) {
        logged = present;
        queued = null;
        return show(present);
    }

    private FilterView show(NetfilterPacket present) {
        packet = present;
        Bytes bytes = present.payload();
        payload = bytes;
        int protocol = present.etherType();
        ip = (protocol == ETH_P_IP || protocol == ETH_P_IPV6) && summary.wrap(bytes);
        return this;
    }

    /**
     * Shows the bytes of an IP packet, as from a file. It has no mark, user, interface, queue or group.
     *
     * @param bytes the packet from its IP header on; it must stay valid while filters look at it
     * @return this view
     */
    public FilterView wrap(Bytes bytes) {
        packet = null;
        queued = null;
        logged = null;
        payload = bytes;
        ip = summary.wrap(bytes);
        return this;
    }

    /** The bytes of the packet. */
    Bytes shown() {
        Bytes present = payload;
        if (present == null) {
            throw new IllegalStateException("the view shows no packet: call wrap first");
        }
        return present;
    }

    /** The IP version, 4 or 6; 0 if it is not an IP packet. */
    int version() {
        shown();
        return ip ? summary.version() : 0;
    }

    /** The protocol after all IP headers; −1 if it is not an IP packet. */
    int protocol() {
        shown();
        return ip ? summary.protocol() : NONE;
    }

    boolean comesFrom(IpPrefix network) {
        shown();
        return ip && summary.sourceIn(network);
    }

    boolean goesTo(IpPrefix network) {
        shown();
        return ip && summary.destinationIn(network);
    }

    boolean hasPorts() {
        shown();
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
        return at >= 0 && tcp.wrap(shown(), at) ? tcp.flags() : NONE;
    }

    long mark() {
        shown();
        return packet == null ? 0 : packet.mark();
    }

    /** The user id; −1 if it is unknown, as for packets that arrived. */
    long uid() {
        shown();
        return packet != null && has(NfqueueAttribute.UID, NflogAttribute.UID) ? packet.uid() : NONE;
    }

    /** The group id; −1 if it is unknown. */
    long gid() {
        shown();
        return packet != null && has(NfqueueAttribute.GID, NflogAttribute.GID) ? packet.gid() : NONE;
    }

    private boolean has(NfqueueAttribute ofQueued, NflogAttribute ofLogged) {
        return queued != null ? queued.has(ofQueued) : logged != null && logged.has(ofLogged);
    }

    boolean cameInBy(String name) {
        shown();
        NetfilterPacket present = packet;
        return present != null
                && ((has(NfqueueAttribute.IFINDEX_INDEV, NflogAttribute.IFINDEX_INDEV)
                                && named(name, present.inInterface()))
                        || (has(NfqueueAttribute.IFINDEX_PHYSINDEV, NflogAttribute.IFINDEX_PHYSINDEV)
                                && named(name, present.physInInterface())));
    }

    boolean leavesBy(String name) {
        shown();
        NetfilterPacket present = packet;
        return present != null
                && ((has(NfqueueAttribute.IFINDEX_OUTDEV, NflogAttribute.IFINDEX_OUTDEV)
                                && named(name, present.outInterface()))
                        || (has(NfqueueAttribute.IFINDEX_PHYSOUTDEV, NflogAttribute.IFINDEX_PHYSOUTDEV)
                                && named(name, present.physOutInterface())));
    }

    private boolean named(String name, long index) {
        return name.equals(interfaceNames.apply(index));
    }

    /** The number of the queue; −1 if the packet is of none. */
    int queue() {
        shown();
        return queued == null ? NONE : queued.queue();
    }

    /** The number of the NFLOG group; −1 if the packet is of none. */
    int group() {
        shown();
        return logged == null ? NONE : logged.group();
    }

    /** In bytes from the IP header on. */
    int length() {
        int present = shown().length();
        return packet != null ? packet.originalLength() : ip ? Math.max(summary.originalLength(), present) : present;
    }
}
