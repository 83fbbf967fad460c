// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.UnknownReason;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;

/** A connection in consecutive samples: its counters in the last sample, and how fast they grew until then. */
final class TopConnection {
    private static final double SECOND = 1e9;

    private final long id;
    private final ConntrackTuple original;
    private final ConntrackTuple reply;
    private final Counted sent = new Counted();
    private final Counted received = new Counted();
    private int state = -1;
    private long seen;
    private boolean missed;
    private long at;
    private Attribution process = Attribution.unknown(UnknownReason.NOT_ASKED);

    /** The counters of one direction. */
    static final class Counted {
        private long packets;
        private long bytes;
        private long newPackets;
        private long newBytes;
        private double seconds;

        private void grow(ConntrackEntry entry, Direction direction, double span) {
            boolean counts = entry.hasCounters(direction);
            long nowPackets = counts ? entry.packets(direction) : 0;
            long nowBytes = counts ? entry.bytes(direction) : 0;
            // Less than before: the counters were reset meanwhile, and have counted since then.
            boolean reset = nowPackets < packets || nowBytes < bytes;
            newPackets = reset ? nowPackets : nowPackets - packets;
            newBytes = reset ? nowBytes : nowBytes - bytes;
            packets = nowPackets;
            bytes = nowBytes;
            seconds = span;
        }

        private void rest() {
            newPackets = 0;
            newBytes = 0;
        }

        /** Bytes since the connection began. */
        long packets() {
            return packets;
        }

        /** Packets since the connection began. */
        long bytes() {
            return bytes;
        }

        long packetsPerSecond() {
            return seconds == 0 ? 0 : Math.round(newPackets / seconds);
        }

        long bytesPerSecond() {
            return seconds == 0 ? 0 : Math.round(newBytes / seconds);
        }
    }

    /**
     * Creates a connection without samples.
     *
     * @param id its id
     * @param original its original tuple
     * @param reply the tuple of its reply direction
     * @param at when its counters were 0, in nanoseconds of System.nanoTime
     */
    TopConnection(long id, ConntrackTuple original, ConntrackTuple reply, long at) {
        this.id = id;
        this.original = original;
        this.reply = reply;
        this.at = at;
    }

    /**
     * Takes the counters of a sample.
     *
     * @param entry the connection as it is now
     * @param look the number of the sample
     * @param now the time of the sample, in nanoseconds of System.nanoTime
     * @param known whether the growth is known: the connection was in a sample before, or began since the last one
     */
    void look(ConntrackEntry entry, long look, long now, boolean known) {
        double span = (now - at) / SECOND;
        at = now;
        seen = look;
        missed = false;
        state = entry.protocolState();
        sent.grow(entry, Direction.ORIGINAL, span);
        received.grow(entry, Direction.REPLY, span);
        if (!known) {
            sent.rest();
            received.rest();
        }
    }

    /** Notes that a sample misses the connection. Returns whether an earlier one misses it too. */
    boolean miss() {
        boolean again = missed;
        missed = true;
        return again;
    }

    /** Whether the connection is in a sample. */
    boolean seen(long look) {
        return seen == look;
    }

    long id() {
        return id;
    }

    ConntrackTuple original() {
        return original;
    }

    /** Asks for the process until it is known; a known one stays, even if it ends. */
    void ask(ProcessResolver processes) {
        if (process.known().isEmpty()) {
            process = processes.resolve(original, reply);
        }
    }

    /** The process; not asked for, unless the connection was among the busiest. */
    Attribution process() {
        return process;
    }

    /** The protocol above IP. */
    int protocol() {
        return original.hasProtocol() ? original.protocol() : 0;
    }

    /** The protocol's state; empty if it has none. */
    String state() {
        return state < 0 ? "" : ProtocolNames.state(protocol(), state);
    }

    /** The counters of the original direction. */
    Counted sent() {
        return sent;
    }

    /** The counters of the reply direction. */
    Counted received() {
        return received;
    }

    long bytesPerSecond() {
        return sent.bytesPerSecond() + received.bytesPerSecond();
    }

    long packetsPerSecond() {
        return sent.packetsPerSecond() + received.packetsPerSecond();
    }

    long bytes() {
        return sent.bytes() + received.bytes();
    }

    /** Bytes since the last sample. */
    long newBytes() {
        return sent.newBytes + received.newBytes;
    }

    /** Packets since the last sample. */
    long newPackets() {
        return sent.newPackets + received.newPackets;
    }
}
