// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.decode.PacketMessage;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.netfilter.decode.PayloadProtocol;
import dev.nfkit.pcap.CaptureInterface;
import dev.nfkit.pcap.CaptureWriter;
import dev.nfkit.pcap.InterfaceStatistics;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.socket.KernelView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes logged packets into capture files, without allocating per packet. Each group is an interface of the file,
 * {@code nflog:30} for one. One thread at a time.
 *
 * <p>With link type {@link LinkType#NFLOG} a packet keeps all attributes that the kernel sent; with {@link
 * LinkType#RAW} only the IP packet itself is written, for tools that cannot read the former; other packets are skipped
 * and counted in {@link #skipped()}.
 *
 * <p><b>Time.</b> Packets are in the order of their times: in a file, time never goes backwards. The time of a packet
 * is the kernel's if there is one, to the microsecond: the time when the packet came in. The kernel has none for
 * packets that this host sends. Such a packet gets the latest kernel time before it in its batch; otherwise the next
 * kernel time of its group, if that is earlier than the time of receipt; otherwise the time of receipt. So it stays in
 * the order of logging, between its neighbours. The error of its time is at most the time between its neighbours, or
 * between the logging and the receipt: the group's flush timeout, plus the delay of the socket's backlog.
 *
 * <p>Packets are sorted until the file is flushed. A later packet with a time before that of a flushed packet gets the
 * flushed packet's time. This happens if a session has several groups, whose batches arrive one after the other, or if
 * a packet waited between its receipt and its rule. With link type NFLOG the kernel's own time is also in the attribute
 * NFULA_TIMESTAMP. If the clock is set back, time goes backwards in the file once.
 *
 * <p><b>Length.</b> With link type RAW a packet that was cut has its original length in its record. With NFLOG the
 * original length is in a comment such as {@code original length 1500}, and the record's own length is that of the
 * bytes present: otherwise tshark does not dissect the packet. A classic file has no comments, so there only the IP
 * header contains it.
 *
 * <p>A packet has only the indexes of its network interfaces: the first packet of the file with a given index carries a
 * comment such as {@code ifindex 2 = veth0}. {@link #finish} writes losses as statistics.
 *
 * <p>The packet format is that of <a href="https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html">LINKTYPE_NFLOG</a>:
 * {@code struct nfgenmsg} and the attributes, as the kernel sends them.
 */
public final class NflogCaptureWriter {
    private final int linkType;
    private final ByteOrder order;
    private final KernelView kernel;
    private final List<GroupTally> groups = new ArrayList<>();
    private final IndexSet named = new IndexSet();
    private final StringBuilder comment = new StringBuilder();
    private final CaptureTimes times;
    private final long startNanos;
    private CaptureWriter file;
    private @Nullable GroupTally last;
    private long skipped;

    /**
     * Writes into a file that has no interfaces yet.
     *
     * @param file the file; the caller flushes and closes it
     * @param order the byte order of the file, which must be that of the packets: attributes are copied as they are
     * @param linkType {@link LinkType#NFLOG} or {@link LinkType#RAW}
     * @param kernel provides the names of interfaces
     * @throws IllegalArgumentException if the link type is another
     */
    public NflogCaptureWriter(CaptureWriter file, ByteOrder order, int linkType, KernelView kernel) {
        if (linkType != LinkType.NFLOG && linkType != LinkType.RAW) {
            throw new IllegalArgumentException("link type " + LinkType.describe(linkType) + " is none of "
                    + LinkType.describe(LinkType.NFLOG) + " and " + LinkType.describe(LinkType.RAW));
        }
        this.file = file;
        this.order = order;
        this.linkType = linkType;
        this.kernel = kernel;
        this.startNanos = now();
        this.times = new CaptureTimes(file);
    }

    private static long now() {
        return System.currentTimeMillis() * 1_000_000L;
    }

    /**
     * Declares a group before its first packet, so that it is in the file even if it has none. The first packet of an
     * undeclared group declares it.
     *
     * @param group the group's options
     * @throws IOException if writing fails
     */
    public void addGroup(NflogGroup group) throws IOException {
        GroupTally tally = tally(group.group());
        if (tally.interfaceId < 0) {
            // In link type NFLOG, attributes are added to the copied bytes, so the copy range is not the limit.
            tally.snapLength = linkType == LinkType.RAW ? group.copyRange() : CaptureWriter.MAX_PACKET;
            declare(tally);
        }
    }

    private GroupTally tally(int group) {
        GroupTally recent = last;
        if (recent != null && recent.group == group) {
            return recent;
        }
        for (int i = 0; i < groups.size(); i++) {
            GroupTally candidate = groups.get(i);
            if (candidate.group == group) {
                last = candidate;
                return candidate;
            }
        }
        GroupTally added = new GroupTally(group);
        groups.add(added);
        last = added;
        return added;
    }

    private void declare(GroupTally tally) throws IOException {
        tally.interfaceId = file.addInterface(CaptureInterface.of("nflog:" + tally.group, linkType)
                .withDescription("NFLOG group " + tally.group)
                .withSnapLength(tally.snapLength));
    }

    /**
     * Writes a packet.
     *
     * @param packet the packet, borrowed or owned
     * @return whether it was written; false if the link type cannot hold it
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the packet's byte order is not the file's
     */
    public boolean write(NflogPacket packet) throws IOException {
        PacketMessage<NflogAttribute> message = packet.message();
        if (message.order() != order && linkType == LinkType.NFLOG) {
            throw new IllegalArgumentException(
                    "a packet in " + message.order() + " cannot be written to a file in " + order);
        }
        GroupTally tally = tally(packet.group());
        tally.count(packet);
        int bodyLength = message.bodyLength();
        if (linkType == LinkType.RAW ? !isIp(packet) : bodyLength > CaptureWriter.MAX_PACKET) {
            skipped++;
            return false;
        }
        if (tally.interfaceId < 0) {
            declare(tally);
        }
        long time = times.of(packet, tally);
        comment.setLength(0);
        addNewNames(packet);
        ByteBuffer buffer = message.buffer();
        if (linkType == LinkType.RAW) {
            int at = message.require(NflogAttribute.PAYLOAD);
            int length = message.length(NflogAttribute.PAYLOAD);
            file.packet(tally.interfaceId, time, buffer, at, length, packet.originalLength(), 0, comment());
        } else {
            addOriginalLength(packet);
            file.packet(tally.interfaceId, time, buffer, message.bodyOffset(), bodyLength, bodyLength, 0, comment());
        }
        return true;
    }

    /**
     * Counts a packet that is not to be written, because a filter refuses it, for example. Otherwise the gap in the
     * kernel's numbers would be reported as a loss by {@link #finish}.
     *
     * @param packet the packet, borrowed or owned
     */
    public void leaveOut(NflogPacket packet) {
        tally(packet.group()).count(packet);
    }

    private @Nullable CharSequence comment() {
        return comment.isEmpty() ? null : comment;
    }

    /**
     * The record's original length cannot be used: dissectors would interpret the missing bytes as attributes, and
     * fail.
     */
    private void addOriginalLength(NflogPacket packet) {
        if (packet.has(NflogAttribute.PAYLOAD) && packet.truncated()) {
            separator().append("original length ").append(packet.originalLength());
        }
    }

    private StringBuilder separator() {
        return comment.isEmpty() ? comment : comment.append(", ");
    }

    private static boolean isIp(NflogPacket packet) {
        PacketMessage<NflogAttribute> message = packet.message();
        if (!message.has(NflogAttribute.PAYLOAD) || message.length(NflogAttribute.PAYLOAD) == 0) {
            return false;
        }
        int version = message.buffer().get(message.require(NflogAttribute.PAYLOAD)) >>> 4 & 0xf;
        return switch (packet.etherType()) {
            case PayloadProtocol.ETH_P_IP -> version == 4;
            case PayloadProtocol.ETH_P_IPV6 -> version == 6;
            default -> false;
        };
    }

    private void addNewNames(NflogPacket packet) {
        addName(packet, NflogAttribute.IFINDEX_INDEV);
        addName(packet, NflogAttribute.IFINDEX_OUTDEV);
        addName(packet, NflogAttribute.IFINDEX_PHYSINDEV);
        addName(packet, NflogAttribute.IFINDEX_PHYSOUTDEV);
    }

    private void addName(NflogPacket packet, NflogAttribute attribute) {
        if (!packet.has(attribute)) {
            return;
        }
        long index = packet.message().u32(attribute);
        if (index == 0 || !named.add(index)) {
            return;
        }
        String found = kernel.interfaceName(index).orElse(null);
        if (found != null) {
            separator().append("ifindex ").append(index).append(" = ").append(found);
        }
    }

    /**
     * Finishes the current file: writes each group's statistics, counted from the start of the capture. To be called
     * before the file is closed or continued in another.
     *
     * @param session the session's statistics
     * @throws IOException if writing fails
     */
    public void finish(Statistics session) throws IOException {
        long end = now();
        long lostDatagrams = session.socketDrops() + session.truncatedDatagrams();
        for (GroupTally tally : groups) {
            if (tally.interfaceId < 0) {
                continue;
            }
            // A loss at the end leaves no gap; with one group, it belongs to that group.
            long missing = groups.size() == 1 ? Math.max(tally.missing, lostDatagrams) : tally.missing;
            InterfaceStatistics statistics = InterfaceStatistics.at(end)
                    .withStart(startNanos)
                    .withEnd(end)
                    .withReceived(tally.received + missing)
                    .withInterfaceDropped(missing);
            String losses = losses(session);
            file.statistics(tally.interfaceId, losses == null ? statistics : statistics.withComment(losses));
        }
    }

    private static @Nullable String losses(Statistics session) {
        StringBuilder text = new StringBuilder();
        append(text, session.socketDrops(), "datagrams lost at the socket");
        append(text, session.truncatedDatagrams(), "datagrams that did not fit");
        append(text, session.malformed(), "malformed messages");
        append(text, session.truncatedPackets(), "packets cut at the copy range");
        return text.isEmpty() ? null : "the session, all groups: " + text;
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(what);
        }
    }

    /**
     * Continues in another file that has no interfaces yet: the groups are declared again in it, and interfaces are
     * named again.
     *
     * @param next the file
     * @throws IOException if writing fails
     */
    public void continueIn(CaptureWriter next) throws IOException {
        file = next;
        times.continueIn(next);
        named.clear();
        for (GroupTally tally : groups) {
            declare(tally);
        }
    }

    /**
     * Packets that the link type cannot hold, and that were skipped.
     *
     * @return a count
     */
    public long skipped() {
        return skipped;
    }
}
