// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit big-endian words. All methods
 * are pure and allocate nothing; any thread. {@link PacketChecksums} computes and verifies those of a whole packet.
 *
 * <p>Sums are kept unfolded, as {@code long}s that may simply be added to each other: a header's, its pseudo header's,
 * a payload's. Each part but the last must have an even length.
 *
 * <pre>{@code
 * long sum = InternetChecksum.pseudoHeader(ip.sourceBits(), ip.destinationBits(), IpProtocol.UDP, length)
 *         + InternetChecksum.sum(bytes, offset, length);
 * boolean right = InternetChecksum.finish(sum) == 0;
 * }</pre>
 */
public final class InternetChecksum {
    private static final long LOW = 0xffff_ffffL;
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private InternetChecksum() {}

    /**
     * The checksum of a range. For a range that contains its own checksum, the result is 0 if that is right.
     *
     * @param bytes where the range is
     * @param offset its first byte, from 0
     * @param length its length; a last odd byte counts as if a zero followed
     * @return 0 to 65535
     * @throws IndexOutOfBoundsException if the range exceeds the bytes
     * @throws IllegalStateException if the bytes were released
     */
    public static int of(Bytes bytes, int offset, int length) {
        return finish(sum(bytes, offset, length));
    }

    /**
     * The sum of a range, not folded and not complemented.
     *
     * @param bytes where the range is
     * @param offset its first byte, from 0
     * @param length its length; a last odd byte counts as if a zero followed
     * @return 0 to 2⁶¹, to be added to others and given to {@link #finish(long)}
     * @throws IndexOutOfBoundsException if the range exceeds the bytes
     * @throws IllegalStateException if the bytes were released
     */
    public static long sum(Bytes bytes, int offset, int length) {
        if (length < 0 || !Bounds.has(bytes, Math.max(0, offset), length) || offset < 0) {
            throw new IndexOutOfBoundsException(
                    "bytes " + offset + " to " + ((long) offset + length) + " of " + bytes.length());
        }
        int at = offset;
        int end = offset + length;
        long sum = 0;
        // A sum of 32-bit words folds to that of their halves, as 65536 is 1 modulo 65535; a long takes 2³² of them.
        // Two sums at a time, so that an addition need not wait for the one before.
        long other = 0;
        for (; end - at >= 32; at += 32) {
            long a = bytes.u64(at);
            long b = bytes.u64(at + 8);
            long c = bytes.u64(at + 16);
            long d = bytes.u64(at + 24);
            sum += (a & LOW) + (b & LOW) + (c & LOW) + (d & LOW);
            other += (a >>> 32) + (b >>> 32) + (c >>> 32) + (d >>> 32);
        }
        for (; end - at >= 4; at += 4) {
            sum += bytes.u32(at);
        }
        if (end - at >= 2) {
            sum += bytes.u16(at);
            at += 2;
        }
        if (at < end) {
            sum += (long) bytes.u8(at) << 8;
        }
        return sum + other;
    }

    /**
     * The sum of a range of an array, several times as fast as that of {@link Bytes} if it is long.
     *
     * @param array where the range is
     * @param offset its first byte, from 0
     * @param length its length; a last odd byte counts as if a zero followed
     * @return 0 to 2¹⁹, to be added to others and given to {@link #finish(long)}
     * @throws IndexOutOfBoundsException if the range exceeds the array
     */
    public static long sum(byte[] array, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, array.length);
        int at = offset;
        int end = offset + length;
        long sum = 0;
        long other = 0;
        // In the machine's own byte order: the sum is the same with its bytes swapped (RFC 1071, 2 B).
        for (; end - at >= 16; at += 16) {
            long a = (long) WORDS.get(array, at);
            long b = (long) WORDS.get(array, at + 8);
            sum += (a & LOW) + (b & LOW);
            other += (a >>> 32) + (b >>> 32);
        }
        int folded = fold(sum + other);
        long total =
                ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? folded : Short.reverseBytes((short) folded) & 0xffff;
        for (; end - at >= 2; at += 2) {
            total += ((array[at] & 0xff) << 8) | (array[at + 1] & 0xff);
        }
        return at < end ? total + ((array[at] & 0xff) << 8) : total;
    }

    /**
     * The sum of the pseudo header that precedes TCP and UDP over IPv4 in their checksum (RFC 9293, RFC 768).
     *
     * @param source the source address, the first byte highest, as {@link Ipv4View#sourceBits()}
     * @param destination the final destination address, the first byte highest
     * @param protocol 0 to 255
     * @param length the length of the transport header and its payload, 0 to 65535
     * @return a sum, to be added to the transport's
     */
    public static long pseudoHeader(int source, int destination, int protocol, int length) {
        return (source & LOW) + (destination & LOW) + protocol + length;
    }

    /**
     * The sum of the pseudo header that precedes TCP, UDP and ICMPv6 over IPv6 in their checksum (RFC 8200, 8.1).
     *
     * @param bytes where the addresses are
     * @param addresses where the source address starts, which the final destination address follows, as in the IPv6
     *     header at its byte 8
     * @param protocol 0 to 255: the transport's, not an extension header's
     * @param length the length of the transport header and its payload, from 0
     * @return a sum, to be added to the transport's
     * @throws IndexOutOfBoundsException if the addresses exceed the bytes
     * @throws IllegalStateException if the bytes were released
     */
    public static long pseudoHeader(Bytes bytes, int addresses, int protocol, int length) {
        return sum(bytes, addresses, 32) + protocol + length;
    }

    /**
     * Folds a sum to 16 bits. The checksum field of a packet with {@code CSUMNOTREADY} holds this value of its pseudo
     * header.
     *
     * @param sum a sum, from 0
     * @return 0 to 65535; 0 only for 0
     */
    public static int fold(long sum) {
        long folded = (sum & LOW) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }

    /**
     * Folds a sum and complements it: the checksum.
     *
     * @param sum a sum, from 0
     * @return 0 to 65535
     */
    public static int finish(long sum) {
        return ~fold(sum) & 0xffff;
    }

    /**
     * The checksum after a part of the covered data was replaced, computed without the rest of the data (RFC 1624,
     * equation 3). A checksum that was right stays right; one that was wrong stays wrong by the same difference.
     *
     * <p>For UDP, 0 means that there is no checksum: do not update it. If UDP's checksum becomes 0, send 65535.
     *
     * @param checksum the current one, 0 to 65535
     * @param oldSum the sum of the replaced data
     * @param newSum the sum of the new data, at the same place
     * @return 0 to 65535
     */
    public static int update(int checksum, long oldSum, long newSum) {
        return finish((~checksum & 0xffff) + (long) finish(oldSum) + fold(newSum));
    }
}
