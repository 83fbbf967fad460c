// SPDX-License-Identifier: Apache-2.0
/** The programs of the cookbook, {@code docs/cookbook}. */
@NullMarked
package dev.nfkit.samples.cookbook;

import org.jspecify.annotations.NullMarked;
