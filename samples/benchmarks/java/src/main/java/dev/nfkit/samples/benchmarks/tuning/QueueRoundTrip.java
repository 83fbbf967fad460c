// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.testkit.live.TestNamespace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.Arrays;

/** The median time from sending a packet until it is received, when one packet is under way at a time. */
final class QueueRoundTrip {
    private static final int WARM = 20_000;
    private static final int PACKETS = 20_000;
    private static final int PORT = 7;

    private QueueRoundTrip() {}

    static Trial trial(String label, Duration spin) {
        return new Trial("Send, decide and receive one packet at a time", "µs", label, () -> run(spin));
    }

    private static double run(Duration spin) throws Exception {
        NfqueueOptions options = NfqueueOptions.builder().queue(0).spin(spin).build();
        try (TestNamespace namespace = TestNamespace.open();
                NfqueueSession session = NfqueueSession.open(namespace.transport(), options);
                DatagramChannel socket = namespace.call(() -> DatagramChannel.open(StandardProtocolFamily.INET))) {
            namespace.exec(("iptables -w -A OUTPUT -p udp --dport " + PORT + " -j NFQUEUE --queue-num 0").split(" "));
            Reader reader = new Reader(() -> session.run(packet -> Verdict.ACCEPT));
            reader.start();
            InetSocketAddress self = new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT);
            socket.bind(self);
            exchange(socket, self, WARM);
            long[] times = exchange(socket, self, PACKETS);
            session.stop();
            reader.end();
            Arrays.sort(times);
            return times[times.length / 2] / 1000.0;
        }
    }

    private static long[] exchange(DatagramChannel socket, InetSocketAddress self, int packets) throws Exception {
        ByteBuffer data = ByteBuffer.allocateDirect(64);
        long[] times = new long[packets];
        for (int i = 0; i < packets; i++) {
            long start = System.nanoTime();
            socket.send(data.clear(), self);
            socket.receive(data.clear());
            times[i] = System.nanoTime() - start;
        }
        return times;
    }
}
