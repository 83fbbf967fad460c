// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.List;
import java.util.Optional;

/**
 * The types of a set's keys and of a map's data. More than one type is a concatenation.
 *
 * @param key the types of a key, at least one
 * @param data the types of the data; none for a set without data
 * @param interval whether elements may be intervals ({@code flags interval}); the kernel then keeps keys in network order
 */
public record SetType(List<DataType> key, List<DataType> data, boolean interval) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if the key has no type
     */
    public SetType {
        key = List.copyOf(key);
        data = List.copyOf(data);
        if (key.isEmpty()) {
            throw new IllegalArgumentException("a key has at least one type");
        }
    }

    /**
     * The types of a set whose elements are single values.
     *
     * @param key the types of a key, at least one
     * @param data the types of the data; none for a set without data
     * @throws IllegalArgumentException if the key has no type
     */
    public SetType(List<DataType> key, List<DataType> data) {
        this(key, data, false);
    }

    /** The sets that a rule may refer to: those of its table. */
    @FunctionalInterface
    public interface Lookup {
        /** No sets. */
        Lookup NONE = name -> Optional.empty();

        /**
         * The type of a set.
         *
         * @param name the set's name, without the at sign
         * @return the type, or empty if there is no such set
         */
        Optional<SetType> find(String name);
    }
}
