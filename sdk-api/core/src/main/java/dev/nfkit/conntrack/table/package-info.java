// SPDX-License-Identifier: Apache-2.0
/** The table of connections: its client, its counters, and its expectations. */
@NullMarked
package dev.nfkit.conntrack.table;

import org.jspecify.annotations.NullMarked;
