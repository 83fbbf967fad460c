// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test parameter that replays a recording: a {@link dev.nfkit.testkit.ReplayTransport}, or any of its supertypes,
 * such as {@code NetlinkTransport}.
 *
 * <pre>{@code
 * @Test
 * void namesWhoAsked(@Replay("dns.pcapng") NetlinkTransport recorded) throws Exception {
 *     try (NflogSession session = NflogSession.open(recorded, options)) {
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <p>Each parameter gets a replay of its own, from the recording's start. After the test's last method the replay is
 * closed. That fails a test that passed but left something: a request that was not sent, or a packet that was not read.
 * If the test failed, the error is added as suppressed.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NetfilterExtension.class)
public @interface Replay {
    /**
     * The recording: a file in the package of the test's class, or from the root of the class path.
     *
     * @return the file's name relative to one of these
     */
    String value();

    /**
     * Whether sent messages may differ from the recorded ones ({@link dev.nfkit.testkit.Traces#lenient}). Then the
     * received messages are delivered to any sessions, and their configuration is acknowledged.
     *
     * @return false unless given: sent messages are compared
     */
    boolean lenient() default false;

    /**
     * Whether the test fails if it leaves something.
     *
     * @return true unless given
     */
    boolean verify() default true;
}
