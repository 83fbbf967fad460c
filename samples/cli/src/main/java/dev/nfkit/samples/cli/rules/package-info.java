/** The command rules: lists, checks and applies rulesets of nftables. */
@NullMarked
package dev.nfkit.samples.cli.rules;

import org.jspecify.annotations.NullMarked;
