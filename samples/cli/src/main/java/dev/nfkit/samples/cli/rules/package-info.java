// SPDX-License-Identifier: Apache-2.0
/** The command rules: lists, checks, applies and monitors rulesets of nftables. */
@NullMarked
package dev.nfkit.samples.cli.rules;

import org.jspecify.annotations.NullMarked;
