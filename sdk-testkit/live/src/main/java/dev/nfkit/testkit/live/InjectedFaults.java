// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Faults in effect ({@link TestNamespace#inject}), and the numbers of packets that met them. Safe for any number of threads.
 *
 * <p>A packet is counted before it goes on; one that is dropped has no other effect, so await it:
 *
 * <pre>{@code
 * faults.awaitPackets(1);
 * assertEquals(1, faults.dropped());
 * }</pre>
 */
public final class InjectedFaults implements AutoCloseable {
    /** Longer than any packet takes: only a failure reaches it. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final PacketRule rule;
    private final PacketFaults faults;
    private final Random random;
    private final NfqueueSession session;
    private final Thread thread;
    private final ScheduledThreadPoolExecutor delays;
    private final IpSummary ip = new IpSummary();
    private final BytesView data = new BytesView();
    private final PacketEditor editor = new PacketEditor(65536);
    private long packets;
    private long dropped;
    private long corrupted;
    private long delayed;
    private @Nullable Throwable failure;

    InjectedFaults(NetlinkTransport transport, PacketRule rule, PacketFaults faults, int queue)
            throws NetlinkException {
        this.rule = rule;
        this.faults = faults;
        random = new Random(faults.seed());
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(queue)
                .rule(rule)
                .failureVerdict(Verdict.ACCEPT)
                .settleTime(Duration.ZERO)
                .onUnanswered(released -> {}) // packets that are delayed at the end go on: nothing to warn of
                .build();
        session = NfqueueSession.open(transport, options);
        delays = new ScheduledThreadPoolExecutor(1, work -> daemon(work, "nfkit delays packets"));
        delays.setRemoveOnCancelPolicy(true);
        thread = daemon(this::run, "nfkit injects faults");
        thread.start();
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private void run() {
        try {
            session.run(this::decide);
        } catch (Throwable e) {
            fail(e);
        }
    }

    private synchronized void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
        notifyAll();
    }

    private synchronized Verdict decide(QueuedPacket packet) {
        long index = packets++;
        notifyAll();
        if (faults.drops(index, random)) {
            dropped++;
            return Verdict.DROP;
        }
        Bytes changed = faults.corrupts(random) ? corrupted(packet) : null;
        Verdict verdict = changed == null ? Verdict.ACCEPT : Verdict.ACCEPT.payload(changed);
        if (changed != null) {
            corrupted++;
        }
        if (!faults.delays()) {
            return verdict;
        }
        delayed++;
        QueuedPacket held = packet.hold();
        // Packets that are due together keep their order.
        var unused = delays.schedule(() -> answer(held, verdict), faults.nanos(random), TimeUnit.NANOSECONDS);
        return Verdict.HELD;
    }

    private void answer(QueuedPacket held, Verdict verdict) {
        try {
            held.answer(verdict);
        } catch (NetlinkException | RuntimeException e) {
            fail(e);
        }
    }

    /** The packet with another bit in its data, or null if it has none that can be changed. */
    private @Nullable Bytes corrupted(QueuedPacket packet) {
        Bytes bytes = packet.payload();
        if (packet.truncated() || !ip.wrap(bytes) || !ip.payload(data) || data.length() == 0) {
            return null;
        }
        byte[] changed = data.toArray();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
        try {
            return editor.edit(bytes, packet.checksumNotReady())
                    .payload(changed)
                    .result();
        } catch (PacketEditException e) {
            return null;
        }
    }

    /**
     * The number of packets that the rule matched.
     *
     * @return the number, from 0
     */
    public synchronized long packets() {
        return packets;
    }

    /**
     * The number of packets that were dropped.
     *
     * @return the number, from 0
     */
    public synchronized long dropped() {
        return dropped;
    }

    /**
     * The number of packets whose data were changed.
     *
     * @return the number, from 0
     */
    public synchronized long corrupted() {
        return corrupted;
    }

    /**
     * The number of packets that were delayed.
     *
     * @return the number, from 0; some of them may still wait
     */
    public synchronized long delayed() {
        return delayed;
    }

    /**
     * Waits until the rule has matched a number of packets, for 30 seconds at most.
     *
     * @param number the number since the faults began
     * @throws InterruptedException if the calling thread is interrupted
     * @throws AssertionError if it does not happen; the message has the counts
     * @throws IllegalStateException if the session of the faults failed
     */
    public synchronized void awaitPackets(long number) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (packets < number) {
            check();
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("packet " + number + " never came: " + this);
            }
            wait(left);
        }
    }

    private void check() {
        if (failure != null) {
            throw new IllegalStateException("the session of " + this + " failed", failure);
        }
    }

    /**
     * Ends the faults: delayed packets go on at once, and further ones are not touched. Idempotent.
     *
     * @throws IllegalStateException if the session of the faults failed
     */
    @Override
    public void close() {
        session.stop();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        delays.shutdownNow();
        session.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            check();
        }
    }

    /**
     * A description of the faults, for messages.
     *
     * @return text such as {@code faults of "udp dport 53": 10 packets, 2 dropped, 0 corrupted, 8 delayed, seed 1}
     */
    @Override
    public synchronized String toString() {
        return "faults of \"" + rule + "\": " + packets + " packets, " + dropped + " dropped, " + corrupted
                + " corrupted, " + delayed + " delayed, seed " + faults.seed();
    }
}
