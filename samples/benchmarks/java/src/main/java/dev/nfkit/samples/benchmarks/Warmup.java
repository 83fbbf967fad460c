package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
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

    static void nflog(int group, int range, PacketSink<NflogPacket, RuntimeException> sink) throws NetlinkException {
        NflogOptions options =
                NflogOptions.builder().group(group, it -> it.copyRange(range)).build();
        NflogSession session = NflogSession.open(RecordedSocket.nflog(group, BATCH), options);
        for (int i = 0; i < 2 * BATCHES; i++) {
            session.poll(sink, Duration.ZERO);
        }
    }
}
