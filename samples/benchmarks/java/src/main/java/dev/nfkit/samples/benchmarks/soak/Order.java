// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.netfilter.NetfilterPacket;

/** Checks that the packets of a {@link Flood} arrive in order and once each, and counts them. One thread at a time. */
public final class Order {
    private final long[] last = new long[2];
    private long count;

    /**
     * Checks and counts a packet.
     *
     * @param packet a packet of a flood
     * @throws IllegalStateException if its number is not greater than all earlier ones of its family
     */
    public void take(NetfilterPacket packet) {
        int family = packet.payload().u8(0) >>> 4 == 4 ? 0 : 1;
        long number = Flood.number(packet.payload());
        if (number <= last[family]) {
            throw new IllegalStateException("packet " + number + " came after packet " + last[family]);
        }
        last[family] = number;
        count++;
    }

    /**
     * Returns the number of packets counted.
     *
     * @return a count
     */
    public long count() {
        return count;
    }
}
