// SPDX-License-Identifier: Apache-2.0
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
    private static final RouteFacts NO_ROUTES = new RouteFacts(); // replaced, never changed
    private static final byte[] NO_LINK = {};

    /** The bytes from the network header on. Only the methods of this class change them. */
    public byte[] bytes;

    private boolean shared;
    private boolean changed;
    /** The link-layer header, or empty. */
    public byte[] link = NO_LINK;

    public int family;
    public int etherType;
    /** The protocol of the transport header, or −1. */
    public int protocol = NONE;

    public int transport;
    public int fragment;
    public int hook;
    /** The family of the table whose chain is executed. */
    public int hookFamily;
    /** The zone that a rule chose before connection tracking, or −1. */
    public int templateZone = NONE;

    public @Nullable Device in;
    public @Nullable Device out;
    public int mark;
    public int priority;
    public int type;
    public boolean traced;
    public @Nullable ConnectionFacts connection;
    public boolean untracked;
    public RouteFacts route = NO_ROUTES;
    public long userId = NONE;
    public long groupId = NONE;

    /** A packet with these bytes, which are copied before a change. */
    public PacketState(byte[] bytes) {
        this.bytes = bytes;
        this.shared = true;
        parse();
    }

    /** A packet like another one, which shares its bytes until one of them changes. */
    public PacketState(PacketState other) {
        bytes = other.share();
        shared = true;
        link = other.link;
        family = other.family;
        etherType = other.etherType;
        protocol = other.protocol;
        transport = other.transport;
        fragment = other.fragment;
        in = other.in;
        out = other.out;
        mark = other.mark;
        priority = other.priority;
        type = other.type;
        untracked = other.untracked;
        route = other.route;
        userId = other.userId;
        groupId = other.groupId;
    }

    /** The bytes as they are now: a later change makes a copy. */
    public byte[] share() {
        shared = true;
        return bytes;
    }

    /** Replaces all bytes, and finds the headers again. */
    public void replace(byte[] other) {
        bytes = other;
        shared = true;
        parse();
    }

    /** Changes bytes; the headers are found again when the next base chain begins, as in the kernel. */
    public void write(int offset, byte[] from, int at, int length) {
        own();
        System.arraycopy(from, at, bytes, offset, length);
    }

    private void own() {
        changed = true;
        if (shared) {
            bytes = bytes.clone();
            shared = false;
        }
    }

    void parseIfChanged() {
        if (changed) {
            parse();
        }
    }

    /** Finds the headers again, after the bytes changed. */
    public void parse() {
        changed = false;
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
        own();
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

    /** Connection tracking finds a connection. */
    public void track(ConnectionFacts facts) {
        connection = facts;
        facts.see(this);
    }

    /** The position of an address. */
    public int addressOffset(boolean source) {
        return addressOffset(family, source);
    }

    /** The length of an address. */
    public int addressLength() {
        return addressLength(family);
    }

    static int addressOffset(int family, boolean source) {
        return family == IPV4 ? (source ? 12 : 16) : source ? 8 : 24;
    }

    static int addressLength(int family) {
        return family == IPV4 ? 4 : 16;
    }
}
