// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.ReplayTransport;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests with a replay as a parameter. */
class ReplayTest {
    private static final String PINGS = "traces/nflog/nflog-ipv4-icmp.pcap";

    private int packets;

    private void receive(NetlinkTransport transport) throws Exception {
        try (NflogSession session =
                NflogSession.open(transport, NflogOptions.builder().group(30).build())) {
            while (session.poll(packet -> packets++, Duration.ofSeconds(1)) > 0) {
                assertTrue(packets < 1000);
            }
            session.stop();
        }
    }

    @Test
    void aRecordingIsReplayedIntoTheRealSession(@Replay(value = PINGS, lenient = true) NetlinkTransport recorded)
            throws Exception {
        receive(recorded);
        assertEquals(3, packets);
    }

    @Test
    void eachParameterHasAReplayOfItsOwn(
            @Replay(value = PINGS, lenient = true) ReplayTransport one,
            @Replay(value = "/" + PINGS, lenient = true) ReplayTransport other)
            throws Exception {
        assertNotSame(one, other);
        receive(one);
        receive(other);
        assertEquals(6, packets);
    }
}
