// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Stateful;

/**
 * Matches until a rate is exceeded (a token bucket), such as {@code limit rate 10/second burst 5 packets}.
 *
 * <p>Follows {@code nft_limit.c}.
 *
 * @param rate packets or bytes in a unit of time, at least 1
 * @param unit the unit of time
 * @param burst the number of packets or bytes that may exceed the rate at once; 0 for the kernel's own number
 * @param bytes true if bytes are counted, false for packets
 * @param over true to match what exceeds the rate instead
 */
public record Limit(long rate, Unit unit, long burst, boolean bytes, boolean over) implements Statement, Stateful {
    private static final long LARGEST_BURST = 0xffff_ffffL;

    /** A unit of time. */
    public enum Unit {
        /** A second. */
        SECOND(1),
        /** 60 seconds. */
        MINUTE(60),
        /** 3600 seconds. */
        HOUR(3_600),
        /** 86400 seconds. */
        DAY(86_400),
        /** 604800 seconds. */
        WEEK(604_800);

        private final long seconds;

        Unit(long seconds) {
            this.seconds = seconds;
        }

        /**
         * The length of the unit.
         *
         * @return seconds
         */
        public long seconds() {
            return seconds;
        }
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if rate or burst is out of range
     */
    public Limit {
        if (rate < 1) {
            throw new IllegalArgumentException("rate " + rate + " is out of 1 to " + Long.MAX_VALUE);
        }
        if (burst < 0 || burst > LARGEST_BURST) {
            throw new IllegalArgumentException("burst " + burst + " is out of 0 to " + LARGEST_BURST);
        }
    }

    /**
     * A limit of packets with a burst of 5, as nft sets it.
     *
     * @param rate packets in a unit of time, at least 1
     * @param unit the unit of time
     * @return the statement
     * @throws IllegalArgumentException if the rate is out of range
     */
    public static Limit packets(long rate, Unit unit) {
        return new Limit(rate, unit, 5, false, false);
    }
}
