// SPDX-License-Identifier: Apache-2.0
/**
 * nftables: tables, chains, sets and other objects of the ruleset, changed by atomic batches and listed.
 *
 * <p>Begin with {@link dev.nfkit.nftables.Nftables}.
 */
@NullMarked
package dev.nfkit.nftables;

import org.jspecify.annotations.NullMarked;
