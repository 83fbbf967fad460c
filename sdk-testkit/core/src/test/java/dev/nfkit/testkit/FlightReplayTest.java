// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.trace.FlightRecorder;
import dev.nfkit.trace.RecordingTransport;
import dev.nfkit.trace.Trace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ring of a flight recorder replays to the same session, even if it dropped earlier entries. */
class FlightReplayTest {
    private static final int ROUNDS = 400;

    private final NfqueueOptions options = NfqueueOptions.builder().queue(3).build();

    private static Verdict decide(long id) {
        return id % 3 == 0 ? Verdict.DROP : Verdict.ACCEPT;
    }

    /** Has more packets decided than the ring holds, five at a time. Returns their ids. */
    private List<Long> record(FlightRecorder recorder) throws IOException {
        FakeNetfilter kernel = new FakeNetfilter();
        List<Long> seen = new ArrayList<>();
        try (NfqueueSession session = NfqueueSession.open(new RecordingTransport(kernel, recorder), options)) {
            for (int round = 0; round < ROUNDS; round++) {
                for (int packet = 0; packet < 5; packet++) {
                    kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4(new byte[1000])));
                }
                session.poll(
                        packet -> {
                            seen.add(packet.id());
                            return decide(packet.id());
                        },
                        Duration.ofSeconds(1));
            }
        }
        return seen;
    }

    private static Trace dump(FlightRecorder recorder) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        recorder.dump(file);
        return Trace.read(new ByteArrayInputStream(file.toByteArray()), "dump");
    }

    private List<Long> replay(ReplayTransport transport) throws IOException {
        List<Long> seen = new ArrayList<>();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            session.run(packet -> {
                seen.add(packet.id());
                return decide(packet.id());
            });
        }
        return seen;
    }

    @Test
    void aRingThatDroppedPacketsReplaysStrictly() throws Exception {
        FlightRecorder recorder = new FlightRecorder(1 << 20, ByteOrder.nativeOrder(), "test");
        List<Long> seen = record(recorder);
        assertTrue(recorder.evictedEntries() > 1000);
        ReplayTransport transport = ReplayTransport.strict(dump(recorder));
        List<Long> again = replay(transport);
        transport.verify();
        assertTrue(again.size() > 500 && again.size() < seen.size());
        assertEquals(seen.subList(seen.size() - again.size(), seen.size()), again);
    }

    @Test
    void itReplaysLeniently() throws Exception {
        FlightRecorder recorder = new FlightRecorder(1 << 20, ByteOrder.nativeOrder(), "test");
        List<Long> seen = record(recorder);
        List<Long> again = replay(ReplayTransport.lenient(dump(recorder)));
        assertTrue(again.size() > 500);
        assertEquals(seen.subList(seen.size() - again.size(), seen.size()), again);
    }
}
