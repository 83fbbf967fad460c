// SPDX-License-Identifier: Apache-2.0
/**
 * The expressions of nftables: what a rule reads from a packet ({@code tcp dport}, {@code ct mark}), and the values that
 * it compares this with or writes ({@code 443}, {@code 10.0.0.0/8}, {@code @blocked}).
 *
 * <p>All types are immutable values, safe for any number of threads. Numbers are kept as numbers, not as bytes of a
 * register: the byte order of the machine plays no part here.
 *
 * <p>Follows nft(8).
 */
@NullMarked
package dev.nfkit.nftables.expression;

import org.jspecify.annotations.NullMarked;
