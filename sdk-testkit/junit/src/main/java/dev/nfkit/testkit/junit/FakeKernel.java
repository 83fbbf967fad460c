package dev.nfkit.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A parameter of a test that is a kernel in memory: a {@link dev.nfkit.testkit.FakeNetfilter}, or any type that it is.
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
 * <p>Each test has one kernel: a test method, its {@code @BeforeEach} and its {@code @AfterEach} methods that ask for it
 * get the same one. Behind the test's last method {@link dev.nfkit.testkit.FakeNetfilter#verify()} fails what passed and
 * left something over; to what failed, it adds what was left over.
 *
 * <p>Methods of a whole class ({@code @BeforeAll}) and constructors get none: a kernel is one test's.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NetfilterExtension.class)
public @interface FakeKernel {
    /**
     * What the kernel's time follows. Of several parameters of a test, the first one that JUnit fills decides, and
     * another value is refused.
     *
     * @return the clock; automatic unless given
     */
    Time time() default Time.AUTOMATIC;

    /**
     * Whether what is left over behind the test fails it.
     *
     * @return true unless given
     */
    boolean verify() default true;
}
