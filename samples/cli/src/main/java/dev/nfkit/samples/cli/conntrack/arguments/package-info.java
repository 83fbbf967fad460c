// SPDX-License-Identifier: Apache-2.0
/** The options of conntrack(8), and what they select, create and change. */
@NullMarked
package dev.nfkit.samples.cli.conntrack.arguments;

import org.jspecify.annotations.NullMarked;
