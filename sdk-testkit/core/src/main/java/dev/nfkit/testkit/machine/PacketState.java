package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/** A packet on its way through the hooks: {@code struct sk_buff} and {@code struct nft_pktinfo}. Mutable. */
public final class PacketState {
    public static final int IPV4 = 2;
    public static final int IPV6 = 10;
    /** No transport protocol. */
    public static final int NONE = -1;

    private static final int FRAGMENT_BITS = 0x1fff;
    private static final int NO_NEXT_HEADER = 59;

    /** The bytes from the network header on. */
    public byte[] bytes;
    /** The link-layer header, or empty. */
    public byte[] link = {};

    public int family;
    public int etherType;
    /** The protocol of the transport header, or −1. */
    public int protocol = NONE;

    public int transport;
    public int fragment;
    public int hook;
    public @Nullable Device in;
    public @Nullable Device out;
    public int mark;
    public int priority;
    public int type;
    public boolean traced;
    public @Nullable ConnectionFacts connection;
    public boolean untracked;
    public RouteFacts route = new RouteFacts();
    public long userId = NONE;
    public long groupId = NONE;

    public PacketState(byte[] bytes) {
        this.bytes = bytes;
        parse();
    }

    /** Finds the headers again, after the bytes changed. */
    public void parse() {
        int version = bytes.length == 0 ? 0 : (bytes[0] >> 4) & 0xf;
        protocol = NONE;
        transport = 0;
        fragment = 0;
        if (version == 4 && bytes.length >= 20) {
            family = IPV4;
            etherType = 0x0800;
            protocol = bytes[9] & 0xff;
            transport = (bytes[0] & 0xf) * 4;
            fragment = u16(6) & FRAGMENT_BITS;
        } else if (version == 6 && bytes.length >= 40) {
            family = IPV6;
            etherType = 0x86dd;
            findTransport();
        } else {
            throw new IllegalArgumentException("the packet begins with no complete IPv4 or IPv6 header");
        }
    }

    private void findTransport() {
        int at = extension(NONE);
        if (at >= 0) {
            transport = at;
        }
    }

    /**
     * Finds an extension header, or with −1 the header after all of them ({@code ipv6_find_hdr}).
     *
     * @return its offset, or −1
     */
    public int extension(int wanted) {
        int next = bytes[6] & 0xff;
        int at = 40;
        int part = 0;
        while (next != wanted) {
            boolean header = next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
            if (!header || next == NO_NEXT_HEADER) {
                if (wanted == NONE && next != NO_NEXT_HEADER) {
                    protocol = next;
                    fragment = part;
                    return at;
                }
                return NONE;
            }
            if (at + 8 > bytes.length) {
                return NONE;
            }
            int length =
                    next == 44 ? 8 : next == 51 ? ((bytes[at + 1] & 0xff) + 2) * 4 : ((bytes[at + 1] & 0xff) + 1) * 8;
            if (next == 44) {
                part = u16(at + 2) & ~7;
                if (part != 0) { // what follows is a later part of the transport header's datagram
                    if (wanted == NONE) {
                        protocol = bytes[at] & 0xff;
                        fragment = part;
                        return at + length;
                    }
                    return NONE;
                }
            }
            next = bytes[at] & 0xff;
            at += length;
        }
        return at;
    }

    /** 16 bits in network order. */
    public int u16(int offset) {
        return ((bytes[offset] & 0xff) << 8) | (bytes[offset + 1] & 0xff);
    }

    /** Sets 16 bits in network order. */
    public void u16(int offset, int value) {
        bytes[offset] = (byte) (value >> 8);
        bytes[offset + 1] = (byte) value;
    }

    /** Whether there is a transport header with its beginning. */
    public boolean hasTransport() {
        return protocol != NONE && fragment == 0;
    }

    /** Whether a connection is attached. */
    public boolean tracked() {
        ConnectionFacts facts = connection;
        return facts != null && facts.tracked();
    }

    /** The position of an address. */
    public int addressOffset(boolean source) {
        return family == IPV4 ? (source ? 12 : 16) : source ? 8 : 24;
    }

    /** The length of an address. */
    public int addressLength() {
        return family == IPV4 ? 4 : 16;
    }
}
