// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.CopyMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options from Java: invalid values are refused when they are set. */
class NfqueueOptionsTest {
    private static String refusedQueue(Consumer<NfqueueQueue.Builder> configure) {
        NfqueueQueue.Builder builder = NfqueueQueue.builder(0);
        return assertThrows(IllegalArgumentException.class, () -> configure.accept(builder))
                .getMessage();
    }

    private static String refused(Consumer<NfqueueOptions.Builder> configure) {
        NfqueueOptions.Builder builder = NfqueueOptions.builder().queue(0);
        return assertThrows(IllegalArgumentException.class, () -> configure.accept(builder))
                .getMessage();
    }

    @Test
    void defaultsFailClosedAndSeeWholePackets() {
        NfqueueOptions options = NfqueueOptions.builder().queue(7).build();
        NfqueueQueue queue = options.queues().get(0);
        assertEquals(7, queue.queue());
        assertEquals(CopyMode.PACKET, queue.copyMode());
        assertEquals(65531, queue.copyRange());
        assertEquals(1024, queue.maximumLength());
        assertEquals(0, queue.flags());
        assertEquals(Verdict.DROP, options.failureVerdict());
        assertEquals(Verdict.DROP, options.deadlineVerdict());
        assertEquals(Verdict.DROP, options.closeVerdict());
        assertEquals(Optional.empty(), options.deadline());
        assertEquals(Duration.ZERO, options.spin());
        assertTrue(options.receiveBuffer().isEmpty());
    }

    @Test
    void deadlineAndEndUseTheFailureVerdictUnlessSet() {
        NfqueueOptions.Builder builder = NfqueueOptions.builder().queue(0).failureVerdict(Verdict.ACCEPT);
        assertEquals(Verdict.ACCEPT, builder.build().deadlineVerdict());
        assertEquals(Verdict.ACCEPT, builder.build().closeVerdict());
        builder.deadline(Duration.ofSeconds(1), Verdict.REPEAT).closeVerdict(Verdict.DROP);
        assertEquals(Verdict.REPEAT, builder.build().deadlineVerdict());
        assertEquals(Verdict.DROP, builder.build().closeVerdict());
        assertEquals(Optional.of(Duration.ofSeconds(1)), builder.build().deadline());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aQueueOutOfRangeIsRefused(int queue) {
        String expected = "queue " + queue + " is out of 0 to 65535";
        assertEquals(
                expected,
                assertThrows(IllegalArgumentException.class, () -> NfqueueQueue.builder(queue))
                        .getMessage());
        assertEquals(
                expected,
                assertThrows(IllegalArgumentException.class, () -> Verdict.queue(queue))
                        .getMessage());
    }

    @Test
    void valuesThatTheKernelIgnoresOrNeverQueuesAreRefused() {
        assertEquals("copyRange 65532 is out of 0 to 65531", refusedQueue(it -> it.copyRange(65532)));
        assertEquals("copyRange -1 is out of 0 to 65531", refusedQueue(it -> it.copyRange(-1)));
        assertEquals("maximumLength 0 is less than 1", refusedQueue(it -> it.maximumLength(0)));
        assertTrue(
                refusedQueue(it -> it.copyMode(CopyMode.NONE)).startsWith("copyMode NONE: the kernel queues nothing"));
        assertEquals("batchSize 0 is out of 1 to 1024", refused(it -> it.batchSize(0)));
        assertEquals("batchSize 1025 is out of 1 to 1024", refused(it -> it.batchSize(1025)));
        assertEquals("spin PT1.000000001S is out of 0 to 1 s", refused(it -> it.spin(Duration.ofNanos(1_000_000_001))));
        assertEquals("spin PT-1S is out of 0 to 1 s", refused(it -> it.spin(Duration.ofSeconds(-1))));
        assertEquals("deadline PT0S is out of 1 ms to one day", refused(it -> it.deadline(Duration.ZERO)));
        assertEquals(
                "settleTime PT-1S is out of zero to one day", refused(it -> it.settleTime(Duration.ofSeconds(-1))));
        assertTrue(refused(it -> it.receiveBuffer(4095)).startsWith("receiveBuffer 4095 is out of"));
        assertTrue(refused(it -> it.sendBuffer(1 << 30)).startsWith("sendBuffer 1073741824 is out of"));
        assertEquals("queue 0 was added twice", refused(it -> it.queue(0)));
        assertEquals("queues 3 to 2: the last is below the first", refused(it -> it.queues(3, 2, queue -> {})));
    }

    @Test
    void aVerdictOfOptionsMustApplyToAnyPacket() {
        Verdict rewriting = Verdict.ACCEPT.payload(Bytes.of(new byte[20]));
        assertTrue(refused(it -> it.failureVerdict(Verdict.HELD)).startsWith("failureVerdict held"));
        assertTrue(refused(it -> it.closeVerdict(rewriting)).startsWith("closeVerdict NF_ACCEPT, payload"));
        assertTrue(refused(it -> it.deadline(Duration.ofSeconds(1), rewriting)).startsWith("deadline verdict"));
    }

    @Test
    void aRangeOfQueuesIsConfiguredAlike() {
        NfqueueOptions options =
                NfqueueOptions.builder().queues(2, 5, queue -> queue.gso(true)).build();
        assertEquals(
                List.of(2, 3, 4, 5),
                options.queues().stream().map(NfqueueQueue::queue).toList());
        assertTrue(options.queues().stream().allMatch(NfqueueQueue::gso));
    }

    @Test
    void aBuiltValueDoesNotChangeWithItsBuilder() {
        NfqueueQueue.Builder queue = NfqueueQueue.builder(1).failOpen(true);
        NfqueueQueue built = queue.build();
        queue.failOpen(false);
        assertTrue(built.failOpen());
        assertFalse(built.toBuilder().failOpen(false).build().failOpen());
        assertEquals(9, built.withQueue(9).queue());
        assertTrue(built.withQueue(9).failOpen());
    }

    @Test
    void anEmptySessionIsRefused() {
        assertThrows(
                IllegalArgumentException.class, () -> NfqueueOptions.builder().build());
    }
}
