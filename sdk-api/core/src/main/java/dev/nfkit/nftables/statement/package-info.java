// SPDX-License-Identifier: Apache-2.0
/**
 * The statements of nftables: a rule is a list of them. A {@link dev.nfkit.nftables.statement.Match} ends the rule if
 * it does not apply; the others count, log, queue, change or decide.
 *
 * <p>All types are immutable values, safe for any number of threads.
 *
 * <p>Follows nft(8).
 */
@NullMarked
package dev.nfkit.nftables.statement;

import org.jspecify.annotations.NullMarked;
