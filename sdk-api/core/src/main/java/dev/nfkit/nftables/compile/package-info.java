// SPDX-License-Identifier: Apache-2.0
/**
 * Translates statements to instructions of the kernel. The result is the same as nft's: the same instructions in the
 * same registers, with the matches that a header's presence requires ({@code meta l4proto} before {@code tcp dport}).
 *
 * <p>Follows {@code netlink_linearize.c}, {@code evaluate.c}, {@code payload.c} and {@code segtree.c} of nftables.
 */
@NullMarked
package dev.nfkit.nftables.compile;

import org.jspecify.annotations.NullMarked;
