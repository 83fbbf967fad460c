// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.downstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.testkit.DecidedPacket;
import dev.nfkit.testkit.DecidedPacket.Departure;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SampleConntrack;
import dev.nfkit.testkit.SampleNflog;
import dev.nfkit.testkit.SampleNfqueue;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.SampleTuple;
import dev.nfkit.testkit.TestClock;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A downstream project: a small firewall and more than fifty tests of it, each with its own kernel, with only public
 * API. All of them take well under three seconds.
 */
class SmallFirewallTest {
    private static final byte[] HELLO = {'h', 'e', 'l', 'l', 'o'};

    private final TestClock clock = TestClock.manual();
    private final FakeNetfilter kernel = new FakeNetfilter(clock);

    @AfterEach
    void nothingIsLeft() {
        kernel.verify();
    }

    /** The firewall: drops packets to a blocked port, marks DNS, and rewrites packets that contain hello. */
    private static Verdict decide(QueuedPacket packet) {
        int target = packet.payload().u16(22);
        if (target == 23 || target == 445) {
            return Verdict.DROP;
        }
        if (target == 7) {
            return packet.accept().payload(Bytes.of(udpTo(7, (byte) 'b', (byte) 'y', (byte) 'e')));
        }
        return target == 53 ? packet.accept().mark(53) : Verdict.ACCEPT;
    }

    private static byte[] udpTo(int port, byte... data) {
        return SamplePackets.udp("192.0.2.1", 40_000, "192.0.2.2", port, data);
    }

    private static byte[] udp6To(int port) {
        return SamplePackets.udp("2001:db8::1", 40_000, "2001:db8::2", port);
    }

    private NfqueueSession queue(int number) throws NetlinkException {
        return NfqueueSession.open(
                kernel, NfqueueOptions.builder().queue(number).build());
    }

    private NflogSession group(int number, int threshold) throws NetlinkException {
        return NflogSession.open(
                kernel,
                NflogOptions.builder()
                        .group(number, group -> group.threshold(threshold).timeout(Duration.ofSeconds(1)))
                        .build());
    }

    private DecidedPacket decided(byte... packet) throws Exception {
        try (NfqueueSession session = queue(3)) {
            assertTrue(kernel.nfqueue().enqueue(3, packet));
            assertEquals(1, session.poll(SmallFirewallTest::decide, Duration.ZERO));
            return kernel.nfqueue().takeDecided();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {23, 445})
    void dropsPacketsToABlockedPort(int port) throws Exception {
        assertTrue(decided(udpTo(port, HELLO)).dropped());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 22, 24, 80, 443, 444, 446, 8080, 65_535})
    void letsOthersPassUnchanged(int port) throws Exception {
        DecidedPacket packet = decided(udpTo(port, HELLO));
        assertTrue(packet.passed());
        assertFalse(packet.payloadChanged());
        assertEquals(0, packet.mark());
    }

    @Test
    void marksDns() throws Exception {
        assertEquals(53, decided(udpTo(53)).mark());
    }

    @Test
    void rewritesPacketsWithHello() throws Exception {
        DecidedPacket packet = decided(udpTo(7, HELLO));
        assertTrue(packet.payloadChanged());
        assertArrayEquals(
                udpTo(7, (byte) 'b', (byte) 'y', (byte) 'e'), packet.payload().toArray());
    }

    @Test
    void aPacketTooShortForTheFirewallIsDropped() throws Exception {
        try (NfqueueSession session = queue(3)) {
            kernel.nfqueue().enqueue(3, new byte[] {0x45, 0});
            assertThrows(IndexOutOfBoundsException.class, () -> session.poll(SmallFirewallTest::decide, Duration.ZERO));
            assertTrue(kernel.nfqueue().takeDecided().dropped());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,2", "7,7", "100,100"})
    void decidesEachPacketOfABatch(int sent, int passed) throws Exception {
        try (NfqueueSession session = queue(3)) {
            for (int i = 0; i < sent; i++) {
                kernel.nfqueue().enqueue(3, udpTo(80));
            }
            while (kernel.nfqueue().decided().size() < sent) {
                session.poll(SmallFirewallTest::decide, Duration.ZERO);
            }
            assertEquals(
                    passed,
                    kernel.nfqueue().decided().stream()
                            .filter(DecidedPacket::passed)
                            .count());
        }
    }

    @Test
    void keepsAMarkThatThePacketHas() throws Exception {
        try (NfqueueSession session = queue(3)) {
            kernel.nfqueue().enqueue(3, SampleNfqueue.of(udpTo(80)).mark(9).priority(4));
            session.poll(SmallFirewallTest::decide, Duration.ZERO);
            DecidedPacket packet = kernel.nfqueue().takeDecided();
            assertEquals(9, packet.mark());
            assertEquals(4, packet.priority());
        }
    }

    @Test
    void runsOnAThreadOfItsOwn() throws Exception {
        try (NfqueueSession session = queue(3)) {
            CompletableFuture<Long> running = CompletableFuture.supplyAsync(() -> {
                try {
                    return session.run(SmallFirewallTest::decide);
                } catch (NetlinkException e) {
                    throw new AssertionError(e);
                }
            });
            kernel.nfqueue().awaitBound(3);
            kernel.nfqueue().enqueue(3, udpTo(23));
            assertTrue(kernel.nfqueue().takeDecided().dropped());
            kernel.nfqueue().enqueue(3, udpTo(80));
            assertTrue(kernel.nfqueue().takeDecided().passed());
            session.stop();
            assertEquals(2, running.get());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 100, 5_000, 3_600_000})
    void anUnansweredPacketIsDroppedAtItsDeadline(long millis) throws Exception {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(3)
                .deadline(Duration.ofMillis(millis))
                .build();
        try (NfqueueSession session = NfqueueSession.open(kernel, options)) {
            kernel.nfqueue().enqueue(3, udpTo(80));
            session.poll(
                    packet -> {
                        packet.hold();
                        return Verdict.HELD;
                    },
                    Duration.ZERO);
            clock.advance(Duration.ofMillis(millis).minusNanos(1));
            assertEquals(List.of(), kernel.nfqueue().decided());
            clock.advance(Duration.ofNanos(1));
            assertTrue(kernel.nfqueue().takeDecided().dropped());
        }
    }

    @Test
    void anAnswerBeforeTheDeadlineCounts() throws Exception {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(3)
                .deadline(Duration.ofSeconds(1))
                .build();
        try (NfqueueSession session = NfqueueSession.open(kernel, options)) {
            List<QueuedPacket> held = new ArrayList<>();
            kernel.nfqueue().enqueue(3, udpTo(80));
            session.poll(
                    packet -> {
                        held.add(packet.hold());
                        return Verdict.HELD;
                    },
                    Duration.ZERO);
            clock.advance(Duration.ofMillis(999));
            assertTrue(held.get(0).answer(Verdict.ACCEPT));
            assertTrue(kernel.nfqueue().takeDecided().passed());
        }
    }

    @Test
    void aFullQueueDrops() throws Exception {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(3, queue -> queue.maximumLength(1))
                .build();
        try (NfqueueSession session = NfqueueSession.open(kernel, options)) {
            assertTrue(kernel.nfqueue().enqueue(3, udpTo(80)));
            assertFalse(kernel.nfqueue().enqueue(3, udpTo(80)));
            assertEquals(Departure.QUEUE_FULL, kernel.nfqueue().takeDecided().departure());
            session.poll(SmallFirewallTest::decide, Duration.ZERO);
        }
    }

    @Test
    void anUnboundQueueDrops() {
        assertFalse(kernel.nfqueue().enqueue(9, udpTo(80)));
        assertEquals(Departure.NO_QUEUE, kernel.nfqueue().takeDecided().departure());
    }

    @Test
    void rulesAfterTheQueueSeeTheMark() throws Exception {
        try (NflogSession log = group(5, 1)) {
            kernel.nfqueue().onDecided(packet -> {
                if (packet.passed()) {
                    kernel.nflog()
                            .log(5, SampleNflog.of(packet.payload().toArray()).mark(packet.mark()));
                }
            });
            decided(udpTo(53));
            List<Long> marks = new ArrayList<>();
            log.poll(packet -> marks.add(packet.mark()), Duration.ZERO);
            assertEquals(List.of(53L), marks);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 50})
    void aBatchOfTheLogComesAtItsThreshold(int threshold) throws Exception {
        try (NflogSession session = group(5, threshold)) {
            for (int i = 1; i < threshold; i++) {
                kernel.nflog().log(5, udpTo(80));
            }
            assertEquals(0, session.poll(packet -> {}, Duration.ZERO));
            kernel.nflog().log(5, udpTo(80));
            assertEquals(threshold, session.poll(packet -> {}, Duration.ZERO));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 9})
    void heldPacketsArriveAtTheFlushTimeout(int held) throws Exception {
        try (NflogSession session = group(5, 10)) {
            for (int i = 0; i < held; i++) {
                kernel.nflog().log(5, udpTo(80));
            }
            clock.advance(Duration.ofMillis(999));
            assertEquals(0, session.poll(packet -> {}, Duration.ZERO));
            clock.advance(Duration.ofMillis(1));
            assertEquals(held, session.poll(packet -> {}, Duration.ZERO));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"in: ", "DROP", "ü", "x"})
    void aPrefixIsRead(String prefix) throws Exception {
        try (NflogSession session = group(5, 1)) {
            kernel.nflog().log(5, SampleNflog.of(udp6To(80)).prefix(prefix));
            List<String> seen = new ArrayList<>();
            session.poll(packet -> seen.add(packet.prefix()), Duration.ZERO);
            assertEquals(List.of(prefix), seen);
        }
    }

    @Test
    void packetsOfAnotherGroupAreNotReceived() throws Exception {
        try (NflogSession session = group(5, 1)) {
            assertFalse(kernel.nflog().log(6, udpTo(80)));
            assertEquals(1, kernel.nflog().unheard());
            assertEquals(0, session.poll(packet -> {}, Duration.ZERO));
        }
    }

    @Test
    void aGroupHasOneOwner() throws Exception {
        try (NflogSession first = group(5, 1)) {
            assertEquals(
                    Errno.EPERM,
                    assertThrows(KernelRefusedException.class, () -> group(5, 1))
                            .errno());
            assertEquals(5, kernel.nflog().groups().get(0).group());
            assertFalse(first.ended());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"EMFILE", "ENFILE", "ENOMEM"})
    void aSocketThatCannotBeOpenedIsReported(String name) {
        Errno errno = List.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM).stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        kernel.failNextOpen(errno);
        assertEquals(
                errno, assertThrows(SystemCallException.class, () -> queue(3)).errno());
    }

    private static ConntrackTuple tuple(int port) throws Exception {
        return ConntrackTuple.udp(InetAddress.getByName("10.0.0.1"), port, InetAddress.getByName("10.0.0.2"), 53);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 40})
    void connectionsAreListed(int count) throws Exception {
        for (int port = 1; port <= count; port++) {
            kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)));
        }
        try (Conntrack table = Conntrack.open(kernel)) {
            assertEquals(count, table.list(ConntrackFilter.all()).size());
        }
    }

    @Test
    void aConnectionIsMadeAndMarked() throws Exception {
        try (Conntrack table = Conntrack.open(kernel)) {
            table.create(NewConnection.of(tuple(1), Duration.ofMinutes(1)));
            table.update(tuple(1), ConntrackUpdate.none().mark(6));
            assertEquals(6, table.get(tuple(1)).orElseThrow().mark());
        }
    }

    @Test
    void aConnectionEndsByTheClock() throws Exception {
        try (Conntrack table = Conntrack.open(kernel)) {
            table.create(NewConnection.of(tuple(1), Duration.ofMinutes(1)));
            clock.advance(Duration.ofSeconds(59));
            assertTrue(table.get(tuple(1)).isPresent());
            clock.advance(Duration.ofSeconds(2));
            assertFalse(table.get(tuple(1)).isPresent());
        }
    }

    @Test
    void aBlockedHostLosesItsConnections() throws Exception {
        kernel.conntrack()
                .add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53))
                        .mark(1));
        kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.3", 2, "10.0.0.2", 53)));
        try (Conntrack table = Conntrack.open(kernel)) {
            assertEquals(1, table.deleteAll(ConntrackFilter.all().mark(1)));
        }
        assertEquals(1, kernel.conntrack().connections().size());
    }

    @Test
    void aFlushOnAnotherThreadIsAwaited() throws Exception {
        kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1, "10.0.0.2", 53)));
        try (Conntrack table = Conntrack.open(kernel)) {
            CompletableFuture<Void> flushing = CompletableFuture.runAsync(() -> {
                try {
                    table.flush();
                } catch (NetlinkException e) {
                    throw new AssertionError(e);
                }
            });
            kernel.await("the flush", () -> kernel.conntrack().connections().isEmpty());
            flushing.get();
        }
    }
}
