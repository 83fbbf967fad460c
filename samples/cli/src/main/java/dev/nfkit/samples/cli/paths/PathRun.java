// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PacketPathOptions;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.nftables.trace.PathStatistics;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Outcome;
import dev.nfkit.samples.cli.run.PollLoop;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A running trace: one thread polls the session and hands the paths to the output, until it ends. */
public final class PathRun implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;

    private final PacketPaths session;
    private final PathOutput output;
    private final Criteria stop;
    private final String done;
    /** The paths of the poll in progress: the text of rules is read after it. */
    private final List<PacketPath> taken = new ArrayList<>();

    private long counted;

    /**
     * Creates a run that has not begun.
     *
     * @param session an open session, which the run closes
     * @param output takes the paths
     * @param stop the limits at which it ends
     * @param done what has become of the packets, for the summary
     */
    public PathRun(PacketPaths session, PathOutput output, Criteria stop, String done) {
        this.session = session;
        this.output = output;
        this.stop = stop;
        this.done = done;
    }

    /** Opens a session. */
    public static PacketPaths open(NetlinkTransport transport, PacketPathOptions options) throws Failure {
        try {
            return PacketPaths.open(transport, options);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
    }

    /** Runs to the end, prints the summary, and returns the exit code. */
    public int await() throws Failure {
        return Outcome.of(this::run, () -> Messages.print(summary()));
    }

    private void run() throws NetlinkException, WriteFailure {
        try (session) {
            PollLoop.run(this, FLUSH_NANOS, stop.nanos());
            output.close();
        }
    }

    String summary() {
        EventStatistics events = session.statistics();
        PathStatistics paths = session.pathStatistics();
        StringBuilder text =
                new StringBuilder(Summary.packets(counted)).append(' ').append(done);
        text.append("; ").append(paths.paths()).append(" traced, ");
        text.append(events.socketDrops()).append(" messages lost");
        if (paths.incomplete() > 0) {
            text.append(", ").append(Summary.packets(paths.incomplete())).append(" incomplete");
        }
        if (paths.evicted() > 0) {
            text.append(", ").append(paths.evicted()).append(" of them because there were too many at a time");
        }
        if (events.malformed() + events.truncatedDatagrams() > 0) {
            text.append(", ").append(events.malformed() + events.truncatedDatagrams());
            text.append(" messages that could not be read");
        }
        return text.toString();
    }

    @Override
    public NetfilterSession session() {
        return session;
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        int count = session.<RuntimeException>poll(taken::add, timeout);
        for (PacketPath path : taken) {
            if (output.path(path)) {
                counted++;
            }
            if (stop.packets() > 0 && counted >= stop.packets()) {
                return -1; // later packets are not wanted
            }
        }
        taken.clear();
        return count;
    }

    @Override
    public boolean dirty() {
        return output.dirty();
    }

    @Override
    public void flush() throws WriteFailure {
        output.flush();
    }

    @Override
    public void look(long now) {
        // Nothing is scheduled.
    }
}
