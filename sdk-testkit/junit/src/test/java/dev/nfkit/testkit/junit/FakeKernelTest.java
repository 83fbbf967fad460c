// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SampleNflog;
import dev.nfkit.testkit.SamplePackets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Tests with a fake kernel as a parameter. */
class FakeKernelTest {
    private FakeNetfilter before;

    @BeforeEach
    void begin(@FakeKernel FakeNetfilter kernel) {
        before = kernel;
    }

    @AfterEach
    void end(@FakeKernel FakeNetfilter kernel) {
        assertSame(before, kernel);
    }

    @Test
    void aTestAndItsSetUpShareOneKernel(@FakeKernel FakeNetfilter kernel, @FakeKernel NetlinkTransport transport) {
        assertSame(before, kernel);
        assertSame(before, transport);
    }

    @RepeatedTest(2)
    void eachRepetitionHasAKernelOfItsOwn(@FakeKernel FakeNetfilter kernel) throws Exception {
        assertEquals(0, kernel.sockets().size());
        kernel.open(12).close();
    }

    @Test
    void aSessionReceivesWhatTheTestLogs(@FakeKernel FakeNetfilter kernel) throws Exception {
        List<String> prefixes = new ArrayList<>();
        try (NflogSession session =
                NflogSession.open(kernel, NflogOptions.builder().group(30).build())) {
            assertTrue(
                    kernel.nflog().log(30, SampleNflog.of(SamplePackets.udp4()).prefix("dns ")));
            session.poll(packet -> prefixes.add(packet.prefix()), Duration.ofSeconds(1));
        }
        assertEquals(List.of("dns "), prefixes);
    }

    @Nested
    class WithVirtualTime {
        @Test
        void theTimeStandsStillUntilItFollowsAnother() {
            FakeNetfilter kernel = new FakeNetfilter(Time.VIRTUAL.clock());
            long start = kernel.nanoTime();
            assertEquals(start, kernel.nanoTime());
            AtomicLong other = new AtomicLong(5000);
            kernel.clock().follow(other::get);
            assertEquals(start, kernel.nanoTime());
            other.addAndGet(7);
            assertEquals(start + 7, kernel.nanoTime());
        }

        @Test
        void onlyAVirtualClockFollows() {
            assertThrows(
                    IllegalStateException.class,
                    () -> new FakeNetfilter(Time.MANUAL.clock()).clock().follow(() -> 0));
        }
    }
}
