/**
 * The language in which rules say which packets they mean: {@code udp dport 53 and not src 10.0.0.0/8}. It borrows its
 * words from tcpdump and nft.
 */
@NullMarked
package dev.nfkit.samples.cli.filter;

import org.jspecify.annotations.NullMarked;
