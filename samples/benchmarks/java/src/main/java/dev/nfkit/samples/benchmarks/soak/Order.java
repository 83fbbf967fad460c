package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.netfilter.NetfilterPacket;

/** Checks that the packets of a {@link Flood} come in their order and once each, and counts them. One thread at a time. */
public final class Order {
    private final long[] last = new long[2];
    private long count;

    /**
     * Takes a packet.
     *
     * @param packet a packet of a flood
     * @throws IllegalStateException if it is not later than those before of its family
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
     * How many packets came.
     *
     * @return a count
     */
    public long count() {
        return count;
    }
}
