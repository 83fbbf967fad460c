// SPDX-License-Identifier: Apache-2.0
/** The command queue: decides queued packets by rules. */
@NullMarked
package dev.nfkit.samples.cli.queue;

import org.jspecify.annotations.NullMarked;
