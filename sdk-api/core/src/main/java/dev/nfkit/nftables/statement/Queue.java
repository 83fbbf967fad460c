// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import java.math.BigInteger;

/**
 * Passes the packet to user space, and continues with the verdict that it gets there.
 *
 * <p>Follows {@code nft_queue.c}; the kernel needs {@code CONFIG_NFT_QUEUE}.
 *
 * @param number a queue as a {@link Constant}, several as an {@link Interval}, or an expression that yields the number
 * @param bypass whether the packet is accepted if the queue has no listener, instead of being dropped
 * @param fanout whether the CPU chooses among several queues, instead of a hash of the addresses
 */
public record Queue(Expression number, boolean bypass, boolean fanout) implements Statement {
    private static final int BITS = 16;

    /**
     * Passes packets to one queue.
     *
     * @param number 0 to 65535
     * @return the statement
     * @throws IllegalArgumentException if the number is out of range
     */
    public static Queue to(int number) {
        return new Queue(number(number), false, false);
    }

    /**
     * Distributes packets over several queues, by a hash of their addresses.
     *
     * @param from the first queue, 0 to 65535
     * @param to the last queue, from the first to 65535
     * @return the statement
     * @throws IllegalArgumentException if a number is out of range
     */
    public static Queue to(int from, int to) {
        return new Queue(new Interval(number(from), number(to)), false, false);
    }

    private static Constant number(int number) {
        return new Constant(DataType.INTEGER, BITS, BigInteger.valueOf(number));
    }
}
