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
 * Lets out what goes to the ports that it is given, with a mark, and nothing else. Where it can't decide in time, nothing
 * goes out.
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

    /** Decides what comes until {@link #stop}. */
    public void run() throws NetlinkException {
        session.run(this::decide);
    }

    /** Decides what is there; waits so long for the first packet. */
    public int poll(Duration timeout) throws NetlinkException {
        return session.poll(this::decide, timeout);
    }

    private Verdict decide(QueuedPacket packet) {
        boolean known = ip.wrap(packet.payload()) && ip.hasPorts();
        return known && ports.contains(ip.destinationPort()) ? packet.accept().mark(LET_OUT) : Verdict.DROP;
    }

    /** What was received, decided and lost. */
    public NfqueueStatistics statistics() {
        return session.statistics();
    }

    /** Decides what the kernel still has, and ends {@link #run}. Any thread. */
    public void stop() throws NetlinkException {
        session.stop();
    }

    @Override
    public void close() {
        session.close();
    }
}
