// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test parameter that is a kernel in memory: a {@link dev.nfkit.testkit.FakeNetfilter}, or any of its supertypes.
 *
 * <pre>{@code
 * @Test
 * void dropsTelnet(@FakeKernel FakeNetfilter kernel) throws Exception {
 *     try (NfqueueSession session = NfqueueSession.open(kernel, options)) {
 *         kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.tcp4()));
 *         session.poll(firewall, Duration.ZERO);
 *     }
 *     assertTrue(kernel.nfqueue().decided().get(0).dropped());
 * }
 * }</pre>
 *
 * <p>Each test has one kernel: a test method, its {@code @BeforeEach} and its {@code @AfterEach} methods get the same
 * one. After the test's last method, {@link dev.nfkit.testkit.FakeNetfilter#verify()} fails a test that passed but left
 * something. If the test failed, the error is added as suppressed.
 *
 * <p>Methods of a whole class ({@code @BeforeAll}) and constructors get none: a kernel belongs to one test.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NetfilterExtension.class)
public @interface FakeKernel {
    /**
     * The clock of the kernel. If a test has several parameters, the first one that JUnit fills determines it, and a
     * different value is refused.
     *
     * @return the clock; automatic unless given
     */
    Time time() default Time.AUTOMATIC;

    /**
     * Whether the test fails if it leaves something.
     *
     * @return true unless given
     */
    boolean verify() default true;
}
