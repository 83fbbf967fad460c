// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.expression.SetType;
import java.util.List;

/**
 * A set that a rule contains.
 *
 * @param id the number that the rule refers to it by, within the batch
 * @param name the name; {@code __set%d} and the like, for which the kernel finds a number
 * @param type the types of keys and data
 * @param keyBytes the bytes of a key
 * @param dataBytes the bytes of the data; 0 for a set without data and for verdicts
 * @param hostKeys whether keys are in the byte order of the machine
 * @param hostData whether the data is
 * @param fieldBytes the bytes of each field of a concatenation; empty if the key is none
 * @param flags {@code NFT_SET_*}
 * @param objectType {@code NFT_OBJECT_*} of a map of objects, otherwise 0
 * @param size the largest number of elements; 0 for no limit
 * @param elements the elements
 */
public record CompiledSet(
        long id,
        String name,
        SetType type,
        int keyBytes,
        int dataBytes,
        boolean hostKeys,
        boolean hostData,
        List<Integer> fieldBytes,
        int flags,
        int objectType,
        int size,
        List<CompiledElement> elements) {
    /** {@code NFT_SET_ANONYMOUS}. */
    public static final int ANONYMOUS = 1;
    /** {@code NFT_SET_CONSTANT}. */
    public static final int CONSTANT = 2;
    /** {@code NFT_SET_INTERVAL}. */
    public static final int INTERVAL = 4;
    /** {@code NFT_SET_MAP}. */
    public static final int MAP = 8;
    /** {@code NFT_SET_TIMEOUT}. */
    public static final int TIMEOUT = 0x10;
    /** {@code NFT_SET_EVAL}. */
    public static final int EVAL = 0x20;
    /** {@code NFT_SET_OBJECT}. */
    public static final int OBJECT = 0x40;
    /** {@code NFT_SET_CONCAT}. */
    public static final int CONCAT = 0x80;

    /** Copies the lists. */
    public CompiledSet {
        fieldBytes = List.copyOf(fieldBytes);
        elements = List.copyOf(elements);
    }
}
