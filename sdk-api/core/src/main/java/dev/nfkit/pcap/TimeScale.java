package dev.nfkit.pcap;

import java.math.BigInteger;

/** An interface's unit of time ({@code if_tsresol}, {@code if_tsoffset}), and how it becomes nanoseconds since 1970. */
final class TimeScale {
    static final TimeScale MICROSECONDS = new TimeScale(BigInteger.valueOf(1_000_000), 0);

    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);

    private final BigInteger unitsPerSecond;
    private final long offsetSeconds;
    private final boolean nanoseconds;

    private TimeScale(BigInteger unitsPerSecond, long offsetSeconds) {
        this.unitsPerSecond = unitsPerSecond;
        this.offsetSeconds = offsetSeconds;
        this.nanoseconds = offsetSeconds == 0 && unitsPerSecond.equals(NANOS);
    }

    /** The scale of a resolution as its option has it: a power of ten, or of two where the highest bit is set. */
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
        if (nanoseconds && units >= 0) {
            return units;
        }
        BigInteger unsigned = new BigInteger(Long.toUnsignedString(units));
        return unsigned.multiply(NANOS)
                .divide(unitsPerSecond)
                .add(BigInteger.valueOf(offsetSeconds).multiply(NANOS))
                .longValueExact();
    }
}
