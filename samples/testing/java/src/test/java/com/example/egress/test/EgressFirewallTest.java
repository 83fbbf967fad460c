package com.example.egress.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.egress.EgressFirewall;
import dev.nfkit.testkit.DecidedPacket;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.junit.FakeKernel;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EgressFirewallTest {
    private static final Set<Integer> PORTS = Set.of(53, 443);

    /** Verdicts for packets that reach the queue. */
    private static DecidedPacket decided(FakeNetfilter kernel, byte[] packet) throws Exception {
        try (EgressFirewall firewall = new EgressFirewall(kernel, PORTS)) {
            kernel.nfqueue().enqueue(EgressFirewall.QUEUE, packet);
            assertEquals(1, firewall.poll(Duration.ofSeconds(1)));
        }
        return kernel.nfqueue().decided().get(0);
    }

    @Test
    void acceptsPacketsToOpenPorts(@FakeKernel FakeNetfilter kernel) throws Exception {
        DecidedPacket packet = decided(kernel, SamplePackets.udp("10.0.0.1", 4000, "10.0.0.53", 53));
        assertTrue(packet.passed(), packet::toString);
        assertEquals(EgressFirewall.LET_OUT, packet.mark());
    }

    @Test
    void dropsPacketsToOtherPorts(@FakeKernel FakeNetfilter kernel) throws Exception {
        assertTrue(decided(kernel, SamplePackets.tcp("10.0.0.1", 4000, "10.0.0.2", 23, 0x02)).dropped());
    }

    @Test
    void dropsPacketsWithoutPorts(@FakeKernel FakeNetfilter kernel) throws Exception {
        assertTrue(decided(kernel, SamplePackets.ping6(1)).dropped());
    }

    @Test
    void dropsBytesThatAreNotAPacket(@FakeKernel FakeNetfilter kernel) throws Exception {
        assertTrue(decided(kernel, new byte[] {1, 2, 3}).dropped());
    }

    @Test
    void leavesNoPacketWaitingWhenClosed(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (EgressFirewall firewall = new EgressFirewall(kernel, PORTS)) {
            kernel.nfqueue().enqueue(EgressFirewall.QUEUE, SamplePackets.udp4());
            assertEquals(0, firewall.statistics().decided());
        }
        assertTrue(kernel.nfqueue().decided().get(0).dropped());
    }
}
