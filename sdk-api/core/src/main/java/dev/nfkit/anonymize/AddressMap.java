package dev.nfkit.anonymize;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * Replaces addresses, the same one always by the same. What says nothing of anybody stays: unspecified, loopback,
 * multicast and broadcast. IPv4 becomes 10.0.0.0/8, networks of 24 bits staying together and .0 and .255 in their place;
 * IPv6 becomes 2001:db8::/32, networks of 64 bits staying together, link-local staying link-local; a hardware address
 * becomes a locally administered one. One thread at a time.
 */
final class AddressMap {
    /** More than this many are computed again when they are met again. */
    private static final int REMEMBERED = 1 << 16;

    private static final int NETWORKS = 1 << 16;
    private static final int DOCUMENTATION = 0x2001_0db8;
    private static final long MAPPED = 0xffffL;
    private static final long NAT64 = 0x0064_ff9b_0000_0000L;
    private static final long LINK_LOCAL = 0xfe80_0000_0000_0000L;
    private static final long SOLICITED_NETWORK = 0xff02_0000_0000_0000L;
    private static final long SOLICITED_NODE = 0x0000_0001_ff00_0000L;
    private static final long LOW = 0xff_ffffL;

    private final Key key;
    private final Map<Integer, Integer> networks = new HashMap<>();
    private final Set<Integer> taken = new HashSet<>();
    private final Map<Long, Long> interfaces = remembering();
    private final Map<Long, Long> hosts = remembering();
    private final Map<Long, Long> prefixes = remembering();

    AddressMap(Key key) {
        this.key = key;
    }

    private static Map<Long, Long> remembering() {
        return new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    private static long remembered(Map<Long, Long> known, long value, LongUnaryOperator make) {
        Long before = known.get(value);
        if (before != null) {
            return before;
        }
        long made = make.applyAsLong(value);
        known.put(value, made);
        return made;
    }

    /** Replaces the address at a place: of 4 or 16 bytes. */
    void replace(ByteBuffer bytes, int at, int length) {
        if (length == 4) {
            bytes.putInt(at, ipv4(bytes.getInt(at)));
        } else {
            ipv6(bytes, at);
        }
    }

    int ipv4(int address) {
        int first = address >>> 24;
        if (first == 0 || first == 127 || (first >= 224 && first < 240) || address == -1) {
            return address;
        }
        int network = networks.computeIfAbsent(address >>> 8, this::network);
        long host = remembered(hosts, address & 0xffff_ffffL, each -> host(each >>> 8, (int) each & 0xff));
        return 10 << 24 | network << 8 | (int) host;
    }

    /** A network of its own; from 65,536 of them on, several share one. */
    private int network(int prefix) {
        int network = (int) key.number(Key.Use.IPV4_NETWORK, prefix, 0) & (NETWORKS - 1);
        while (taken.size() < NETWORKS && !taken.add(network)) {
            network = (network + 1) & (NETWORKS - 1);
        }
        return network;
    }

    private int host(long network, int host) {
        if (host == 0 || host == 0xff) {
            return host;
        }
        // Both ends stay, so that what would become one of them goes round once more.
        int mapped = host;
        do {
            mapped = (int) key.permuted(Key.Use.IPV4_HOST, network, mapped, 8);
        } while (mapped == 0 || mapped == 0xff);
        return mapped;
    }

    private void ipv6(ByteBuffer bytes, int at) {
        long high = bytes.getLong(at);
        long low = bytes.getLong(at + 8);
        if (high == 0 && low >>> 32 == 0 && low <= 1) {
            return;
        }
        if (high >>> 56 == 0xff) {
            if (high == SOLICITED_NETWORK && (low & ~LOW) == SOLICITED_NODE) {
                bytes.putLong(at + 8, SOLICITED_NODE | low24(low));
            }
            return;
        }
        if ((high == 0 && low >>> 32 == MAPPED) || (high == NAT64 && low >>> 32 == 0)) {
            bytes.putInt(at + 12, ipv4((int) low));
            return;
        }
        if (high >>> 54 == LINK_LOCAL >>> 54) {
            bytes.putLong(at, LINK_LOCAL);
        } else {
            long network = remembered(prefixes, high, each -> key.number(Key.Use.IPV6_NETWORK, each, 0));
            bytes.putLong(at, (long) DOCUMENTATION << 32 | (network & 0xffff_ffffL));
        }
        bytes.putLong(at + 8, interfaceId(low));
    }

    /** The low 24 bits by themselves, so that a solicited-node multicast group stays that of its address. */
    private long interfaceId(long id) {
        return remembered(
                interfaces, id, each -> key.permuted(Key.Use.IPV6_INTERFACE, 0, each >>> 24, 40) << 24 | low24(each));
    }

    private long low24(long low) {
        return key.permuted(Key.Use.IPV6_LOW, 0, low & LOW, 24);
    }

    /** Replaces a link-layer address of any length; of zeros only, or a group's, it stays. */
    void hardware(byte[] bytes, int at, int length) {
        boolean zeros = true;
        for (int index = 0; index < length; index++) {
            zeros &= bytes[at + index] == 0;
        }
        if (zeros || (length == 6 && (bytes[at] & 1) != 0)) {
            solicited(bytes, at, length);
            return;
        }
        long number = key.number(Key.Use.HARDWARE, bytes, at, length);
        for (int index = 0; index < length; index++) {
            bytes[at + index] = (byte) (number >>> (8 * (index & 7)));
        }
        if (length == 6) {
            bytes[at] = 2;
        }
    }

    /** A group of IPv6 has the low 32 bits of its address (RFC 2464): those of a solicited node tell of one. */
    private void solicited(byte[] bytes, int at, int length) {
        if (length == 6 && bytes[at] == 0x33 && bytes[at + 1] == 0x33 && bytes[at + 2] == (byte) 0xff) {
            int low = (bytes[at + 3] & 0xff) << 16 | (bytes[at + 4] & 0xff) << 8 | (bytes[at + 5] & 0xff);
            long mapped = low24(low);
            bytes[at + 3] = (byte) (mapped >>> 16);
            bytes[at + 4] = (byte) (mapped >>> 8);
            bytes[at + 5] = (byte) mapped;
        }
    }
}
