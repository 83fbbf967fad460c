// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.nio.ByteBuffer;

/**
 * Replaces the addresses of millions of sources: {@code AddressMapSpec} runs it in a separate JVM with a small heap.
 */
public final class ManySources {
    private static final int IPV4 = 2_000_000;
    private static final int OTHERS = 300_000;

    private ManySources() {}

    /** Prints a number that depends on all replacements. */
    public static void main(String[] arguments) {
        AddressMap map = new AddressMap(new Key(new byte[32]));
        ByteBuffer bytes = ByteBuffer.allocate(16);
        long sum = 0;
        for (int network = 0; network < IPV4; network++) {
            // Each in a different network of 24 bits.
            bytes.putInt(0, network * 7 << 8 | 5);
            map.replace(bytes, 0, 4);
            sum = sum * 31 + bytes.getInt(0);
        }
        for (long number = 0; number < OTHERS; number++) {
            bytes.putLong(0, 0x2001_0db8_0000_0000L | number).putLong(8, number << 32 | number);
            map.replace(bytes, 0, 16);
            sum = sum * 31 + bytes.getLong(0) + bytes.getLong(8);
            bytes.putInt(0, (int) number * 4).putShort(4, (short) number);
            map.hardware(bytes, 0, 6);
            sum = sum * 31 + bytes.getInt(0);
        }
        System.out.println(sum);
    }
}
