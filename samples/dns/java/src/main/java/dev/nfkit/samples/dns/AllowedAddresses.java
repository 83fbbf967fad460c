// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.NftSet;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.SetElements;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.socket.NetlinkTransport;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Rules that let packets out to some addresses only, each for a time. The rules belong to this process and end with it.
 * For one thread.
 */
final class AllowedAddresses implements AutoCloseable {
    /** Time for a client to connect after an answer that it must not cache, and to try once or twice more. */
    static final Duration SHORTEST = Duration.ofSeconds(10);

    static final Duration LONGEST = Duration.ofDays(1);

    /**
     * Queries reach the given servers only, even over the loopback device: so all answers to tracked queries are theirs.
     * DNS over TCP is refused because its answers are not read.
     */
    private static final String RULES = """
            table inet nfkit-dns {
                flags owner
                set allowed4 {
                    type ipv4_addr
                    size 65536
                    flags timeout
                }
                set allowed6 {
                    type ipv6_addr
                    size 65536
                    flags timeout
                }
                chain refused {
                    counter
                    meta l4proto tcp reject with tcp reset
                    reject with icmpx admin-prohibited
                }
                chain servers {
                    %s
                    goto refused
                }
                chain egress {
                    meta l4proto { tcp, udp } th dport 53 ct direction original jump servers
                    oifname "lo" accept
                    ct state established,related accept
                    ip daddr @allowed4 accept
                    ip6 daddr @allowed6 accept
                    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
                    goto refused
                }
                chain output {
                    type filter hook output priority filter; policy accept;
                    jump egress
                }
                chain forward {
                    type filter hook forward priority filter; policy accept;
                    jump egress
                }
            }
            """;

    private final Nftables nftables;
    private final NftSet ipv4;
    private final NftSet ipv6;
    private final LongSupplier clock;
    /** When the elements of the sets expire. */
    private final Map<InetAddress, Long> ends = new HashMap<>();

    private long cleaned;

    private AllowedAddresses(Nftables nftables, List<NftSet> sets, LongSupplier clock) {
        this.nftables = nftables;
        this.ipv4 = sets.get(0);
        this.ipv6 = sets.get(1);
        this.clock = clock;
        this.cleaned = clock.getAsLong();
    }

    /** Installs the rules: from now on, nothing but queries to the servers goes out. */
    static AllowedAddresses open(NetlinkTransport transport, Collection<InetAddress> servers) throws NetlinkException {
        String accepted = servers.stream()
                .map(server -> "udp dport 53 %s daddr %s accept"
                        .formatted(server instanceof Inet4Address ? "ip" : "ip6", server.getHostAddress()))
                .collect(Collectors.joining("\n"));
        Ruleset rules = Ruleset.parse(RULES.formatted(accepted));
        Nftables nftables = Nftables.open(transport);
        try {
            nftables.commit(new Batch().add(rules));
            return new AllowedAddresses(nftables, rules.tables().get(0).sets(), transport::nanoTime);
        } catch (Throwable e) {
            nftables.close();
            throw e;
        }
    }

    /**
     * Allows addresses for some seconds each, in one batch. Once this has returned, packets to them pass.
     *
     * @throws NetlinkException if the kernel refuses it; then nothing has changed
     */
    void allow(Map<InetAddress, Long> seconds) throws NetlinkException {
        long now = clock.getAsLong();
        Map<InetAddress, Duration> later = new HashMap<>();
        seconds.forEach((address, ttl) -> {
            Duration time = Duration.ofSeconds(Math.min(Math.max(ttl, SHORTEST.toSeconds()), LONGEST.toSeconds()));
            Long end = ends.get(address);
            if (end == null
                    || end - now < time.toNanos()) { // never shortened: another client may still use the old answer
                later.put(address, time);
            }
        });
        if (later.isEmpty()) {
            return;
        }
        Batch batch = new Batch();
        replace(batch, ipv4, later, true);
        replace(batch, ipv6, later, false);
        nftables.commit(batch);
        later.forEach((address, time) -> ends.put(address, now + time.toNanos()));
        if (now - cleaned > SHORTEST.toNanos()) {
            ends.values().removeIf(end -> end - now < 0);
            cleaned = now;
        }
    }

    /** Kernels before 6.12 ignore the timeout of an element that exists, so it is replaced, in the same batch. */
    private static void replace(Batch batch, NftSet set, Map<InetAddress, Duration> times, boolean ofIpv4) {
        List<SetElement> elements = times.entrySet().stream()
                .filter(time -> time.getKey() instanceof Inet4Address == ofIpv4)
                .map(time -> SetElement.of(Constant.address(time.getKey())).timeout(time.getValue()))
                .toList();
        if (!elements.isEmpty()) {
            SetElements added = SetElements.of(set, elements);
            batch.add(added).delete(added).add(added);
        }
    }

    /** Removes the rules: everything goes out again. */
    @Override
    public void close() {
        nftables.close();
    }
}
