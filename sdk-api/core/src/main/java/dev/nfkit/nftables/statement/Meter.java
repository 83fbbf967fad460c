// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Names;
import dev.nfkit.nftables.expression.Stateful;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A limit or counter for each key, such as {@code meter flood { ip saddr limit rate 10/second }}. It is a set that the
 * rule creates; nft recommends a named set and {@link SetUpdate}.
 *
 * @param name the name of the set
 * @param size the largest number of elements; the kernel's own if absent
 * @param key what the elements are for
 * @param timeout how long an element exists after its last use
 * @param state what each element counts or limits
 */
public record Meter(String name, OptionalLong size, Expression key, Optional<Duration> timeout, Stateful state)
        implements Statement {
    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is not one of nftables
     */
    public Meter {
        Names.require("meter", name);
    }
}
