// SPDX-License-Identifier: Apache-2.0
/** Differences of lists. */
@NullMarked
package dev.nfkit.nftables.edit;

import org.jspecify.annotations.NullMarked;
