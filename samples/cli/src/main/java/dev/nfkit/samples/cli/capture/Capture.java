// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.NetlinkException;
import dev.nfkit.filter.FilterView;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.PacketPrinter;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.PollLoop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A running capture: one thread polls the session, and writes and prints the packets, until it ends. */
public final class Capture implements PollLoop.Work {
    private static final long FILE_FLUSH_NANOS = 1_000_000_000L;
    private static final long PIPE_FLUSH_NANOS = 100_000_000L;

    private final NflogSession session;
    private final @Nullable CaptureFiles files;
    private final @Nullable PacketPrinter<NflogPacket> printer;
    private final @Nullable TextOutput text;
    private final Criteria stop;
    private final CounterLine counter;
    private final StringBuilder line = new StringBuilder(1024);
    private final long flushEvery;
    private final long mostPackets;
    private final long mostBytes;
    private PacketFilter filter = PacketFilter.any();
    private FilterView view = new FilterView(index -> "");
    private long leftOut;
    private long packets;
    private long payloadBytes;
    private boolean full;

    /**
     * Creates a capture that is not running yet.
     *
     * @param session an open session, which the capture closes
     * @param files the files that packets are written to, or null
     * @param printer formats the printed packets, or null
     * @param text the output of the printer; not null if there is a printer
     * @param stop the limits at which the capture ends
     * @param counter shows counts on the terminal
     */
    public Capture(
            NflogSession session,
            @Nullable CaptureFiles files,
            @Nullable PacketPrinter<NflogPacket> printer,
            @Nullable TextOutput text,
            Criteria stop,
            CounterLine counter) {
        this.session = session;
        this.files = files;
        this.printer = printer;
        this.text = text;
        this.stop = stop;
        this.counter = counter;
        flushEvery = printer != null || files == null || files.path() == null ? PIPE_FLUSH_NANOS : FILE_FLUSH_NANOS;
        mostPackets = stop.packets() == 0 ? Long.MAX_VALUE : stop.packets();
        mostBytes = stop.bytes() == 0 ? Long.MAX_VALUE : stop.bytes();
    }

    /** Writes and prints only packets that a filter matches. To be called before the run. */
    Capture only(PacketFilter wanted, FilterView how) {
        filter = wanted;
        view = how;
        return this;
    }

    /** Runs until the session ends: at a limit, after a stop, or after a failure. */
    public void run() throws NetlinkException, WriteFailure {
        try {
            PollLoop.run(this, flushEvery, stop.nanos());
        } finally {
            session.close();
            counter.end();
        }
        if (text != null) {
            text.flush();
        }
        if (files != null) {
            files.close();
        }
    }

    @Override
    public NetfilterSession session() {
        return session;
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        return session.poll(this::take, timeout);
    }

    @Override
    public void look(long now) throws WriteFailure {
        if (files != null && !full) {
            if (files.full(stop.files())) {
                end();
            } else {
                files.rotateIfOld();
            }
        }
        if (counter.due(now)) {
            counter.show(
                    now, Summary.counts(packets, files == null ? payloadBytes : files.bytes(), session.statistics()));
        }
    }

    private void end() {
        full = true;
        session.close(); // later packets are not wanted
    }

    private void take(NflogPacket packet) throws WriteFailure {
        if (full) {
            return;
        }
        if (!filter.matches(view.wrap(packet))) {
            leftOut++;
            if (files != null) {
                files.leaveOut(packet);
            }
            return;
        }
        boolean written = files == null || files.write(packet);
        if (printer != null) {
            print(printer, packet);
        }
        if (written) {
            packets++;
        }
        payloadBytes += packet.payload().length();
        if (packets >= mostPackets || (files != null && (files.bytes() >= mostBytes || files.full(stop.files())))) {
            end();
        }
    }

    private void print(PacketPrinter<NflogPacket> how, NflogPacket packet) throws WriteFailure {
        line.setLength(0);
        how.print(packet, null, line);
        if (text != null) {
            text.line(line);
        }
    }

    @Override
    public boolean dirty() {
        return (files != null && files.dirty()) || (text != null && text.pending());
    }

    @Override
    public void flush() throws WriteFailure {
        if (files != null) {
            files.flush();
        }
        if (text != null) {
            text.flush();
        }
    }

    /** The number of packets written or printed. */
    public long packets() {
        return files == null ? packets : files.packets();
    }

    /** The number of packets that the filter did not match. */
    long leftOut() {
        return leftOut;
    }

    public Statistics statistics() {
        return session.statistics();
    }
}
