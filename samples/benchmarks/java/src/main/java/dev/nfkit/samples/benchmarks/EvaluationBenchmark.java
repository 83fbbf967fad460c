// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.PacketTrace;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.TestPacket;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the fake kernel's evaluation: one packet through 100 rules, of which only the last one matches. {@code -prof
 * gc} shows what a trace costs: some hundred bytes for each packet, and nothing for an instruction.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class EvaluationBenchmark {
    private static final int RULES = 100;

    /** What the rules compare: the destination's port; or addresses, ports, sets, connections and devices in turn. */
    @Param({"ports", "mixed"})
    public String rules = "ports";

    @SuppressWarnings("NullAway.Init") // by install()
    private TestPacket packet;

    /**
     * Installs the rules.
     *
     * @throws NetlinkException never
     */
    @Setup
    public void install() throws NetlinkException {
        FakeNetfilter kernel = new FakeNetfilter();
        StringBuilder text = new StringBuilder("table inet filter {\nset blocked { type ipv4_addr; flags interval;"
                + " elements = { 192.0.2.0/25, 203.0.113.0/24 } }\n"
                + "chain input { type filter hook input priority filter; policy drop;\n");
        for (int i = 1; i < RULES; i++) {
            text.append(rule(i)).append(" counter drop\n");
        }
        text.append("udp dport 53 counter accept\n}\n}\n");
        try (Nftables client = Nftables.open(kernel)) {
            client.commit(new Batch().add(Ruleset.parse(text.toString())));
        }
        packet = kernel.packets()
                .of(SamplePackets.udp("10.0.0.1", 40000, "10.0.0.53", 53))
                .in("eth0");
        if (packet.toInput().outcome() != PacketTrace.Outcome.ACCEPTED) {
            throw new IllegalStateException("another rule than the last one matches");
        }
    }

    private String rule(int i) {
        int port = 1000 + i;
        return rules.equals("ports")
                ? "udp dport " + port
                : switch (i % 6) {
                    case 0 -> "ip saddr 10.1." + i + ".0/24 tcp dport " + port;
                    case 1 -> "ip saddr @blocked";
                    case 2 -> "udp dport { " + port + ", 2000-2100 }";
                    case 3 -> "ct state invalid";
                    case 4 -> "iifname \"lo\" meta mark " + i;
                    default -> "ip saddr 10.0.0.1 udp sport < " + port;
                };
    }

    /**
     * Sends the packet from prerouting to input.
     *
     * @return what happened
     */
    @Benchmark
    public PacketTrace packet() {
        return packet.toInput();
    }
}
