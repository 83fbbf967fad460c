// SPDX-License-Identifier: Apache-2.0
/** Names of protocols, states and labels, as conntrack(8) reads and prints them. */
@NullMarked
package dev.nfkit.samples.cli.conntrack.names;

import org.jspecify.annotations.NullMarked;
