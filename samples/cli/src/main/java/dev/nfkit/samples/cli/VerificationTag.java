package dev.nfkit.samples.cli;

import java.nio.ByteOrder;

/**
 * Verification tags of SCTP as conntrack(8) reads and prints them: it takes the four bytes of the packet for a number of the
 * host, so that on a little-endian host they are reversed.
 */
final class VerificationTag {
    private VerificationTag() {}

    /** A tag as conntrack(8) prints it, of the tag in packets; and the other way round. */
    static long swapped(long tag) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? Integer.toUnsignedLong(Integer.reverseBytes((int) tag))
                : tag;
    }
}
