// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.names;

import java.nio.ByteOrder;

/**
 * Verification tags of SCTP as conntrack(8) reads and prints them: it reads the four bytes of the packet in the host's
 * byte order, so that on a little-endian host they are reversed.
 */
public final class VerificationTag {
    private VerificationTag() {}

    /** Converts a tag in packets to the tag that conntrack(8) prints, and vice versa. */
    public static long swapped(long tag) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? Integer.toUnsignedLong(Integer.reverseBytes((int) tag))
                : tag;
    }
}
