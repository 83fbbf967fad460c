// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.flows;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowEnd;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.UnknownReason;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes flow records for tests. Unless set otherwise, a flow is of the host {@code fw1}, began at 2026-01-01T00:00:00Z, was
 * closed after a second, carried 10 packets of 1000 bytes in all and 8 of 9000 back, and is not translated.
 *
 * <pre>{@code
 * FlowRecord flow = SampleFlow.tcp("10.0.0.1", 40000, "192.0.2.1", 443).sourceNat("203.0.113.7", 41234).record();
 * }</pre>
 *
 * <p>One thread at a time; the records are immutable.
 */
public final class SampleFlow {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final int TIME_WAIT = 7;

    private final ConntrackTuple original;
    private String host = "fw1";
    private @Nullable ConntrackTuple reply;
    private long sequence;
    private int zone;
    private long mark;
    private BigInteger labels = BigInteger.ZERO;
    private int state = -1;
    private FlowTraffic sent = FlowTraffic.whole(10, 1_000);
    private FlowTraffic received = FlowTraffic.whole(8, 9_000);
    private Instant start = BEGIN;
    private Duration since = Duration.ZERO;
    private Duration length = Duration.ofSeconds(1);
    private FlowEnd end = FlowEnd.CLOSED;
    private final Set<FlowDoubt> doubts = EnumSet.noneOf(FlowDoubt.class);
    private Attribution process = Attribution.unknown(UnknownReason.NOT_ASKED);

    private SampleFlow(ConntrackTuple original) {
        this.original = original;
    }

    /**
     * A connection of TCP.
     *
     * @param source the address of the side that began it
     * @param sourcePort its port, 0 to 65535
     * @param destination the other address, of the same family
     * @param destinationPort its port, 0 to 65535
     * @return a new sample
     * @throws IllegalArgumentException if an address is none, or a port out of range
     */
    public static SampleFlow tcp(String source, int sourcePort, String destination, int destinationPort) {
        SampleFlow flow =
                new SampleFlow(ConntrackTuple.tcp(address(source), sourcePort, address(destination), destinationPort));
        flow.state = TIME_WAIT;
        return flow;
    }

    /**
     * A connection of UDP.
     *
     * @param source the address of the side that began it
     * @param sourcePort its port, 0 to 65535
     * @param destination the other address, of the same family
     * @param destinationPort its port, 0 to 65535
     * @return a new sample
     * @throws IllegalArgumentException if an address is none, or a port out of range
     */
    public static SampleFlow udp(String source, int sourcePort, String destination, int destinationPort) {
        return new SampleFlow(ConntrackTuple.udp(address(source), sourcePort, address(destination), destinationPort))
                .end(FlowEnd.TIMED_OUT);
    }

    /**
     * A connection with a given tuple, such as one of ICMP.
     *
     * @param original the original direction
     * @return a new sample
     */
    public static SampleFlow of(ConntrackTuple original) {
        return new SampleFlow(original).end(FlowEnd.TIMED_OUT);
    }

    /** Numbers only: a name would be looked up. */
    private static InetAddress address(String text) {
        if (!text.matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
            throw new IllegalArgumentException("not an address: " + text);
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: " + text, e);
        }
    }

    /**
     * Sets the host.
     *
     * @param name its name
     * @return this sample
     */
    public SampleFlow host(String name) {
        host = name;
        return this;
    }

    /**
     * Translates the source: replies go to this address and port.
     *
     * @param address the address that others see
     * @param port the port that others see, 0 to 65535
     * @return this sample
     */
    public SampleFlow sourceNat(String address, int port) {
        reply = ConntrackTuple.of(
                original.protocol(), original.destination(), original.destinationPort(), address(address), port);
        return this;
    }

    /**
     * Translates the destination: replies come from this address and port.
     *
     * @param address the real address
     * @param port the real port, 0 to 65535
     * @return this sample
     */
    public SampleFlow destinationNat(String address, int port) {
        reply = ConntrackTuple.of(
                original.protocol(), address(address), port, original.source(), original.sourcePort());
        return this;
    }

    /**
     * Makes it a record of the flow after others.
     *
     * @param number the number of the record, from 0
     * @return this sample
     */
    public SampleFlow sequence(long number) {
        sequence = number;
        return this;
    }

    /**
     * Sets zone and mark.
     *
     * @param zone 0 to 65535
     * @param mark 0 to 2³²−1
     * @return this sample
     */
    public SampleFlow marked(int zone, long mark) {
        this.zone = zone;
        this.mark = mark;
        return this;
    }

    /**
     * Sets labels.
     *
     * @param numbers 0 to 127
     * @return this sample
     */
    public SampleFlow labels(int... numbers) {
        labels = BigInteger.ZERO;
        for (int number : numbers) {
            labels = labels.setBit(number);
        }
        return this;
    }

    /**
     * Sets what both directions carried, as totals and deltas.
     *
     * @param sent the original direction
     * @param received the reply direction
     * @return this sample
     */
    public SampleFlow traffic(FlowTraffic sent, FlowTraffic received) {
        this.sent = sent;
        this.received = received;
        return this;
    }

    /**
     * Sets when the connection began, and the interval of the record.
     *
     * @param start the beginning
     * @param since from the beginning to the interval's
     * @param length the length of the interval
     * @return this sample
     */
    public SampleFlow time(Instant start, Duration since, Duration length) {
        this.start = start;
        this.since = since;
        this.length = length;
        return this;
    }

    /**
     * Sets why the record was made.
     *
     * @param reason the reason
     * @return this sample
     */
    public SampleFlow end(FlowEnd reason) {
        end = reason;
        return this;
    }

    /**
     * Adds what is not certain.
     *
     * @param doubt the doubt
     * @return this sample
     */
    public SampleFlow doubt(FlowDoubt doubt) {
        doubts.add(doubt);
        return this;
    }

    /**
     * Sets the process.
     *
     * @param found the process, or why it is unknown
     * @return this sample
     */
    public SampleFlow process(Attribution found) {
        process = found;
        return this;
    }

    /**
     * Makes the record. Samples of the same host, tuple, zone and start make records of the same flow.
     *
     * @return a record
     */
    public FlowRecord record() {
        FlowTime begun = time(start);
        String identity = host + original + zone + start;
        return new FlowRecord(
                host,
                UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8)),
                time(BEGIN).epochNanos(),
                sequence,
                original,
                reply == null ? original.inverted() : reply,
                zone,
                mark,
                labels,
                state,
                sent,
                received,
                begun,
                since.isZero() ? begun : time(start.plus(since)),
                time(start.plus(since).plus(length)),
                end,
                doubts,
                Optional.empty(),
                process);
    }

    private static FlowTime time(Instant instant) {
        return FlowTime.byKernel(TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano());
    }
}
