package com.example.egress;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.Set;

/**
 * Accepts packets to the given ports, with a mark, and drops all others. Drops packets too if it cannot decide in time.
 *
 * <pre>iptables -A OUTPUT ! -o lo -j NFQUEUE --queue-num 3</pre>
 */
public final class EgressFirewall implements AutoCloseable {
    public static final int QUEUE = 3;
    public static final long LET_OUT = 0x1;

    private final Set<Integer> ports;
    private final NfqueueSession session;
    private final IpSummary ip = new IpSummary();

    public EgressFirewall(NetlinkTransport transport, Set<Integer> ports) throws NetlinkException {
        this.ports = Set.copyOf(ports);
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(QUEUE, queue -> queue.copyRange(128))
                .failureVerdict(Verdict.DROP)
                .deadline(Duration.ofSeconds(1))
                .build();
        session = NfqueueSession.open(transport, options);
    }

    /** Decides packets until {@link #stop}. */
    public void run() throws NetlinkException {
        session.run(this::decide);
    }

    /** Decides the packets that have arrived; waits up to the given time for the first one. */
    public int poll(Duration timeout) throws NetlinkException {
        return session.poll(this::decide, timeout);
    }

    private Verdict decide(QueuedPacket packet) {
        boolean known = ip.wrap(packet.payload()) && ip.hasPorts();
        return known && ports.contains(ip.destinationPort()) ? packet.accept().mark(LET_OUT) : Verdict.DROP;
    }

    /** The counts of packets received, decided and lost. */
    public NfqueueStatistics statistics() {
        return session.statistics();
    }

    /** Decides the packets that the kernel still has, and ends {@link #run}. Any thread. */
    public void stop() {
        session.stop();
    }

    @Override
    public void close() {
        session.close();
    }
}
