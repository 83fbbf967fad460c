// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.packet.PacketEditException.Reason;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a packet that starts with an IP header: addresses, ports, TTL, DSCP, ECN, TCP flags, and the payload, which
 * may become longer or shorter. Lengths and checksums are updated. An edit whose result could not be valid is refused
 * with the reason.
 *
 * <pre>{@code
 * Bytes changed = editor.edit(packet.payload())
 *         .destination(resolver)
 *         .destinationPort(5353)
 *         .result();
 * }</pre>
 *
 * <p>The packet is copied into the editor's buffer: the original, borrowed or owned, is never changed and no longer
 * needed. The buffer is reused, so that editing allocates nothing once it has grown to the largest packet (the forms
 * with {@link InetAddress} and {@code byte[]} apart). One thread at a time.
 *
 * <h2>Requirements</h2>
 *
 * The packet must be whole: a cut one is refused. Bytes after its end, such as a link's padding, are removed. Up to
 * 65535 bytes are edited as one packet; jumbograms are refused. IPv4 options, IPv6 extension headers and all other
 * parts not named here stay unchanged. TTL, DSCP and ECN are covered by no transport checksum and no signature, so they
 * may be changed in every whole IP packet. All other edits are refused in fragments, in packets with AH or ESP, in
 * signed TCP segments, while a source route or routing header is unfinished (checksums cover its final address), and in
 * protocols whose checksum is not supported. TCP, UDP, ICMP and ICMPv6 are supported. The checksums of SCTP, GRE and
 * tunnelled IP do not cover the addresses, so the addresses may be replaced.
 *
 * <h2>Checksums</h2>
 *
 * A checksum is updated by the difference between old and new data (RFC 1624), as routers and the kernel's NAT do. A
 * checksum that was right stays right, and one that was wrong stays wrong, so that the receiver still detects a packet
 * that was damaged on its way. Recomputing it would hide the damage. UDP without a checksum remains without one.
 *
 * <p>A packet with {@code CSUMNOTREADY} (sent by this host, or merged by GRO) has no transport checksum yet, only the
 * sum of its pseudo header, and the kernel does not complete the checksum of a changed packet. The editor therefore
 * computes it in full, whatever was changed, even if nothing was. The packet's flag is passed to {@link #edit(Bytes,
 * boolean)}; the editor also detects by itself that the field holds just that sum. It does not detect a tunnel's inner
 * checksum that is not ready.
 *
 * <h2>Responsibilities of the application</h2>
 *
 * <ul>
 *   <li>A TCP payload of another length shifts the stream: sequence and acknowledgement numbers of all that follows, in
 *       both directions, are not adjusted (SACK blocks neither). Data on a SYN is accepted only with Fast Open; SYN and
 *       FIN count as one in the sequence, whatever the payload's length.
 *   <li>A GSO packet is cut into segments by the kernel afterwards, at the size it had before: a payload of another
 *       length yields another number of segments, and the boundaries of merged UDP datagrams move. Linux may drop a TCP
 *       that still counts as GSO but has shrunk to one segment's size or less.
 *   <li>The MTU: a packet that exceeds it after an edit is fragmented, or dropped if fragmentation is forbidden.
 *   <li>Connection tracking knows addresses and ports: use the kernel's NAT to change them where possible. If the outer
 *       addresses of an ICMP error are changed, the packet that it quotes is not.
 * </ul>
 */
public final class PacketEditor {
    private static final int MAX_LENGTH = 0xffff;

    private final PacketLayout layout = new PacketLayout();
    private final ChecksumChange headerChange = new ChecksumChange();
    private final ChecksumChange transportChange = new ChecksumChange();
    private final BytesView result = new BytesView();
    private byte[] array;
    private ByteBuffer buffer;
    /** A view over the buffer, shared with the layout. */
    private final BytesView packet = layout.packet;

    private boolean editing;
    /** Whether checksums are computed in full rather than updated. */
    private boolean headerInFull;

    private boolean transportInFull;

    /** Makes an editor whose buffer initially holds an Ethernet frame, and grows when needed. */
    public PacketEditor() {
        this(2048);
    }

    /**
     * Makes an editor with a buffer of an initial size, which grows when needed.
     *
     * @param capacity in bytes, from 0; 65535 holds any IPv4 packet
     * @throws IllegalArgumentException if the capacity is negative
     */
    public PacketEditor(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("capacity " + capacity + " is negative");
        }
        array = new byte[capacity];
        buffer = ByteBuffer.wrap(array);
        result.release();
    }

    /**
     * Takes a packet to edit, as {@link #edit(Bytes, boolean)} with false: for packets with complete checksums, as sent
     * on a wire. The result for the previous packet is released.
     *
     * @param bytes the packet from its IP header, which is copied; may be the result of this editor
     * @return this editor
     * @throws PacketEditException if it cannot be edited at all: NOT_IP, CUT, MALFORMED, TOO_LONG; the editor then has
     *     no packet
     * @throws IllegalStateException if the bytes were released
     */
    public PacketEditor edit(Bytes bytes) throws PacketEditException {
        return edit(bytes, false);
    }

    /**
     * Takes a packet to edit. The result for the previous packet is released.
     *
     * @param bytes the packet from its IP header, which is copied; may be the result of this editor
     * @param checksumsNotReady whether the kernel reported that the packet's checksum is not ready ({@code
     *     NFQA_SKB_CSUMNOTREADY}); checksums are then computed in full
     * @return this editor
     * @throws PacketEditException if it cannot be edited at all: NOT_IP, CUT, MALFORMED, TOO_LONG; or if its checksum
     *     is not ready and cannot be computed, for any reason that {@link #payload(Bytes)} has, or because it belongs
     *     to a packet inside a tunnel (UNKNOWN_TRANSPORT); the editor then has no packet
     * @throws IllegalStateException if the bytes were released
     */
    public PacketEditor edit(Bytes bytes, boolean checksumsNotReady) throws PacketEditException {
        Bounds.requireLive(bytes);
        editing = false;
        Reason refusal = layout.wrap(bytes);
        if (refusal == null && checksumsNotReady) {
            refusal = refusalToComplete();
        }
        if (refusal != null) {
            result.release();
            throw new PacketEditException("edit the packet", refusal);
        }
        transportInFull = checksumsNotReady || layout.holdsPseudoHeaderOnly();
        headerInFull = checksumsNotReady;
        int length = layout.length;
        grow(length, 0);
        bytes.copyTo(0, array, 0, length);
        aim(length);
        result.release();
        forgetChanges();
        editing = true;
        return this;
    }

    private @Nullable Reason refusalToComplete() {
        if (layout.transportRefusal != null) {
            return layout.transportRefusal;
        }
        // The checksum of SCTP, of GRE, of a packet inside a tunnel, or of a tunnel over UDP that was itself sent
        // without one.
        return layout.checksumAt < 0 || layout.unsummed() ? Reason.UNKNOWN_TRANSPORT : null;
    }

    private void grow(int needed, int kept) {
        if (needed > array.length) {
            byte[] old = array;
            array = new byte[Math.max(needed, Math.min(2 * old.length, MAX_LENGTH + Ipv6View.LENGTH))];
            System.arraycopy(old, 0, array, 0, kept);
            buffer = ByteBuffer.wrap(array);
        }
    }

    private void aim(int length) {
        packet.wrap(buffer, 0, length);
        layout.array = array;
    }

    private void forgetChanges() {
        headerChange.clear();
        transportChange.clear();
    }

    /**
     * Replaces the source address. Allocates; {@link #source(Bytes)} and {@link #sourceBits(int)} do not.
     *
     * @param address the new address, of the packet's family; an IPv4-mapped {@link java.net.Inet6Address} counts as
     *     IPv6
     * @return this editor
     * @throws PacketEditException ADDRESS_FAMILY, or why the transport's checksum could not be updated: FRAGMENT,
     *     AUTHENTICATED, ENCRYPTED, SOURCE_ROUTE, UNKNOWN_TRANSPORT, MALFORMED
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor source(InetAddress address) throws PacketEditException {
        return source(Bytes.of(address.getAddress()));
    }

    /**
     * Replaces the destination address. Allocates; {@link #destination(Bytes)} and {@link #destinationBits(int)} do
     * not.
     *
     * @param address the new address, of the packet's family; an IPv4-mapped {@link java.net.Inet6Address} counts as
     *     IPv6
     * @return this editor
     * @throws PacketEditException as {@link #source(InetAddress)}
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor destination(InetAddress address) throws PacketEditException {
        return destination(Bytes.of(address.getAddress()));
    }

    /**
     * Replaces the source address.
     *
     * @param address the new address: 4 bytes for IPv4, 16 for IPv6, such as {@link Ipv6View#source()}; copied
     * @return this editor
     * @throws PacketEditException as {@link #source(InetAddress)}
     * @throws IllegalArgumentException if the address has another length
     * @throws IllegalStateException if there is no packet, or the address was released
     */
    public PacketEditor source(Bytes address) throws PacketEditException {
        return address(address, 12, 8, "replace the source address");
    }

    /**
     * Replaces the destination address.
     *
     * @param address the new address: 4 bytes for IPv4, 16 for IPv6, such as {@link Ipv6View#destination()}; copied
     * @return this editor
     * @throws PacketEditException as {@link #source(InetAddress)}
     * @throws IllegalArgumentException if the address has another length
     * @throws IllegalStateException if there is no packet, or the address was released
     */
    public PacketEditor destination(Bytes address) throws PacketEditException {
        return address(address, 16, 24, "replace the destination address");
    }

    private PacketEditor address(Bytes address, int ipv4At, int ipv6At, String what) throws PacketEditException {
        Bounds.requireLive(address);
        int length = address.length();
        if (length != 4 && length != 16) {
            throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + length);
        }
        requireAddress(length == 4 ? 4 : 6, what);
        int at = length == 4 ? ipv4At : ipv6At;
        addressOut(at, length);
        address.copyTo(0, array, at, length);
        addressIn(at, length);
        return this;
    }

    /**
     * Replaces the source address of an IPv4 packet.
     *
     * @param address the new address, its first byte highest, as {@link Ipv4View#sourceBits()}
     * @return this editor
     * @throws PacketEditException as {@link #source(InetAddress)}
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor sourceBits(int address) throws PacketEditException {
        return addressBits(address, 12, "replace the source address");
    }

    /**
     * Replaces the destination address of an IPv4 packet.
     *
     * @param address the new address, its first byte highest, as {@link Ipv4View#destinationBits()}
     * @return this editor
     * @throws PacketEditException as {@link #source(InetAddress)}
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor destinationBits(int address) throws PacketEditException {
        return addressBits(address, 16, "replace the destination address");
    }

    private PacketEditor addressBits(int address, int at, String what) throws PacketEditException {
        requireAddress(4, what);
        addressOut(at, 4);
        buffer.putInt(at, address);
        addressIn(at, 4);
        return this;
    }

    private void requireAddress(int version, String what) throws PacketEditException {
        requirePacket();
        if (version != layout.version) {
            throw new PacketEditException(what, Reason.ADDRESS_FAMILY);
        }
        requireTransport(what);
    }

    private void addressOut(int at, int length) {
        result.release();
        long sum = layout.sum(at, length);
        headerChange.out(sum);
        transportChange.out(layout.pseudoHeader ? sum : 0);
    }

    private void addressIn(int at, int length) {
        long sum = layout.sum(at, length);
        headerChange.in(sum);
        transportChange.in(layout.pseudoHeader ? sum : 0);
    }

    /**
     * Replaces the source port of TCP or UDP.
     *
     * @param port 0 to 65535
     * @return this editor
     * @throws PacketEditException NO_SUCH_FIELD, or why the checksum could not be updated: FRAGMENT, AUTHENTICATED,
     *     ENCRYPTED, SOURCE_ROUTE, UNKNOWN_TRANSPORT, MALFORMED
     * @throws IllegalArgumentException if the port is out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor sourcePort(int port) throws PacketEditException {
        return port(port, 0, "replace the source port");
    }

    /**
     * Replaces the destination port of TCP or UDP.
     *
     * @param port 0 to 65535
     * @return this editor
     * @throws PacketEditException as {@link #sourcePort(int)}
     * @throws IllegalArgumentException if the port is out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor destinationPort(int port) throws PacketEditException {
        return port(port, 2, "replace the destination port");
    }

    private PacketEditor port(int port, int offset, String what) throws PacketEditException {
        requireRange("port", port, MAX_LENGTH);
        requirePacket();
        requireTransport(what);
        if (!IpProtocol.hasPorts(layout.protocol)) {
            throw new PacketEditException(what, Reason.NO_SUCH_FIELD);
        }
        if (layout.checksumAt < 0) {
            throw new PacketEditException(what, Reason.UNKNOWN_TRANSPORT);
        }
        replaceInTransport(layout.transportAt + offset, port);
        return this;
    }

    /**
     * Replaces the TTL, or the hop limit of IPv6.
     *
     * @param ttl 0 to 255
     * @return this editor
     * @throws IllegalArgumentException if it is out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor ttl(int ttl) {
        requireRange("TTL", ttl, 255);
        requirePacket();
        if (layout.version == 4) {
            replaceInHeader(8, (ttl << 8) | packet.u8(9));
        } else {
            result.release();
            buffer.put(7, (byte) ttl);
        }
        return this;
    }

    /**
     * Replaces the differentiated services code point and keeps the ECN bits.
     *
     * @param dscp 0 to 63, such as 46 for expedited forwarding
     * @return this editor
     * @throws IllegalArgumentException if it is out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor dscp(int dscp) {
        requireRange("DSCP", dscp, 63);
        return trafficClass(dscp << 2, 0xfc);
    }

    /**
     * Replaces the explicit congestion notification bits (RFC 3168) and keeps the DSCP.
     *
     * @param ecn 0 not capable, 1 and 2 capable, 3 congestion experienced
     * @return this editor
     * @throws IllegalArgumentException if it is out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor ecn(int ecn) {
        requireRange("ECN", ecn, 3);
        return trafficClass(ecn, 0x03);
    }

    private PacketEditor trafficClass(int bits, int mask) {
        requirePacket();
        int word = packet.u16(0);
        if (layout.version == 4) {
            replaceInHeader(0, (word & ~mask) | bits);
        } else {
            // After the version's four bits, before the flow label's first four.
            result.release();
            buffer.putShort(0, (short) ((word & ~(mask << 4)) | (bits << 4)));
        }
        return this;
    }

    /**
     * Replaces the flags of TCP.
     *
     * @param flags 0 to 255, as {@link TcpView#flags()}: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128
     * @return this editor
     * @throws PacketEditException as {@link #sourcePort(int)}
     * @throws IllegalArgumentException if they are out of range
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor tcpFlags(int flags) throws PacketEditException {
        requireRange("TCP flags", flags, 255);
        requirePacket();
        requireTransport("replace the TCP flags");
        if (layout.protocol != IpProtocol.TCP) {
            throw new PacketEditException("replace the TCP flags", Reason.NO_SUCH_FIELD);
        }
        int at = layout.transportAt + 12;
        replaceInTransport(at, (packet.u8(at) << 8) | flags);
        return this;
    }

    /**
     * Replaces the payload of TCP, UDP, or an ICMP or ICMPv6 echo by one of the same or another length. Bytes after a
     * UDP datagram within its IP packet (the options of RFC 9868) are removed.
     *
     * @param payload the new payload, which is copied; may be empty, and may be a part of this editor's result
     * @return this editor
     * @throws PacketEditException NO_SUCH_FIELD if the protocol has no payload, TOO_LONG if the packet's length would
     *     not fit its header (IPv4: 65535 bytes with the header; IPv6: 65535 after the header), or why the checksum
     *     could not be updated: FRAGMENT, AUTHENTICATED, ENCRYPTED, SOURCE_ROUTE, UNKNOWN_TRANSPORT, MALFORMED
     * @throws IllegalStateException if there is no packet, or the payload was released
     */
    public PacketEditor payload(Bytes payload) throws PacketEditException {
        String what = "replace the payload";
        Bounds.requireLive(payload);
        requirePacket();
        requireTransport(what);
        int at = layout.payloadAt;
        if (at < 0) {
            boolean known = layout.checksumAt >= 0;
            throw new PacketEditException(what, known ? Reason.NO_SUCH_FIELD : Reason.UNKNOWN_TRANSPORT);
        }
        int added = payload.length();
        int uncounted = layout.version == 4 ? 0 : Ipv6View.LENGTH;
        if (added > MAX_LENGTH + uncounted - at) {
            throw new PacketEditException(what, Reason.TOO_LONG);
        }
        transportChange.out(layout.sum(at, layout.transportEnd - at));
        int length = at + added;
        grow(length, at);
        payload.copyTo(0, array, at, added);
        aim(length);
        transportChange.in(layout.sum(at, added));
        lengthen(length);
        return this;
    }

    private void lengthen(int length) {
        int transportBefore = layout.transportEnd - layout.transportAt;
        int transportNow = length - layout.transportAt;
        layout.length = length;
        layout.transportEnd = length;
        if (layout.version == 4) {
            replaceInHeader(2, length);
        } else {
            buffer.putShort(4, (short) (length - Ipv6View.LENGTH));
        }
        if (layout.pseudoHeader) {
            transportChange.out(transportBefore);
            transportChange.in(transportNow);
        }
        if (layout.protocol == IpProtocol.UDP) {
            replaceInTransport(layout.transportAt + 4, transportNow);
        }
        result.release();
    }

    /**
     * Replaces the payload by an array's bytes.
     *
     * @param payload the new payload, which is copied; may be empty
     * @return this editor
     * @throws PacketEditException as {@link #payload(Bytes)}
     * @throws IllegalStateException if there is no packet
     */
    public PacketEditor payload(byte[] payload) throws PacketEditException {
        return payload(Bytes.of(payload));
    }

    private void replaceInHeader(int at, int word) {
        result.release();
        headerChange.out(packet.u16(at));
        headerChange.in(word);
        buffer.putShort(at, (short) word);
    }

    private void replaceInTransport(int at, int word) {
        result.release();
        transportChange.out(packet.u16(at));
        transportChange.in(word);
        buffer.putShort(at, (short) word);
    }

    /**
     * The edited packet, with correct lengths and checksums. If nothing was changed, these are the original bytes, with
     * the checksum completed if it was not ready. Editing may continue afterwards.
     *
     * @return the editor's only view, borrowed: valid until this editor makes a change or takes another packet, then
     *     released; {@link Bytes#copy()} returns one that stays valid
     * @throws IllegalStateException if there is no packet
     */
    public Bytes result() {
        requirePacket();
        if (layout.version == 4) {
            writeHeaderChecksum();
        }
        writeTransportChecksum();
        forgetChanges();
        return result.wrap(buffer, 0, layout.length);
    }

    private void writeHeaderChecksum() {
        int checksum = headerInFull ? PacketLayout.headerChecksum(packet) : headerChange.appliedTo(packet.u16(10));
        buffer.putShort(10, (short) checksum);
    }

    private void writeTransportChecksum() {
        int at = layout.checksumAt;
        if (at < 0 || layout.unsummed()) {
            return;
        }
        int checksum =
                transportInFull ? layout.transportChecksum() : layout.asSent(transportChange.appliedTo(packet.u16(at)));
        // Data of only zeros, such as an ICMP echo reply may be, sums to 0 and not to the equivalent 65535.
        if (checksum == 0 && layout.transportChecksum() == 0xffff) {
            checksum = 0xffff;
        }
        buffer.putShort(at, (short) checksum);
    }

    private void requirePacket() {
        if (!editing) {
            throw new IllegalStateException("the editor has no packet; edit() one first");
        }
    }

    private void requireTransport(String what) throws PacketEditException {
        if (layout.transportRefusal != null) {
            throw new PacketEditException(what, layout.transportRefusal);
        }
    }

    private static void requireRange(String name, int value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + max);
        }
    }
}
