// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * Computes and verifies the checksums of a packet that starts with an IP header: IPv4's own, and that of TCP, UDP, ICMP
 * or ICMPv6 within, including the pseudo header, also if IPv4 options or IPv6 extension headers precede it. Reusable;
 * allocates nothing. One thread at a time. It only reads; {@link PacketEditor} changes packets.
 */
public final class PacketChecksums {
    private final PacketLayout layout = new PacketLayout();
    private final Ipv4View ipv4 = new Ipv4View();
    private boolean whole;
    private boolean headerThere;
    private int version;
    private Bytes bytes = Bytes.of();

    /** Makes checksums of nothing; {@link #wrap(Bytes)} aims it. */
    public PacketChecksums() {}

    /**
     * Aims this at a packet. Bytes after the end given by its header, such as a link's padding, are ignored.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if they do not start with a whole IPv4 or IPv6 header; all states are then unknown
     * @throws IllegalStateException if the bytes were released
     */
    public boolean wrap(Bytes bytes) {
        whole = layout.wrap(bytes) == null;
        version = layout.version;
        this.bytes = bytes;
        headerThere = version == 4
                ? ipv4.wrap(bytes) && ipv4.payloadOffset() <= bytes.length()
                : version == 6 && bytes.length() >= Ipv6View.LENGTH;
        return headerThere;
    }

    /**
     * The state of the IP header's checksum. It needs only the header: the packet may be cut after it.
     *
     * @return RIGHT or WRONG for IPv4, NONE for IPv6, UNKNOWN if the header is not present
     * @throws IllegalStateException if the bytes were released
     */
    public ChecksumState header() {
        if (!headerThere) {
            return ChecksumState.UNKNOWN;
        }
        if (version == 6) {
            return ChecksumState.NONE;
        }
        return InternetChecksum.of(bytes, 0, ipv4.headerLength()) == 0 ? ChecksumState.RIGHT : ChecksumState.WRONG;
    }

    /**
     * The state of the checksum of what the packet carries. UDP without a checksum is NONE over IPv6 too, although only
     * some tunnels may omit it there (RFC 6935).
     *
     * @return the state
     * @throws IllegalStateException if the bytes were released
     */
    public ChecksumState transport() {
        Bounds.requireLive(bytes);
        if (!known()) {
            return ChecksumState.UNKNOWN;
        }
        if (layout.unsummed()) {
            return ChecksumState.NONE;
        }
        // Both 0 and 65535 verify, except over nothing but zeros: there the computed checksum is 65535, and 0 does not
        // verify.
        int stands = layout.packet.u16(layout.checksumAt);
        int computed = layout.transportChecksum();
        if (stands == computed || (stands == 0xffff && computed == 0)) {
            return ChecksumState.RIGHT;
        }
        return layout.holdsPseudoHeaderOnly() ? ChecksumState.NOT_READY : ChecksumState.WRONG;
    }

    /**
     * Whether the transport's checksum can be computed: the packet is whole and carries TCP, UDP, ICMP or ICMPv6.
     *
     * @return whether {@link #computeTransport()} has a result
     */
    public boolean known() {
        return whole && layout.checksumAt >= 0;
    }

    /**
     * The correct checksum of the IPv4 header.
     *
     * @return 0 to 65535
     * @throws IllegalStateException if there is no whole IPv4 header, or the bytes were released
     */
    public int computeHeader() {
        if (!headerThere || version != 4) {
            throw new IllegalStateException("there is no whole IPv4 header; see header()");
        }
        return PacketLayout.headerChecksum(bytes);
    }

    /**
     * The correct checksum of the transport, even if UDP was sent without one.
     *
     * @return 0 to 65535; for UDP never 0
     * @throws IllegalStateException if it cannot be computed, or the bytes were released
     */
    public int computeTransport() {
        Bounds.requireLive(bytes);
        if (!known()) {
            throw new IllegalStateException("the transport's checksum cannot be computed; check known()");
        }
        return layout.transportChecksum();
    }
}
