// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.FakeNetfilter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Tests that leave something, or that request what does not exist. */
class LeftOverTest {
    static class Forgetful {
        @Test
        void leavesASocketOpen(@FakeKernel FakeNetfilter kernel) throws Exception {
            kernel.open(12);
        }

        @Test
        void leavesASocketOpenAsItMay(@FakeKernel(verify = false) FakeNetfilter kernel) throws Exception {
            kernel.open(12);
        }

        @Test
        void failsAndLeavesASocketOpen(@FakeKernel FakeNetfilter kernel) throws Exception {
            kernel.open(12);
            fail("the first failure");
        }

        @Test
        void readsNoRecording(@Replay("traces/nflog/nflog-ipv4-icmp.pcap") NetlinkTransport recorded) {}

        @Test
        void wantsARecordingThatIsNotThere(@Replay("nowhere.pcapng") NetlinkTransport recorded) {}

        @Test
        void wantsTwoClocks(@FakeKernel FakeNetfilter one, @FakeKernel(time = Time.MANUAL) FakeNetfilter other) {
            fail("not reached: " + one + other);
        }

        @Test
        void wantsAnotherType(@FakeKernel String text) {
            fail("not reached: " + text);
        }
    }

    static class OfAClass {
        @BeforeAll
        static void begin(@FakeKernel FakeNetfilter kernel) {
            fail("not reached: " + kernel);
        }

        @Test
        void isNotReached() {}
    }

    private static Throwable failure(Class<?> tests, String method) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .execute()
                .allEvents()
                .failed()
                .stream()
                .filter(event -> method.isEmpty()
                        || event.getTestDescriptor().getDisplayName().startsWith(method))
                .findFirst()
                .orElseThrow(() -> new AssertionError(method + " did not fail"))
                .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
    }

    @Test
    void aTestThatLeavesSomethingFails() {
        assertTrue(failure(Forgetful.class, "leavesASocketOpen(").getMessage().contains("is open"));
    }

    @Test
    void aFailureKeepsWhatWasLeftAsSuppressed() {
        Throwable failure = failure(Forgetful.class, "failsAndLeaves");
        assertEquals("the first failure", failure.getMessage());
        assertTrue(failure.getSuppressed()[0].getMessage().contains("is open"));
    }

    @Test
    void aTestThatMayLeaveSomethingPasses() {
        long passed = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Forgetful.class))
                .execute()
                .testEvents()
                .succeeded()
                .stream()
                .map(Event::getTestDescriptor)
                .filter(test -> test.getDisplayName().startsWith("leavesASocketOpenAsItMay"))
                .count();
        assertEquals(1, passed);
    }

    @Test
    void aTestThatDoesNotReadItsRecordingFails() {
        String message = failure(Forgetful.class, "readsNoRecording").getMessage();
        assertTrue(message.contains("no socket was opened"), message);
    }

    @Test
    void aMissingRecordingIsNamed() {
        String message = failure(Forgetful.class, "wantsARecording").getMessage();
        assertTrue(message.contains("nowhere.pcapng"), message);
    }

    @Test
    void aTestHasOneKernel() {
        String message = failure(Forgetful.class, "wantsTwoClocks").getMessage();
        assertTrue(message.contains("a test has one kernel"), message);
    }

    @Test
    void aParameterOfAnotherTypeIsRefusedByName() {
        String message = failure(Forgetful.class, "wantsAnotherType").getMessage();
        assertTrue(message.contains("java.lang.String, which no FakeNetfilter is"), message);
    }

    @Test
    void methodsOfAWholeClassGetNoKernel() {
        String message = failure(OfAClass.class, "").getMessage();
        assertTrue(message.contains("a kernel belongs to one test"), message);
    }
}
