// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.nio.ByteBuffer;

/**
 * Replaces addresses one to one: a replacement depends only on the key and the address, never on earlier addresses, and
 * memory does not grow with the number of addresses. One thread at a time.
 */
final class AddressMap {
    private static final int LINK_LENGTH = 6;

    private final Ipv4Map ipv4;
    private final Ipv6Map ipv6;
    private final LinkMap link;

    AddressMap(Key key) {
        ipv4 = new Ipv4Map(key);
        ipv6 = new Ipv6Map(key, ipv4);
        link = new LinkMap(key, ipv4, ipv6);
    }

    /** Replaces the IP address of 4 or 16 bytes at a place. */
    void replace(ByteBuffer bytes, int at, int length) {
        if (length == 4) {
            bytes.putInt(at, ipv4.replace(bytes.getInt(at)));
        } else {
            ipv6.replace(bytes, at);
        }
    }

    /** Whether {@link #hardware} has replacements for link-layer addresses of a length. */
    static boolean known(int length) {
        return length == LINK_LENGTH || length == 4 || length == 16;
    }

    /** Replaces a link-layer address. One of 4 or 16 bytes is the end of a tunnel: an IP address. */
    void hardware(ByteBuffer bytes, int at, int length) {
        if (length != LINK_LENGTH) {
            replace(bytes, at, length);
            return;
        }
        long address = (bytes.getShort(at) & 0xffffL) << 32 | (bytes.getInt(at + 2) & 0xffff_ffffL);
        long result = link.replace(address);
        bytes.putShort(at, (short) (result >>> 32));
        bytes.putInt(at + 2, (int) result);
    }
}
