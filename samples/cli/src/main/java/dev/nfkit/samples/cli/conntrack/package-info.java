// SPDX-License-Identifier: Apache-2.0
/** The command conntrack: reads and changes the table, shows events, and executes files of commands. */
@NullMarked
package dev.nfkit.samples.cli.conntrack;

import org.jspecify.annotations.NullMarked;
