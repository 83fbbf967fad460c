package com.example.gateway;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Duration;
import java.util.Set;

/**
 * A gateway of rules and a program: the rules let known connections pass and translate their addresses, and the program
 * decides new ones by their port. The rules disappear with the program.
 */
public final class Gateway implements AutoCloseable {
    private static final String RULES = """
            table inet gateway {
                flags owner
                chain forward {
                    type filter hook forward priority filter; policy drop;
                    ct state established,related counter accept
                    iifname "lan0" oifname "wan0" ct state new counter queue to 4
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    oifname "wan0" masquerade
                }
            }
            """;

    private final Set<Integer> ports;
    private final NfqueueSession session;
    private final Nftables rules;
    private final IpSummary ip = new IpSummary();

    /** Binds the queue, and only then installs the rules that send packets to it. */
    public Gateway(NetlinkTransport transport, Set<Integer> ports) throws NetlinkException {
        this.ports = Set.copyOf(ports);
        this.session = NfqueueSession.open(
                transport, NfqueueOptions.builder().queue(4).build());
        this.rules = Nftables.open(transport);
        rules.commit(new Batch().add(Ruleset.parse(RULES)));
    }

    /** Decides the connections that have begun; waits up to the given time for the first one. */
    public int poll(Duration timeout) throws NetlinkException {
        return session.poll(this::decide, timeout);
    }

    private Verdict decide(QueuedPacket packet) {
        boolean known = ip.wrap(packet.payload()) && ip.hasPorts();
        return known && ports.contains(ip.destinationPort()) ? Verdict.ACCEPT : Verdict.DROP;
    }

    @Override
    public void close() {
        rules.close(); // the kernel removes the table of a closed socket
        session.close();
    }
}
