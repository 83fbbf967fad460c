// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test parameter that is a network namespace on the running kernel, a {@link dev.nfkit.testkit.live.TestNamespace}, or a
 * pair of connected ones, a {@link dev.nfkit.testkit.live.TestNetwork}. It needs the artifact {@code nfkit-testkit-live}.
 *
 * <pre>{@code
 * @Test
 * void repeatsALostQuery(@Netns TestNetwork network) throws Exception {
 *     InjectedFaults faults = network.server().inject("udp dport 53", f -> f.dropFirst(1));
 *     DatagramSocket server = network.server().call(() -> new DatagramSocket(53));
 *     ...
 *     assertEquals(1, faults.dropped());
 * }
 * }</pre>
 *
 * <p>Each test has one namespace and one network: a test method, its {@code @BeforeEach} and its {@code @AfterEach} methods
 * get the same ones. They are closed after the test's last method, whether it passed or failed.
 *
 * <p>If no namespace can be made, for lack of {@code CAP_SYS_ADMIN} or because this is not Linux, the test is skipped with the
 * reason; the whole class is if a {@code @BeforeEach} or {@code @AfterEach} method has the parameter. With {@code
 * -Dnfkit.live=required} the test fails instead.
 *
 * <p>Methods of a whole class ({@code @BeforeAll}) and constructors get none: a namespace belongs to one test.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NetnsExtension.class)
public @interface Netns {}
