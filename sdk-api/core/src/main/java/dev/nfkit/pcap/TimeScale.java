// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.math.BigInteger;

/** An interface's unit of time ({@code if_tsresol}, {@code if_tsoffset}), and how it becomes nanoseconds since 1970. */
final class TimeScale {
    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);

    static final TimeScale MICROSECONDS = new TimeScale(BigInteger.valueOf(1_000_000), 0);

    private final BigInteger unitsPerSecond;
    private final long offsetSeconds;
    /** The nanoseconds of a unit, if that is a whole number and there is no offset; otherwise 0. */
    private final long nanosPerUnit;

    private final long largest;

    private TimeScale(BigInteger unitsPerSecond, long offsetSeconds) {
        this.unitsPerSecond = unitsPerSecond;
        this.offsetSeconds = offsetSeconds;
        boolean whole = offsetSeconds == 0 && NANOS.mod(unitsPerSecond).signum() == 0;
        this.nanosPerUnit = whole ? NANOS.divide(unitsPerSecond).longValue() : 0;
        this.largest = whole ? Long.MAX_VALUE / nanosPerUnit : -1;
    }

    /** The scale of a resolution as its option has it: a power of ten, or of two if the highest bit is set. */
    static TimeScale of(int resolution, long offsetSeconds) {
        int exponent = resolution & 0x7f;
        BigInteger units = (resolution & 0x80) == 0 ? BigInteger.TEN.pow(exponent) : BigInteger.TWO.pow(exponent);
        return new TimeScale(units, offsetSeconds);
    }

    /**
     * A count of units as nanoseconds, rounded down.
     *
     * @throws ArithmeticException if that lies after the year 2262, or before 1677
     */
    long toNanos(long units) {
        if (units >= 0 && units <= largest) {
            return units * nanosPerUnit;
        }
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(units));
        return unsigned.multiply(NANOS)
                .divide(unitsPerSecond)
                .add(BigInteger.valueOf(offsetSeconds).multiply(NANOS))
                .longValueExact();
    }
}
