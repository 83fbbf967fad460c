package com.example.gateway.test;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.example.gateway.Gateway;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.PacketTrace;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.TestPacket;
import dev.nfkit.testkit.TestPacket.ConnectionState;
import dev.nfkit.testkit.junit.FakeKernel;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GatewayTest {
    private static final Set<Integer> PORTS = Set.of(443);

    /** A packet from inside to the world. */
    private static TestPacket outgoing(FakeNetfilter kernel, int port) throws Exception {
        return kernel.packets()
                .of(SamplePackets.tcp("10.0.0.2", 4000, "198.51.100.9", port, 0x02))
                .in("lan0")
                .out("wan0", 3, InetAddress.getByName("203.0.113.1"));
    }

    @Test
    void decidesNewConnectionsByTheirPort(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Gateway gateway = new Gateway(kernel, PORTS)) {
            PacketTrace open = outgoing(kernel, 443).forward();
            PacketTrace closed = outgoing(kernel, 23).forward();
            assertEquals(PacketTrace.Outcome.WAITING, open.outcome());
            gateway.poll(Duration.ofSeconds(1));
            assertEquals(PacketTrace.Outcome.ACCEPTED, open.awaitEnd(), open::toString);
            assertEquals(PacketTrace.Outcome.DROPPED, closed.awaitEnd(), closed::toString);
        }
    }

    @Test
    void translatesTheSourceAfterTheVerdict(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Gateway gateway = new Gateway(kernel, PORTS)) {
            PacketTrace trace = outgoing(kernel, 443).forward();
            gateway.poll(Duration.ofSeconds(1));
            assertEquals(List.of("snat"), trace.translations());
            assertEquals(0xcb007101L, trace.bytes().u32(12)); // 203.0.113.1
        }
    }

    @Test
    void letsKnownConnectionsPassUndecided(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Gateway gateway = new Gateway(kernel, PORTS)) {
            PacketTrace trace = outgoing(kernel, 23)
                    .connection(ConnectionState.ESTABLISHED)
                    .forward();
            assertEquals(PacketTrace.Outcome.ACCEPTED, trace.outcome(), trace::toString);
            assertEquals(List.of(), trace.queues());
        }
    }

    @Test
    void dropsConnectionsFromOutside(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Gateway gateway = new Gateway(kernel, PORTS)) {
            PacketTrace trace = outgoing(kernel, 443).in("wan0").out("lan0").forward();
            assertEquals(PacketTrace.Outcome.DROPPED, trace.outcome(), trace::toString);
            assertEquals(List.of(), trace.matched());
        }
    }

    @Test
    void removesItsRules(@FakeKernel FakeNetfilter kernel) throws Exception {
        new Gateway(kernel, PORTS).close();
        assertEquals(List.of(), outgoing(kernel, 443).forward().steps());
    }
}
