// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The counters of an interface's packets: pcapng's interface statistics block. Immutable; each {@code with…} returns a
 * changed copy. Unknown values are absent, which is not the same as 0.
 */
public final class InterfaceStatistics {
    private static final InterfaceStatistics EMPTY = new InterfaceStatistics(-1, -1, -1, -1, -1, -1, null);

    private final long epochNanos;
    private final long startNanos;
    private final long endNanos;
    private final long received;
    private final long interfaceDropped;
    private final long osDropped;
    private final @Nullable String comment;

    private InterfaceStatistics(
            long epochNanos,
            long startNanos,
            long endNanos,
            long received,
            long interfaceDropped,
            long osDropped,
            @Nullable String comment) {
        this.epochNanos = epochNanos;
        this.startNanos = startNanos;
        this.endNanos = endNanos;
        this.received = received;
        this.interfaceDropped = interfaceDropped;
        this.osDropped = osDropped;
        this.comment = comment;
    }

    /**
     * Statistics of a moment, without other values.
     *
     * @param epochNanos when they were taken, in nanoseconds since 1970, from 0
     * @return new statistics
     */
    public static InterfaceStatistics at(long epochNanos) {
        check("epochNanos", epochNanos);
        return new InterfaceStatistics(epochNanos, -1, -1, -1, -1, -1, null);
    }

    static InterfaceStatistics unknownTime() {
        return EMPTY;
    }

    private static void check(String what, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(what + " " + value + " is negative");
        }
    }

    /**
     * With the time when the capture started ({@code isb_starttime}).
     *
     * @param value nanoseconds since 1970, from 0
     * @return a changed copy
     */
    public InterfaceStatistics withStart(long value) {
        check("start", value);
        return new InterfaceStatistics(epochNanos, value, endNanos, received, interfaceDropped, osDropped, comment);
    }

    /**
     * With the time when the capture ended ({@code isb_endtime}).
     *
     * @param value nanoseconds since 1970, from 0
     * @return a changed copy
     */
    public InterfaceStatistics withEnd(long value) {
        check("end", value);
        return new InterfaceStatistics(epochNanos, startNanos, value, received, interfaceDropped, osDropped, comment);
    }

    /**
     * With the number of packets that reached the interface ({@code isb_ifrecv}).
     *
     * @param value a count, from 0
     * @return a changed copy
     */
    public InterfaceStatistics withReceived(long value) {
        check("received", value);
        return new InterfaceStatistics(epochNanos, startNanos, endNanos, value, interfaceDropped, osDropped, comment);
    }

    /**
     * With the number of packets that the interface lost for lack of space ({@code isb_ifdrop}).
     *
     * @param value a count, from 0
     * @return a changed copy
     */
    public InterfaceStatistics withInterfaceDropped(long value) {
        check("interfaceDropped", value);
        return new InterfaceStatistics(epochNanos, startNanos, endNanos, received, value, osDropped, comment);
    }

    /**
     * With the number of packets that the operating system lost ({@code isb_osdrop}).
     *
     * @param value a count, from 0
     * @return a changed copy
     */
    public InterfaceStatistics withOsDropped(long value) {
        check("osDropped", value);
        return new InterfaceStatistics(epochNanos, startNanos, endNanos, received, interfaceDropped, value, comment);
    }

    /**
     * With a comment ({@code opt_comment}).
     *
     * @param value the comment
     * @return a changed copy
     */
    public InterfaceStatistics withComment(String value) {
        return new InterfaceStatistics(
                epochNanos, startNanos, endNanos, received, interfaceDropped, osDropped, Objects.requireNonNull(value));
    }

    private static OptionalLong known(long value) {
        return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /**
     * When they were taken.
     *
     * @return nanoseconds since 1970, or empty
     */
    public OptionalLong epochNanos() {
        return known(epochNanos);
    }

    /**
     * When the capture started ({@code isb_starttime}).
     *
     * @return nanoseconds since 1970, or empty
     */
    public OptionalLong start() {
        return known(startNanos);
    }

    /**
     * When the capture ended ({@code isb_endtime}).
     *
     * @return nanoseconds since 1970, or empty
     */
    public OptionalLong end() {
        return known(endNanos);
    }

    /**
     * The number of packets that reached the interface ({@code isb_ifrecv}).
     *
     * @return a count, or empty
     */
    public OptionalLong received() {
        return known(received);
    }

    /**
     * The number of packets that the interface lost for lack of space ({@code isb_ifdrop}).
     *
     * @return a count, or empty
     */
    public OptionalLong interfaceDropped() {
        return known(interfaceDropped);
    }

    /**
     * The number of packets that the operating system lost ({@code isb_osdrop}).
     *
     * @return a count, or empty
     */
    public OptionalLong osDropped() {
        return known(osDropped);
    }

    /**
     * The comment ({@code opt_comment}).
     *
     * @return the comment, or empty
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    /**
     * Whether another object is statistics with the same values.
     *
     * @param other the other object
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof InterfaceStatistics that
                && epochNanos == that.epochNanos
                && startNanos == that.startNanos
                && endNanos == that.endNanos
                && received == that.received
                && interfaceDropped == that.interfaceDropped
                && osDropped == that.osDropped
                && Objects.equals(comment, that.comment);
    }

    /**
     * A hash of all values.
     *
     * @return the hash
     */
    @Override
    public int hashCode() {
        return Objects.hash(epochNanos, startNanos, endNanos, received, interfaceDropped, osDropped, comment);
    }

    /**
     * The counts, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "received " + text(received) + ", dropped " + text(interfaceDropped) + " at the interface and "
                + text(osDropped) + " by the system";
    }

    private static String text(long value) {
        return value < 0 ? "?" : Long.toString(value);
    }
}
