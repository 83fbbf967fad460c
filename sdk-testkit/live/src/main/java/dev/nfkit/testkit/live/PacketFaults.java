// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What is done to the packets that a rule matches: by {@link TestNamespace#inject}. A packet is dropped or not, then
 * corrupted or not, and then delayed. One thread at a time.
 *
 * <pre>{@code
 * namespace.inject("udp dport 53", faults -> faults.dropFirst(1));               // the query has to be repeated
 * namespace.inject("tcp dport 80", faults -> faults.drop(0.1).delay(Duration.ofMillis(20), Duration.ofMillis(10)));
 * }</pre>
 *
 * <p>Random choices follow the seed: the same packets in the same order get the same faults.
 */
public final class PacketFaults {
    private static final Duration LONGEST = Duration.ofHours(1);

    private long first;
    private double dropped;
    private double corrupted;
    private long delayNanos;
    private long jitterNanos;
    private long seed = 1;

    PacketFaults() {}

    /**
     * Drops a number of packets, from the first one on.
     *
     * @param packets the number, from 0
     * @return these faults
     * @throws IllegalArgumentException if it is negative
     */
    public PacketFaults dropFirst(long packets) {
        if (packets < 0) {
            throw new IllegalArgumentException("dropFirst " + packets + " is negative");
        }
        first = packets;
        return this;
    }

    /**
     * Drops a random share of the packets.
     *
     * @param share 0 to 1
     * @return these faults
     * @throws IllegalArgumentException if it is out of range
     */
    public PacketFaults drop(double share) {
        dropped = share("drop", share);
        return this;
    }

    /**
     * Flips a bit of the data after the transport header in a random share of the packets, and corrects the checksums, so
     * that the receiver's program sees it. A packet without data, or one that is no TCP, UDP or ICMP, is left as it is.
     *
     * @param share 0 to 1
     * @return these faults
     * @throws IllegalArgumentException if it is out of range
     */
    public PacketFaults corrupt(double share) {
        corrupted = share("corrupt", share);
        return this;
    }

    /**
     * Delays all packets; their order stays.
     *
     * @param time the delay, up to an hour
     * @return these faults
     * @throws IllegalArgumentException if it is out of range
     */
    public PacketFaults delay(Duration time) {
        return delay(time, Duration.ZERO);
    }

    /**
     * Delays all packets by random times: packets overtake others.
     *
     * @param time the mean delay, up to an hour
     * @param jitter the largest difference from it, not longer than the delay
     * @return these faults
     * @throws IllegalArgumentException if one is out of range
     */
    public PacketFaults delay(Duration time, Duration jitter) {
        if (time.isNegative() || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("delay " + time + " is out of 0 to 1 h");
        }
        if (jitter.isNegative() || jitter.compareTo(time) > 0) {
            throw new IllegalArgumentException("jitter " + jitter + " is out of 0 to the delay, which is " + time);
        }
        delayNanos = time.toNanos();
        jitterNanos = jitter.toNanos();
        return this;
    }

    /**
     * The seed of random choices; 1 unless set.
     *
     * @param seed any number
     * @return these faults
     */
    public PacketFaults seed(long seed) {
        this.seed = seed;
        return this;
    }

    private static double share(String name, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException(name + " " + share + " is out of 0 to 1");
        }
        return share;
    }

    long seed() {
        return seed;
    }

    boolean delays() {
        return delayNanos > 0;
    }

    /** Whether a packet is dropped; packets count from 0. */
    boolean drops(long packet, RandomGenerator random) {
        return packet < first || (dropped > 0 && random.nextDouble() < dropped);
    }

    /** Whether a packet is corrupted. */
    boolean corrupts(RandomGenerator random) {
        return corrupted > 0 && random.nextDouble() < corrupted;
    }

    /** The delay of a packet. */
    long nanos(RandomGenerator random) {
        return delayNanos + (jitterNanos == 0 ? 0 : random.nextLong(-jitterNanos, jitterNanos + 1));
    }
}
