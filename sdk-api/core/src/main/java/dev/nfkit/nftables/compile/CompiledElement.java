// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Data;
import dev.nfkit.nftables.expression.SetElement;
import org.jspecify.annotations.Nullable;

/**
 * An element of a set, as bytes.
 *
 * @param key the key; of an interval its first value, or the first value after it if {@code end} is set; null for the
 *     element that matches what no other does
 * @param keyEnd the last value, of an interval in a concatenation
 * @param data the data of a map's element
 * @param object the name of an object, in a map of objects
 * @param end whether an interval ends before the key ({@code NFT_SET_ELEM_INTERVAL_END})
 * @param source the element that it was made of; null for the end of an interval
 */
public record CompiledElement(
        @Nullable Constant key,
        @Nullable Constant keyEnd,
        @Nullable Data data,
        @Nullable String object,
        boolean end,
        @Nullable SetElement source) {}
