// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.testkit.DecidedPacket.Departure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** NFQUEUE from Java: lambdas, checked exceptions, null, workers. */
class NfqueueSessionTest {
    private final FakeNetfilter transport = new FakeNetfilter();

    private void enqueue(int queue, int count) {
        for (int i = 0; i < count; i++) {
            transport.nfqueue().enqueue(queue, SampleNfqueue.of(new byte[20]));
        }
    }

    @Test
    void aLambdaDecides() throws Exception {
        NfqueueOptions options = NfqueueOptions.builder().queue(0).build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            enqueue(0, 3);
            assertEquals(
                    3, session.poll(packet -> packet.id() == 2 ? Verdict.DROP : Verdict.ACCEPT, Duration.ofSeconds(1)));
            assertEquals(
                    Set.of(1L, 3L),
                    Set.copyOf(transport.nfqueue().decided().stream()
                            .filter(DecidedPacket::passed)
                            .map(DecidedPacket::id)
                            .toList()));
        }
    }

    @Test
    @SuppressWarnings("NullAway") // returns null by mistake
    void aDeciderThatReturnsNullFailsClosed() throws Exception {
        NfqueueOptions options = NfqueueOptions.builder().queue(0).build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            enqueue(0, 1);
            session.poll(packet -> null, Duration.ZERO);
            assertTrue(transport.nfqueue().decided().get(0).dropped());
            assertEquals(1, session.statistics().forgotten());
        }
    }

    @Test
    void aCheckedExceptionIsThrownUnchanged() throws Exception {
        NfqueueOptions options = NfqueueOptions.builder().queue(0).build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            enqueue(0, 1);
            Decider<IOException> decider = packet -> {
                throw new IOException("disk");
            };
            assertEquals(
                    "disk",
                    assertThrows(IOException.class, () -> session.poll(decider, Duration.ZERO))
                            .getMessage());
        }
    }

    @Test
    void workersDecideEachQueueOnAThreadOfItsOwn() throws Exception {
        NfqueueOptions options =
                NfqueueOptions.builder().queues(0, 3, queue -> {}).build();
        try (NfqueueWorkers workers = NfqueueWorkers.open(transport, options)) {
            Set<String> seen = ConcurrentHashMap.newKeySet();
            for (int queue = 0; queue < 4; queue++) {
                enqueue(queue, 5);
            }
            Thread stopper = new Thread(() -> {
                transport.nfqueue().awaitDecided(20);
                workers.stop();
            });
            stopper.start();
            long delivered = workers.run(packet -> {
                seen.add(Thread.currentThread().getName() + " " + packet.queue());
                return Verdict.ACCEPT;
            });
            stopper.join();
            assertEquals(20, delivered);
            assertEquals(Set.of("nfqueue-0 0", "nfqueue-1 1", "nfqueue-2 2", "nfqueue-3 3"), seen);
            assertEquals(20, workers.statistics().decided());
            assertEquals(20, workers.statistics().received().delivered());
        }
        assertEquals(0, transport.openSockets());
    }

    @Test
    void aWorkerThatFailsEndsTheRunAndLeavesTheSessionsOpen() throws Exception {
        NfqueueOptions options =
                NfqueueOptions.builder().queues(0, 1, queue -> {}).build();
        try (NfqueueWorkers workers = NfqueueWorkers.open(transport, options)) {
            enqueue(1, 1);
            Decider<IOException> failing = packet -> {
                throw new IOException("worker");
            };
            assertEquals(
                    "worker",
                    assertThrows(IOException.class, () -> workers.run(failing)).getMessage());
            assertTrue(workers.sessions().stream().noneMatch(NfqueueSession::ended));
            assertEquals(
                    List.of(Departure.VERDICT),
                    transport.nfqueue().decided().stream()
                            .map(DecidedPacket::departure)
                            .toList());
        }
    }
}
