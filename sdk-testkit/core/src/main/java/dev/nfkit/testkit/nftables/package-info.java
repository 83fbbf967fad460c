// SPDX-License-Identifier: Apache-2.0
/**
 * The requests of nftables, executed on the ruleset in memory as in {@code nf_tables_api.c}: batches, dumps and
 * notifications.
 */
@NullMarked
package dev.nfkit.testkit.nftables;

import org.jspecify.annotations.NullMarked;
