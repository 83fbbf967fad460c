// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Optional;

/**
 * What a rule reads from the connection of a packet, such as {@code ct state} or {@code ct original bytes}.
 *
 * @param key what is read
 * @param direction the direction that it is read of, or empty for what both have in common
 */
public record ConnectionSelector(ConnectionKey key, Optional<Direction> direction) implements Selector {
    /** {@code ct state}. */
    public static final ConnectionSelector STATE = of(ConnectionKey.STATE);
    /** {@code ct mark}. */
    public static final ConnectionSelector MARK = of(ConnectionKey.MARK);

    /** A direction of a connection ({@code IP_CT_DIR_*}): the constants' order is the kernel's. */
    public enum Direction {
        /** From the host that began the connection. */
        ORIGINAL,
        /** To the host that began the connection. */
        REPLY
    }

    /**
     * Reads what both directions have in common.
     *
     * @param key what is read
     * @return the selector
     */
    public static ConnectionSelector of(ConnectionKey key) {
        return new ConnectionSelector(key, Optional.empty());
    }

    /**
     * Reads a value of one direction.
     *
     * @param key what is read
     * @param direction the direction
     * @return the selector
     */
    public static ConnectionSelector of(ConnectionKey key, Direction direction) {
        return new ConnectionSelector(key, Optional.of(direction));
    }

    @Override
    public DataType type() {
        return key.type();
    }

    @Override
    public int bits() {
        return key.bits();
    }

    @Override
    public boolean hostOrder() {
        return key.hostOrder();
    }
}
