package com.example.egress.test;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.example.egress.EgressFirewall;
import dev.nfkit.testkit.junit.Netns;
import dev.nfkit.testkit.live.InjectedFaults;
import dev.nfkit.testkit.live.TestNetwork;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The firewall on the running kernel; skipped where no network namespace can be made. */
class EgressLiveTest {
    private static void send(DatagramSocket client, TestNetwork network, int port) throws Exception {
        client.send(new DatagramPacket(new byte[] {1, 2, 3}, 3, network.serverAddress(), port));
    }

    @Test
    void letsOnlyQueriesOut(@Netns TestNetwork network) throws Exception {
        network.client().exec("iptables -A OUTPUT ! -o lo -p udp -j NFQUEUE --queue-num 3".split(" "));
        InjectedFaults arrivals = network.server().inject("udp dport 1-100", faults -> faults.delay(Duration.ofMillis(20)));
        try (EgressFirewall firewall = new EgressFirewall(network.client().transport(), Set.of(53));
                DatagramSocket server = network.server().call(() -> new DatagramSocket(53));
                DatagramSocket client = network.client().call(() -> new DatagramSocket())) {
            send(client, network, 9);
            send(client, network, 53);
            int decided = 0;
            while (decided < 2) {
                decided += firewall.poll(Duration.ofSeconds(10));
            }
            server.setSoTimeout(10_000);
            server.receive(new DatagramPacket(new byte[3], 3));
        }
        assertEquals(1, arrivals.packets());
    }
}
