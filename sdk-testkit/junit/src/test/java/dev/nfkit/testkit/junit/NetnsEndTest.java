// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.nfkit.SystemCallException;
import dev.nfkit.testkit.live.TestNamespace;
import dev.nfkit.testkit.live.TestNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Tests that fail, that request what does not exist, or that cannot run. */
class NetnsEndTest {
    private static final AtomicReference<TestNamespace> USED = new AtomicReference<>();

    static class Failing {
        @Test
        void fails(@Netns TestNamespace namespace, @Netns TestNetwork network) {
            USED.set(namespace);
            fail("the first failure");
        }

        @Test
        void wantsAnotherType(@Netns String text) {
            fail("not reached: " + text);
        }
    }

    static class OfAClass {
        @BeforeAll
        static void begin(@Netns TestNamespace namespace) {
            fail("not reached: " + namespace);
        }

        @Test
        void isNotReached() {}
    }

    static class Permitted {
        @Test
        void isReached(@Netns TestNamespace namespace) {}
    }

    private static EngineExecutionResults run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .execute();
    }

    private static Throwable failure(Class<?> tests, String method) {
        return run(tests).allEvents().failed().stream()
                .filter(event -> event.getTestDescriptor().getDisplayName().startsWith(method))
                .findFirst()
                .orElseThrow(() -> new AssertionError(method + " did not fail"))
                .getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
    }

    private static void assumeNamespaces() {
        TestNamespace.skipReason().ifPresent(reason -> assumeTrue(false, reason));
    }

    @Test
    void aFailedTestLeavesNoNamespace() throws Exception {
        assumeNamespaces();
        assertEquals("the first failure", failure(Failing.class, "fails(").getMessage());
        TestNamespace used = USED.get();
        assertThrows(IllegalStateException.class, () -> used.inject("", faults -> {}));
        // The kernel ends a thread a moment after Java knows that it has ended.
        for (int i = 0; i < 3000; i++) {
            try {
                used.call(() -> "alive");
            } catch (SystemCallException e) {
                return;
            }
            Thread.sleep(10);
        }
        fail(used + " is alive");
    }

    @Test
    void aParameterOfAnotherTypeIsRefusedByName() {
        assumeNamespaces();
        String message = failure(Failing.class, "wantsAnotherType").getMessage();
        assertTrue(message.contains("java.lang.String: @Netns is for TestNamespace and TestNetwork"), message);
    }

    @Test
    void methodsOfAWholeClassGetNone() {
        assumeNamespaces();
        String message = failure(OfAClass.class, "").getMessage();
        assertTrue(message.contains("a namespace belongs to one test"), message);
    }

    /** Runs a test in a process that lacks the capability. */
    @Test
    void withoutTheCapabilityATestIsSkippedWithTheReasonOrFailsWithIt() throws Exception {
        assumeNamespaces();
        Process child = new ProcessBuilder(
                        "setpriv",
                        "--bounding-set=-sys_admin",
                        "--inh-caps=-sys_admin",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NetnsEndTest.class.getName())
                .redirectErrorStream(true)
                .start();
        List<String> lines = child.inputReader().lines().toList();
        assertEquals(0, child.waitFor(), lines::toString);
        assertTrue(lines.contains("skipped 1, passed 0, failed 0"), lines::toString);
        assertTrue(lines.contains("skipped 0, passed 0, failed 1"), lines::toString);
        assertEquals(
                2, lines.stream().filter(line -> line.contains("CAP_SYS_ADMIN")).count(), lines::toString);
        assertFalse(lines.isEmpty());
    }

    /** The part of the test that runs in a process of its own. */
    public static void main(String[] arguments) {
        for (String live : List.of("auto", "required")) {
            System.setProperty("nfkit.live", live);
            EngineExecutionResults results = run(Permitted.class);
            System.out.printf(
                    "skipped %d, passed %d, failed %d%n",
                    results.testEvents().skipped().count(),
                    results.testEvents().succeeded().count(),
                    results.testEvents().failed().count());
            results.testEvents().skipped().stream()
                    .map(event -> event.getRequiredPayload(String.class))
                    .forEach(System.out::println);
            results.testEvents().failed().stream().map(NetnsEndTest::message).forEach(System.out::println);
        }
    }

    private static String message(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .map(Throwable::getMessage)
                .orElse("");
    }
}
