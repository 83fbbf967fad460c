package com.example.egress.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.egress.EgressFirewall;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.ReplayMismatchError;
import dev.nfkit.testkit.junit.Replay;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayTest {
    @Test
    void decidesAsRecorded(@Replay("egress.pcapng") NetlinkTransport recorded) throws Exception {
        try (EgressFirewall firewall = new EgressFirewall(recorded, Set.of(53, 443))) {
            firewall.run();
            assertEquals(5, firewall.statistics().decided());
        }
    }

    @Test
    void showsAnotherVerdictWithTheRecordedOne(
            @Replay(value = "egress.pcapng", verify = false) NetlinkTransport recorded) throws Exception {
        try (EgressFirewall firewall = new EgressFirewall(recorded, Set.of(443))) {
            ReplayMismatchError mismatch = assertThrows(ReplayMismatchError.class, firewall::run);
            assertTrue(mismatch.getMessage().contains("NFQA_VERDICT_HDR"), mismatch::getMessage);
        }
    }
}
