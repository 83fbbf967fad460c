// SPDX-License-Identifier: Apache-2.0
/** The command top: the busiest connections. */
@NullMarked
package dev.nfkit.samples.cli.top;

import org.jspecify.annotations.NullMarked;
