// SPDX-License-Identifier: Apache-2.0
/**
 * Filters for packets in the program: {@code udp dport 53 and not src 10.0.0.0/8}. The language borrows its keywords from
 * tcpdump and nft.
 *
 * <p>{@link dev.nfkit.filter.PacketFilter} is a filter, {@link dev.nfkit.filter.FilterView} the packet that it looks at.
 */
@NullMarked
package dev.nfkit.filter;

import org.jspecify.annotations.NullMarked;
