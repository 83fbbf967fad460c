// SPDX-License-Identifier: Apache-2.0
/**
 * What the rules did with packets: the messages of packets that a rule with {@code meta nftrace set 1} marked, composed to
 * each packet's path through the chains.
 */
@NullMarked
package dev.nfkit.nftables.trace;

import org.jspecify.annotations.NullMarked;
