// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.nio.ByteBuffer;
import java.util.Objects;

/** The checks that both writers make of a packet. */
final class PacketArguments {
    private PacketArguments() {}

    static void check(
            int interfaceId,
            int interfaces,
            long epochNanos,
            ByteBuffer source,
            int offset,
            int length,
            long originalLength) {
        checkInterface(interfaceId, interfaces);
        checkTime(epochNanos);
        if (length < 0 || length > CaptureWriter.MAX_PACKET) {
            throw new IllegalArgumentException("length " + length + " is out of 0 to " + CaptureWriter.MAX_PACKET);
        }
        if (originalLength > 0xffff_ffffL) {
            throw new IllegalArgumentException("originalLength " + originalLength + " is more than 4294967295");
        }
        Objects.checkFromIndexSize(offset, length, source.capacity());
    }

    static long checkTime(long epochNanos) {
        if (epochNanos < 0) {
            throw new IllegalArgumentException("epochNanos " + epochNanos + " is negative");
        }
        return epochNanos;
    }

    static void checkInterface(int interfaceId, int interfaces) {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException(
                    "interfaceId " + interfaceId + " is not one of the " + interfaces + " interfaces of this file");
        }
    }
}
