// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import dev.nfkit.BytesView;
import dev.nfkit.NetlinkException;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.Answers;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xbill.DNS.Address;
import org.xbill.DNS.ResolverConfig;

/**
 * Lets packets out only to hosts that are allowed by name. An answer of a DNS server waits in the queue until its addresses
 * are in the set of allowed ones, and goes on then: the first packet to such an address always passes.
 *
 * <p>It fails closed. An answer whose addresses cannot be allowed is dropped, so its client asks again. A malformed answer
 * goes on, since it allows nothing.
 */
public final class NameGate implements AutoCloseable {
    private static final int QUEUE = 53;
    /** Replies to queries that the rules let out, whether the client is this host or one that it forwards for. */
    private static final PacketRule ANSWERS = PacketRule.of("udp sport 53 ct state established ct direction reply")
            .hooks("input", "forward");

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

    private final NfqueueSession session;
    private final AllowedAddresses allowed;
    private final AllowedNames names;
    private final IpSummary ip = new IpSummary();
    private final BytesView dns = new BytesView();
    private final List<QueuedPacket> waiting = new ArrayList<>();
    private final Map<InetAddress, Long> addresses = new HashMap<>();
    private final Answers released = new Answers();
    private long malformed;
    private long dropped;

    private NameGate(NfqueueSession session, AllowedAddresses allowed, AllowedNames names) {
        this.session = session;
        this.allowed = allowed;
        this.names = names;
    }

    /**
     * Allows names until it is stopped.
     *
     * @param arguments {@code --server ADDRESS} for each DNS server, by default those of {@code /etc/resolv.conf}; and names:
     *     {@code example.com}, or {@code *.example.com} for all names below it
     */
    public static void main(String... arguments) throws Exception {
        Set<InetAddress> servers = new LinkedHashSet<>();
        List<String> patterns = new ArrayList<>();
        for (Iterator<String> each = List.of(arguments).iterator(); each.hasNext(); ) {
            String argument = each.next();
            if (!argument.equals("--server")) {
                patterns.add(argument);
            } else if (each.hasNext()) {
                servers.add(Address.getByAddress(each.next()));
            } else {
                patterns.clear(); // an option without its address
                break;
            }
        }
        if (patterns.isEmpty()) {
            System.err.println("usage: NameGate [--server ADDRESS]... NAME...");
            System.exit(2);
        }
        if (servers.isEmpty()) {
            ResolverConfig.getCurrentConfig().servers().forEach(server -> servers.add(server.getAddress()));
        }
        try (NameGate gate = open(LinuxTransport.current(), AllowedNames.of(patterns), servers)) {
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> gate.stopAndWait(main)));
            System.out.println("Allowing " + String.join(", ", patterns));
            while (gate.poll(Duration.ofSeconds(1))) {
                // until it is stopped
            }
            System.out.println(gate);
        }
    }

    /** Queues the answers from now on, and installs the rules. */
    static NameGate open(NetlinkTransport transport, AllowedNames names, Collection<InetAddress> servers)
            throws NetlinkException {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(QUEUE)
                .rule(ANSWERS)
                .deadline(LONGEST_WAIT)
                .build();
        NfqueueSession session = NfqueueSession.open(transport, options);
        try {
            return new NameGate(session, AllowedAddresses.open(transport, servers), names);
        } catch (Throwable e) {
            session.close();
            throw e;
        }
    }

    /** Handles the answers that wait, or waits for the next ones. They share a batch, so a burst needs few. False at the end. */
    boolean poll(Duration timeout) throws NetlinkException {
        int received = session.poll(this::decide, timeout);
        if (!waiting.isEmpty()) {
            Verdict verdict = commit();
            for (QueuedPacket answer : waiting) {
                released.add(answer, verdict);
            }
            waiting.clear();
            addresses.clear();
            released.send();
        }
        return received >= 0;
    }

    private Verdict decide(QueuedPacket packet) {
        try {
            if (!ip.wrap(packet.payload()) || !ip.payload(dns)) {
                throw new IOException("no UDP");
            }
            Map<InetAddress, Long> found = DnsAnswer.addresses(dns.toArray(), names);
            if (found.isEmpty()) {
                return Verdict.ACCEPT;
            }
            found.forEach((address, ttl) -> addresses.merge(address, ttl, Math::max));
        } catch (IOException
                | RuntimeException e) { // the second would be a bug of the parser, which must not end the filter
            malformed++;
            return Verdict.ACCEPT;
        }
        waiting.add(packet.hold());
        return Verdict.HELD;
    }

    private Verdict commit() {
        try {
            allowed.allow(addresses);
            return Verdict.ACCEPT;
        } catch (NetlinkException e) {
            dropped += waiting.size();
            System.err.println("Dropped " + waiting.size() + " answers: " + e.getMessage());
            return Verdict.DROP;
        }
    }

    /** Begins the end, from any thread: answers that wait are handled, then {@link #poll} returns false. */
    void stop() {
        session.stop();
    }

    private void stopAndWait(Thread main) {
        stop();
        try {
            main.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Removes the rules, so that everything goes out again. */
    @Override
    public void close() {
        try (session) {
            allowed.close();
        }
    }

    @Override
    public String toString() {
        return session.statistics().answered() + " answers held, " + dropped + " of them dropped, " + malformed
                + " malformed";
    }
}
