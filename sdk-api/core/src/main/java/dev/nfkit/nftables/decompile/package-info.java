// SPDX-License-Identifier: Apache-2.0
/**
 * Translates instructions of the kernel back to statements. Matches that a header requires are left out again, as nft
 * does: {@code meta l4proto tcp tcp dport 22} is {@code tcp dport 22}.
 *
 * <p>Follows {@code netlink_delinearize.c}, {@code payload.c} and {@code segtree.c} of nftables.
 */
@NullMarked
package dev.nfkit.nftables.decompile;

import org.jspecify.annotations.NullMarked;
