/**
 * The language of rules for matching packets: {@code udp dport 53 and not src 10.0.0.0/8}. It borrows its keywords from
 * tcpdump and nft.
 */
@NullMarked
package dev.nfkit.samples.cli.filter;

import org.jspecify.annotations.NullMarked;
