package dev.nfkit.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A parameter of a test that replays a recording: a {@link dev.nfkit.testkit.ReplayTransport}, or any type that it is,
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
 * <p>Each parameter gets a replay of its own, from the recording's start. Behind the test's last method the replay is
 * closed, which fails what passed and left something over: a request that was not made, a packet that was not read. To
 * what failed, it adds what was left over.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NetfilterExtension.class)
public @interface Replay {
    /**
     * The recording: a file in the package of the test's class, or from the root of the class path.
     *
     * @return the file's name there
     */
    String value();

    /**
     * Whether what is sent need not be what was sent then ({@link dev.nfkit.testkit.Traces#lenient}): what was received
     * is given to whatever sessions there are, and their configuration is acknowledged.
     *
     * @return false unless given: what is sent is compared
     */
    boolean lenient() default false;

    /**
     * Whether what is left over behind the test fails it.
     *
     * @return true unless given
     */
    boolean verify() default true;
}
