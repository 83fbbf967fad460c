/** Differences of lists. */
@NullMarked
package dev.nfkit.nftables.edit;

import org.jspecify.annotations.NullMarked;
