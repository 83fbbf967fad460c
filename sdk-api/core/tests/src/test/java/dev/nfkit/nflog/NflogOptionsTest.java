// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.AddressFamily;
import dev.nfkit.netfilter.CopyMode;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options from Java: invalid values are refused when they are set. */
class NflogOptionsTest {
    private static String refused(Consumer<NflogGroup.Builder> configure) {
        NflogGroup.Builder builder = NflogGroup.builder(30);
        return assertThrows(IllegalArgumentException.class, () -> configure.accept(builder))
                .getMessage();
    }

    @Test
    void defaultsLoseNothingAndDeliverWithinATenthOfASecond() {
        NflogGroup group = NflogGroup.builder(30).build();
        assertEquals(30, group.group());
        assertEquals(CopyMode.PACKET, group.copyMode());
        assertEquals(65531, group.copyRange());
        assertEquals(1024, group.threshold());
        assertEquals(Duration.ofMillis(100), group.timeout());
        assertTrue(group.sequence());
        assertTrue(group.bufferSize().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aGroupOutOfRangeIsRefused(int group) {
        String message = assertThrows(IllegalArgumentException.class, () -> NflogGroup.builder(group))
                .getMessage();
        assertEquals("group " + group + " is out of 0 to 65535", message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 30, 65535})
    void everyGroupOfTheRangeIsTaken(int group) {
        assertEquals(group, NflogGroup.builder(group).build().group());
    }

    @Test
    void valuesThatTheKernelIgnoresAreRefused() {
        assertEquals("bufferSize 3775 is out of 3776 to 131072", refused(it -> it.bufferSize(3775)));
        assertEquals("bufferSize 131073 is out of 3776 to 131072", refused(it -> it.bufferSize(131073)));
        assertEquals("copyRange 65532 is out of 0 to 65531", refused(it -> it.copyRange(65532)));
        assertEquals("copyRange -1 is out of 0 to 65531", refused(it -> it.copyRange(-1)));
        assertEquals("threshold 0 is less than 1", refused(it -> it.threshold(0)));
        assertTrue(refused(it -> it.timeout(Duration.ofMillis(15))).startsWith("timeout PT0.015S is no multiple"));
        assertTrue(refused(it -> it.timeout(Duration.ofMillis(-10))).startsWith("timeout PT-0.01S"));
        assertTrue(refused(it -> it.timeout(Duration.ofDays(498))).startsWith("timeout"));
    }

    @Test
    void aCopyRangeOfZeroIsTheMaximum() {
        assertEquals(65531, NflogGroup.builder(1).copyRange(0).build().copyRange());
    }

    @Test
    void aBuiltValueDoesNotChangeWithItsBuilder() {
        NflogGroup.Builder builder = NflogGroup.builder(1).threshold(5);
        NflogGroup built = builder.build();
        builder.threshold(6);
        assertEquals(5, built.threshold());
    }

    @Test
    void aSessionNeedsAGroupAndTakesEachOnce() {
        assertThrows(
                IllegalArgumentException.class, () -> NflogOptions.builder().build());
        NflogOptions.Builder builder = NflogOptions.builder().group(30).group(31, it -> it.copyRange(128));
        assertEquals(
                "group 30 was added twice",
                assertThrows(IllegalArgumentException.class, () -> builder.group(30))
                        .getMessage());
        assertEquals(128, builder.build().groups().get(1).copyRange());
    }

    @Test
    void onlyFamiliesWithALoggerCanBeClaimed() {
        NflogOptions.Builder builder = NflogOptions.builder().group(0);
        assertThrows(IllegalArgumentException.class, () -> builder.claimLogger(AddressFamily.UNSPEC));
        assertEquals(Set.of(), builder.build().claimedLoggers());
        assertEquals(
                Set.of(AddressFamily.IPV4, AddressFamily.IPV6),
                builder.claimLogger(AddressFamily.IPV4, AddressFamily.IPV6)
                        .build()
                        .claimedLoggers());
    }

    @Test
    void theReceiveBufferIsBounded() {
        NflogOptions.Builder builder = NflogOptions.builder().group(0);
        assertThrows(IllegalArgumentException.class, () -> builder.receiveBuffer(4095));
        assertThrows(IllegalArgumentException.class, () -> builder.receiveBuffer(1 << 30));
        assertEquals(64 << 20, builder.build().receiveBuffer());
    }
}
