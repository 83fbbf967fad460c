package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import java.time.Duration;

/**
 * Has the JVM compile a session's code before the measured session opens, over sockets in memory. A measuring harness's
 * own warm-up is made for C: some ten thousand packets, behind which a JVM is still compiling.
 */
final class Warmup {
    private static final int BATCH = 64;
    private static final int BATCHES = 6_000;
    private static final int SINGLES = 60_000;
    private static final int IDLE_POLLS = 20_000;
    private static final int SPINS = 500;

    /** The number of a queue or group that no rule of a measurement sends to. */
    private static final int IDLE = 65_535;

    private Warmup() {}

    static void nfqueue(int queue, int range, Decider<RuntimeException> decider) throws NetlinkException {
        NfqueueOptions options =
                NfqueueOptions.builder().queue(queue, it -> it.copyRange(range)).build();
        for (int size : new int[] {BATCH, 1, BATCH}) {
            NfqueueSession session = NfqueueSession.open(RecordedSocket.nfqueue(queue, size), options);
            for (int i = 0; i < (size == 1 ? SINGLES : BATCHES); i++) {
                session.poll(decider, Duration.ZERO);
            }
        }
    }

    /** Looks at a real socket on which nothing comes: the way into the kernel and back is compiled, too. */
    static void idleQueue(Duration spin, Decider<RuntimeException> decider) throws NetlinkException {
        NfqueueOptions options = NfqueueOptions.builder().queue(IDLE).spin(spin).build();
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            for (int i = 0; i < IDLE_POLLS; i++) {
                session.poll(decider, Duration.ZERO);
            }
            for (int i = 0; i < SPINS && !spin.isZero(); i++) {
                session.poll(decider, spin);
            }
        }
    }

    /** As {@link #idleQueue}, for a group. */
    static void idleGroup(PacketSink<NflogPacket, RuntimeException> sink) throws NetlinkException {
        NflogOptions options = NflogOptions.builder().group(IDLE).build();
        try (NflogSession session = NflogSession.open(LinuxTransport.current(), options)) {
            for (int i = 0; i < IDLE_POLLS; i++) {
                session.poll(sink, Duration.ZERO);
            }
        }
    }

    static void nflog(int group, int range, PacketSink<NflogPacket, RuntimeException> sink) throws NetlinkException {
        NflogOptions options =
                NflogOptions.builder().group(group, it -> it.copyRange(range)).build();
        NflogSession session = NflogSession.open(RecordedSocket.nflog(group, BATCH), options);
        for (int i = 0; i < 2 * BATCHES; i++) {
            session.poll(sink, Duration.ZERO);
        }
    }
}
