// SPDX-License-Identifier: Apache-2.0
/** {@code nfkit explain}. */
@NullMarked
package dev.nfkit.samples.cli.explain;

import org.jspecify.annotations.NullMarked;
