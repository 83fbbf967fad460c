// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.testkit.live.InjectedFaults;
import dev.nfkit.testkit.live.TestNamespace;
import dev.nfkit.testkit.live.TestNetwork;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a test with {@code @Netns} looks like. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NetnsTest {
    private TestNamespace before;
    private TestNamespace previous;

    @BeforeEach
    void keep(@Netns TestNamespace namespace) {
        previous = before;
        before = namespace;
    }

    @Test
    void aMethodGetsTheNamespaceOfItsTest(@Netns TestNamespace one, @Netns TestNamespace two) {
        assertSame(before, one);
        assertSame(one, two);
        assertNotSame(previous, one);
    }

    @Test
    void anotherTestGetsAnother(@Netns TestNamespace namespace) {
        assertSame(before, namespace);
        assertNotSame(previous, namespace);
    }

    @Test
    void aLostQueryIsRepeated(@Netns TestNetwork network) throws Exception {
        InjectedFaults faults = network.server().inject("udp dport 53", f -> f.dropFirst(1));
        byte[] query = {1, 2, 3};
        try (DatagramSocket server = network.server().call(() -> new DatagramSocket(53));
                DatagramSocket client = network.client().call(() -> new DatagramSocket())) {
            for (int attempt = 0; attempt < 2; attempt++) {
                client.send(new DatagramPacket(query, query.length, network.serverAddress(), 53));
                faults.awaitPackets(attempt + 1);
            }
            server.setSoTimeout(30_000);
            DatagramPacket received = new DatagramPacket(new byte[3], 3);
            server.receive(received);
            assertArrayEquals(query, received.getData());
        }
        assertEquals(1, faults.dropped());
        assertTrue(faults.toString().contains("2 packets, 1 dropped"), faults::toString);
    }
}
