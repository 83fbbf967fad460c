// SPDX-License-Identifier: Apache-2.0
/** The ruleset of nftables that the kernel in memory keeps: tables, chains, rules, sets, elements and objects. */
@NullMarked
package dev.nfkit.testkit.ruleset;

import org.jspecify.annotations.NullMarked;
