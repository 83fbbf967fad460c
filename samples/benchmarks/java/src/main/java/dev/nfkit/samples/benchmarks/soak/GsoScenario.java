// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.io.DataInputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;

/**
 * TCP over a veth pair, through four queues that share the connections. Segmentation is offloaded, so that packets are
 * far larger than the link's MTU. The bytes that arrive must be those that were sent.
 */
final class GsoScenario implements Scenario {
    private static final int PORT = 5001;
    private static final int QUEUES = 4;
    private static final int CONNECTIONS = 8;
    private static final int CHUNK = 128 << 10;
    private static final int MTU = 1500;
    /** A decider that pauses at regular intervals. */
    private static final int SLOW_EVERY = 4096;

    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long BOUND_SECONDS = 60;

    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong large = new AtomicLong();

    @Override
    public String name() {
        return "nfqueue, GSO and several queues";
    }

    @Override
    public Balance run(Duration time) throws Exception {
        delivered.set(0);
        large.set(0);
        NfqueueOptions options = NfqueueOptions.builder()
                .queues(0, QUEUES - 1, queue -> queue.gso(true).maximumLength(16_384))
                .receiveBuffer(16 << 20)
                .build();
        try (Peer peer = Peer.open(PORT);
                Rules rules = new Rules();
                NfqueueWorkers workers = NfqueueWorkers.open(LinuxTransport.current(), options)) {
            rules.append("OUTPUT -o " + Peer.DEVICE + " -p tcp --dport " + PORT + " -j NFQUEUE --queue-balance 0:"
                    + (QUEUES - 1));
            Consumer consumer = Consumer.start("workers", workers, () -> workers.run(this::decide));
            long changed = transfer(peer.addresses(), time.toNanos());
            boolean complete = Waiting.until(() -> rules.packets("OUTPUT", 1) == known(workers.statistics()));
            NfqueueStatistics statistics = workers.statistics();
            long busy = workers.sessions().stream()
                    .filter(each -> each.statistics().decided() > 0)
                    .count();
            long sent = rules.packets("OUTPUT", 1);
            workers.sessions().forEach(NfqueueSession::stop);
            consumer.await();
            return new Balance(sent, delivered.get())
                    .lost("at the full queue", statistics.queueDropped())
                    .lost("at the socket", statistics.userDropped())
                    .equal("settled", complete ? 1 : 0, 1)
                    .equal("connections whose bytes were changed", changed, 0)
                    .equal("packets larger than the MTU", large.get() > 0 ? 1 : 0, 1)
                    .equal("more than one queue at work", busy > 1 ? 1 : 0, 1)
                    .equal("delivered and counted as decided", delivered.get(), statistics.decided())
                    .equal("verdicts that the kernel refused", statistics.refused() + statistics.gone(), 0);
        }
    }

    private static long known(NfqueueStatistics statistics) {
        return statistics.decided() + statistics.queueDropped() + statistics.userDropped();
    }

    private Verdict decide(QueuedPacket packet) {
        if (packet.originalLength() > MTU) {
            large.incrementAndGet();
        }
        if (delivered.incrementAndGet() % SLOW_EVERY == 0) {
            LockSupport.parkNanos(SLOW_NANOS);
        }
        return Verdict.ACCEPT;
    }

    /**
     * Sends over connections of both families at once. Returns the number of connections whose bytes arrived changed or
     * incomplete.
     */
    private static long transfer(List<InetAddress> addresses, long nanos) throws Exception {
        List<FutureTask<Boolean>> connections = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            InetAddress address = addresses.get(i % addresses.size());
            int seed = i;
            FutureTask<Boolean> connection = new FutureTask<>(() -> send(address, seed, nanos));
            new Thread(connection, "soak-tcp").start();
            connections.add(connection);
        }
        long changed = 0;
        for (FutureTask<Boolean> connection : connections) {
            changed += connection.get(BOUND_SECONDS + TimeUnit.NANOSECONDS.toSeconds(nanos), TimeUnit.SECONDS) ? 0 : 1;
        }
        return changed;
    }

    private static boolean send(InetAddress address, int seed, long nanos) throws Exception {
        byte[] chunk = new byte[CHUNK];
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = (byte) (i * 31 + seed);
        }
        CRC32 checksum = new CRC32();
        long bytes = 0;
        try (Socket socket = new Socket(address, PORT)) {
            OutputStream output = socket.getOutputStream();
            long start = System.nanoTime();
            do {
                output.write(chunk);
                checksum.update(chunk);
                bytes += chunk.length;
            } while (System.nanoTime() - start < nanos);
            socket.shutdownOutput();
            DataInputStream answer = new DataInputStream(socket.getInputStream());
            return answer.readLong() == bytes && answer.readLong() == checksum.getValue();
        }
    }
}
