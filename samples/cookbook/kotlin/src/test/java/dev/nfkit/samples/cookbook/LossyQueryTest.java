// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.nfkit.testkit.junit.Netns;
import dev.nfkit.testkit.live.InjectedFaults;
import dev.nfkit.testkit.live.TestNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LossyQueryTest {
    @Test
    void aLostQueryIsRepeated(@Netns TestNetwork network) throws Exception {
        InjectedFaults queries = network.client().inject("udp dport 53", faults -> faults.dropFirst(1));
        InjectedFaults answers = network.client().inject("udp sport 53", faults -> faults.delay(Duration.ofMillis(20)));
        byte[] query = {1, 2, 3};
        try (DatagramSocket server = network.server().call(() -> new DatagramSocket(53));
                RepeatingClient client =
                        network.client().call(() -> new RepeatingClient(network.serverAddress(), 53))) {
            Thread echo = new Thread(() -> answer(server));
            echo.start();
            assertArrayEquals(query, client.ask(query));
            echo.join();
        }
        assertEquals(1, queries.dropped());
        assertEquals(1, answers.delayed());
    }

    private static void answer(DatagramSocket server) {
        try {
            DatagramPacket query = new DatagramPacket(new byte[512], 512);
            server.receive(query);
            server.send(new DatagramPacket(query.getData(), query.getLength(), query.getSocketAddress()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
