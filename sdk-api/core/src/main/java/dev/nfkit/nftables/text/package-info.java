// SPDX-License-Identifier: Apache-2.0
/**
 * The language of nft as text: a lexer and parsers that read the values of {@code expression} and {@code statement}, and
 * a printer that writes them as {@code nft list ruleset} does. {@link dev.nfkit.nftables.text.RuleParser} and
 * {@link dev.nfkit.nftables.text.RulePrinter} are the entry points.
 *
 * <p>A parser is used by one thread; tables of symbols are immutable.
 *
 * <p>Follows nft(8); the printed form follows nft 1.0.6.
 */
@NullMarked
package dev.nfkit.nftables.text;

import org.jspecify.annotations.NullMarked;
