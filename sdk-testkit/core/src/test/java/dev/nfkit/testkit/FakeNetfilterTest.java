// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.socket.SocketOwner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Uses the testkit from Java. */
class FakeNetfilterTest {
    private final FakeNetfilter transport = new FakeNetfilter();
    private final NflogOptions options = NflogOptions.builder().group(30).build();

    @Test
    void deliversLoggedPacketsToASession() throws Exception {
        List<NflogPacket> seen = new ArrayList<>();
        try (NflogSession session = NflogSession.open(transport, options)) {
            for (int number = 0; number < 50; number++) {
                transport
                        .nflog()
                        .log(30, SampleNflog.of(SamplePackets.ping4(number)).prefix("in: "));
            }
            session.stop();
            session.run(packet -> seen.add(packet.copy()));
        }
        assertEquals(50, seen.size());
        assertEquals("in: ", seen.get(49).prefix());
        transport.verify();
    }

    @Test
    void namesTheOwnerOfAGroup() {
        transport.kernel().ownGroup(30, 812).owner(812, new SocketOwner(812, "ulogd"));
        KernelRefusedException refusal =
                assertThrows(KernelRefusedException.class, () -> NflogSession.open(transport, options));
        assertEquals(Errno.EPERM, refusal.errno());
        assertTrue(refusal.getMessage().contains("ulogd"), refusal.getMessage());
        assertEquals(0, transport.openSockets());
    }

    @Test
    void reportsAPacketThatEscapedItsCallback() throws Exception {
        List<NflogPacket> escaped = new ArrayList<>();
        try (NflogSession session = NflogSession.open(transport, options)) {
            transport.nflog().log(30, SampleNflog.of(SamplePackets.udp4()));
            session.poll(escaped::add, Duration.ofSeconds(5));
        }
        assertThrows(IllegalStateException.class, () -> escaped.get(0).mark());
    }
}
