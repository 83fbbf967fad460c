package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * Computes and verifies the checksums of a packet that starts with an IP header: IPv4's own, and that of TCP, UDP, ICMP
 * or ICMPv6 within, with its pseudo header and behind IPv4 options and IPv6 extension headers. Reusable; allocates
 * nothing. One thread at a time. Changes nothing; {@link PacketEditor} does.
 */
public final class PacketChecksums {
    private final PacketLayout layout = new PacketLayout();
    private final Ipv4View ipv4 = new Ipv4View();
    private boolean whole;
    private boolean headerThere;
    private int version;
    private Bytes bytes = new Bytes();

    /** Makes checksums of nothing, to be aimed with {@link #wrap(Bytes)}. */
    public PacketChecksums() {}

    /**
     * Aims this at a packet. What follows the end that its header tells, such as a link's padding, is not looked at.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if they don't start with a whole IPv4 or IPv6 header; all is then unknown
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
     * The state of the IP header's checksum. It needs the header alone: the packet may be cut behind it.
     *
     * @return RIGHT or WRONG for IPv4, NONE for IPv6, UNKNOWN if the header is not there
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
     * The state of the checksum of what the packet carries. UDP without a checksum is NONE over IPv6 too, where only
     * some tunnels may do so (RFC 6935).
     *
     * @return the state
     * @throws IllegalStateException if the bytes were released
     */
    public ChecksumState transport() {
        Room.requireLive(bytes);
        if (!known()) {
            return ChecksumState.UNKNOWN;
        }
        if (layout.unsummed()) {
            return ChecksumState.NONE;
        }
        // 0 and 65535 verify alike, except over nothing but zeros, where the computed one is 65535 and 0 does not.
        int stands = layout.packet.u16(layout.checksumAt);
        int computed = layout.transportChecksum();
        if (stands == computed || (stands == 0xffff && computed == 0)) {
            return ChecksumState.RIGHT;
        }
        return layout.holdsPseudoHeaderOnly() ? ChecksumState.NOT_READY : ChecksumState.WRONG;
    }

    /**
     * Whether {@link #computeTransport()} can tell: the packet is whole and carries TCP, UDP, ICMP or ICMPv6.
     *
     * @return whether the transport's checksum can be computed
     */
    public boolean known() {
        return whole && layout.checksumAt >= 0;
    }

    /**
     * What the IPv4 header's checksum should be.
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
     * What the transport's checksum should be, also where UDP was sent without one.
     *
     * @return 0 to 65535; for UDP never 0
     * @throws IllegalStateException if it can't be told, or the bytes were released
     */
    public int computeTransport() {
        Room.requireLive(bytes);
        if (!known()) {
            throw new IllegalStateException("the transport's checksum can't be told; ask known()");
        }
        return layout.transportChecksum();
    }
}
