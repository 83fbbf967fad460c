// SPDX-License-Identifier: Apache-2.0
/** Connections, expectations and events as lines, XML, JSON, and commands that create them again. */
@NullMarked
package dev.nfkit.samples.cli.conntrack.print;

import org.jspecify.annotations.NullMarked;
