// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An element of a set or map.
 *
 * <pre>{@code
 * SetElement.of(Constant.address(host)).timeout(Duration.ofMinutes(5))
 * }</pre>
 *
 * @param key a {@link Constant}, {@link Text}, {@link Prefix}, {@link Interval}, {@link Wildcard}, or a {@link
 *     Concatenation} of these
 * @param data the data of a map's element: a value, or a {@link Verdict}
 * @param timeout how long the element exists; the set's own if absent
 * @param expires how long the element still exists; the timeout if absent
 * @param comment a comment, at most 128 bytes
 * @param state what the element counts or limits, such as a counter
 */
public record SetElement(
        Expression key,
        Optional<Expression> data,
        Optional<Duration> timeout,
        Optional<Duration> expires,
        Optional<String> comment,
        List<Stateful> state) {
    /**
     * Copies the states.
     *
     * @throws IllegalArgumentException if a duration is not positive
     */
    public SetElement {
        state = List.copyOf(state);
        requirePositive("timeout", timeout);
        requirePositive("expires", expires);
    }

    private static void requirePositive(String name, Optional<Duration> duration) {
        if (duration.isPresent()
                && (duration.get().isNegative() || duration.get().isZero())) {
            throw new IllegalArgumentException(name + " " + duration.get() + " is not positive");
        }
    }

    /**
     * An element of a set.
     *
     * @param key the key
     * @return the element
     */
    public static SetElement of(Expression key) {
        return new SetElement(key, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    }

    /**
     * An element of a map.
     *
     * @param key the key
     * @param data the data
     * @return the element
     */
    public static SetElement of(Expression key, Expression data) {
        return new SetElement(key, Optional.of(data), Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    }

    /**
     * The element with a timeout.
     *
     * @param timeout how long it exists; the kernel keeps milliseconds
     * @return a new element
     * @throws IllegalArgumentException if the timeout is not positive
     */
    public SetElement timeout(Duration timeout) {
        return new SetElement(key, data, Optional.of(timeout), expires, comment, state);
    }

    /**
     * The element with a comment.
     *
     * @param comment the comment
     * @return a new element
     */
    public SetElement comment(String comment) {
        return new SetElement(key, data, timeout, expires, Optional.of(comment), state);
    }
}
