// SPDX-License-Identifier: Apache-2.0
/**
 * Rules, chains and tables step by step. {@link dev.nfkit.nftables.build.TableBuilder} and {@link
 * dev.nfkit.nftables.build.RuleBuilder} make the same values as text does.
 */
@NullMarked
package dev.nfkit.nftables.build;

import org.jspecify.annotations.NullMarked;
