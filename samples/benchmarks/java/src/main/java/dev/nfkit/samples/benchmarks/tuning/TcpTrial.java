// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueQueue;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.testkit.live.TestNetwork;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One TCP connection over a veth pair, whose packets to the server are queued and accepted. */
final class TcpTrial {
    private static final int PORT = 5001;
    private static final int CHUNK = 256 << 10;
    private static final long WARM_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long TIME_NANOS = TimeUnit.SECONDS.toNanos(2);

    private TcpTrial() {}

    static Trial withoutQueue() {
        return trial("no queue", () -> {
            try (TestNetwork network = TestNetwork.open()) {
                return transfer(network);
            }
        });
    }

    static Trial through(int queues, String label, Consumer<NfqueueQueue.Builder> configure) {
        return trial(label, () -> run(queues, configure));
    }

    private static Trial trial(String label, Trial.Measure measure) {
        return new Trial("TCP through a queue over veth", "Gbit/s", label, measure);
    }

    private static double run(int queues, Consumer<NfqueueQueue.Builder> configure) throws Exception {
        try (TestNetwork network = TestNetwork.open()) {
            NfqueueOptions options = NfqueueOptions.builder()
                    .queues(0, queues - 1, configure)
                    .receiveBuffer(64 << 20)
                    .build();
            String target = queues == 1 ? "--queue-num 0" : "--queue-balance 0:" + (queues - 1);
            network.client().exec(("iptables -w -A OUTPUT -p tcp -j NFQUEUE " + target).split(" "));
            try (NfqueueWorkers workers = NfqueueWorkers.open(network.client().transport(), options)) {
                FutureTask<Long> deciding = new FutureTask<>(() -> workers.run(packet -> Verdict.ACCEPT));
                new Thread(deciding, "decide").start();
                double rate = transfer(network);
                workers.stop();
                deciding.get();
                return rate;
            }
        }
    }

    private static double transfer(TestNetwork network) throws Exception {
        InetSocketAddress address = new InetSocketAddress(network.serverAddress(), PORT);
        try (ServerSocketChannel server = network.server().call(ServerSocketChannel::open)) {
            server.bind(address);
            FutureTask<Long> reading = new FutureTask<>(() -> read(server));
            new Thread(reading, "read").start();
            try (SocketChannel socket = network.client().call(SocketChannel::open)) {
                socket.connect(address);
                write(socket, WARM_NANOS);
                long start = System.nanoTime();
                long bytes = write(socket, TIME_NANOS);
                return 8.0 * bytes / (System.nanoTime() - start);
            } finally {
                reading.get();
            }
        }
    }

    private static long write(SocketChannel socket, long nanos) throws Exception {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        long start = System.nanoTime();
        long bytes = 0;
        do {
            chunk.clear();
            bytes += socket.write(chunk);
        } while (System.nanoTime() - start < nanos);
        return bytes;
    }

    private static long read(ServerSocketChannel server) throws Exception {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        long bytes = 0;
        try (SocketChannel socket = server.accept()) {
            for (int count = 0; count >= 0; count = socket.read(chunk.clear())) {
                bytes += count;
            }
        }
        return bytes;
    }
}
