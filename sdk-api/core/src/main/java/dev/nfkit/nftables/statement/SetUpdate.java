// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Names;
import dev.nfkit.nftables.expression.Stateful;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Changes a named set by the packet, such as {@code update @seen { ip saddr timeout 1m }}.
 *
 * <p>Follows {@code nft_dynset.c}.
 *
 * @param operation the change
 * @param set the set's name, without the at sign
 * @param key the element's key
 * @param data the element's data, for a map
 * @param timeout how long the element exists; the set's own if absent
 * @param state what the element counts or limits
 */
public record SetUpdate(
        Operation operation,
        String set,
        Expression key,
        Optional<Expression> data,
        Optional<Duration> timeout,
        List<Stateful> state)
        implements Statement {
    /** A change of a set ({@code NFT_DYNSET_OP_*}): the constants' order is the kernel's. */
    public enum Operation {
        /** Adds the element, if it does not exist. */
        ADD,
        /** Adds the element, or renews its timeout. */
        UPDATE,
        /** Removes the element. */
        DELETE
    }

    /**
     * Copies the states.
     *
     * @throws IllegalArgumentException if the name is not one of nftables
     */
    public SetUpdate {
        Names.require("set", set);
        state = List.copyOf(state);
    }
}
