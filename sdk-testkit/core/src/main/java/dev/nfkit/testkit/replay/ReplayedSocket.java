// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.testkit.socket.MemorySocket;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A netlink socket that replays a recording, opened by a {@link Replay}. */
public final class ReplayedSocket extends MemorySocket {
    private static final int BUFFER = 212_992;
    private static final int SEND_OVERHEAD = 32;
    private static final long NEVER = Long.MIN_VALUE;
    /** How long a receive waits in real time for another thread to send the next recorded request. */
    private static final long SEND_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** The same for a receive with a timeout, which a session's run repeats. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Replay replay;
    private final ByteOrder order;
    private final int protocol;
    private final Map<SocketOption, Integer> options = new EnumMap<>(SocketOption.class);
    private final Set<Integer> groups = new TreeSet<>();
    private final Runnable discards = this::discard;
    private @Nullable ReplayScript script;
    private long overruns;
    private long datagrams;
    private long discarded;
    private long waitingSince = NEVER;

    ReplayedSocket(Replay replay, int protocol, long portId, ByteOrder order) {
        super(replay.clock(), portId);
        this.replay = replay;
        this.protocol = protocol;
        this.order = order;
    }

    /** Whether it is not closed; requires the lock. */
    boolean isOpen() {
        return !closed();
    }

    int protocol() {
        return protocol;
    }

    /** The script that it follows, or null if it has not begun. */
    @Nullable
    ReplayScript script() {
        return script;
    }

    /** Begins to follow a script. */
    ReplayScript follow(ReplayScript found) {
        script = found;
        groups.forEach(group -> found.member(group, true));
        return found;
    }

    private ReplayScript begun(byte @Nullable [] sent) {
        ReplayScript followed = script;
        return followed == null ? follow(replay.script(this, sent)) : followed;
    }

    /** The messages that a session discarded when it was closed. */
    long discarded() {
        return discarded;
    }

    /** The byte order of headers: that of the recording. */
    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    protected int take(DatagramBatch batch) {
        ReplayScript followed = begun(null);
        replay.lend(batch, datagrams);
        batch.onDiscard(discards);
        ReplayScript.Due kind = ReplayScript.Due.NOTHING;
        for (ReplayScript.Due due = followed.peek(); due != ReplayScript.Due.NOTHING; due = followed.peek()) {
            // Answers are delivered alone, so that the configuration is complete before packets arrive.
            if (batch.count() == batch.slots() || (batch.count() > 0 && (due != kind || apart(followed, due, batch)))) {
                break;
            }
            kind = due;
            if (followed.atOverrun(due)) {
                if (option(SocketOption.NO_ENOBUFS) == 0) {
                    if (batch.count() > 0) {
                        break;
                    }
                    batch.markOverrun();
                }
                overruns++;
            } else {
                followed.put(batch, due, portId(), clock);
            }
            followed.next();
        }
        int count = batch.count();
        batch.receivedAt(count == 0 ? clock.epochNanos() : batch.datagramReceivedAt(0));
        datagrams += count;
        if (count > 0 || batch.overrun()) {
            waitingSince = NEVER;
            return count;
        }
        return followed.ended() ? -1 : 0;
    }

    /** Whether the next entry was recorded at a different time, and must be received separately. */
    private boolean apart(ReplayScript followed, ReplayScript.Due due, DatagramBatch batch) {
        return due == ReplayScript.Due.ENTRY
                && !followed.gathers()
                && !followed.atOverrun(due)
                && followed.time(clock) != batch.datagramReceivedAt(0);
    }

    private void discard() {
        clock.locked(() -> {
            discarded++;
        });
    }

    @Override
    protected long patience(long timeoutNanos) {
        ReplayScript followed = script;
        if (followed == null || !followed.waitsForOthers()) {
            return 0;
        }
        if (!followed.wantsStep()) {
            return timeoutNanos < 0 ? SEND_NANOS : SLICE_NANOS;
        }
        long now = System.nanoTime();
        if (waitingSince == NEVER) {
            waitingSince = now;
        }
        if (now - waitingSince >= clock.patienceNanos()) {
            throw replay.failed(new AssertionError("socket " + portId() + " has waited "
                    + TimeUnit.NANOSECONDS.toMillis(clock.patienceNanos())
                    + " ms for step(): a stepped replay gives what comes next only then"));
        }
        return timeoutNanos < 0 ? clock.patienceNanos() : SLICE_NANOS;
    }

    @Override
    protected void transmit(byte[] datagram) {
        try {
            begun(datagram).sent(datagram, portId());
        } catch (AssertionError e) {
            throw replay.failed(e);
        }
    }

    @Override
    protected int sendLimit() {
        return option(SocketOption.SEND_BUFFER) - SEND_OVERHEAD;
    }

    @Override
    protected void freed() {}

    /** Releases the recording. */
    void release() {
        ReplayScript followed = script;
        if (followed != null) {
            followed.close();
        }
    }

    private int option(SocketOption option) {
        boolean buffer = option == SocketOption.RECEIVE_BUFFER || option == SocketOption.SEND_BUFFER;
        return options.getOrDefault(option, buffer ? BUFFER : 0);
    }

    /** Sets an option. Buffer sizes are granted as requested, and doubled as in the kernel; they cause no loss. */
    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        option.requireValid(value);
        clock.locked(() -> {
            requireOpen("setsockopt(" + option + ")");
            if (option == SocketOption.ADD_MEMBERSHIP || option == SocketOption.DROP_MEMBERSHIP) {
                member(value, option == SocketOption.ADD_MEMBERSHIP);
                return;
            }
            boolean buffer = option == SocketOption.RECEIVE_BUFFER || option == SocketOption.SEND_BUFFER;
            options.put(option, buffer ? 2 * Math.min(value, Integer.MAX_VALUE / 2) : value != 0 ? 1 : 0);
        });
    }

    private void member(int group, boolean joined) {
        if (joined) {
            groups.add(group);
        } else {
            groups.remove(group);
        }
        ReplayScript followed = script;
        if (followed != null) {
            followed.member(group, joined);
        }
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        option.requireReadable();
        return clock.locked(() -> {
            requireOpen("getsockopt(" + option + ")");
            return option(option);
        });
    }

    /** The number of overruns in the recording so far. The number of lost datagrams is not recorded. */
    @Override
    public long drops() {
        return clock.locked(() -> overruns);
    }

    /** Always 0: a recording has no foreign senders. */
    @Override
    public long foreign() {
        return 0;
    }
}
