// SPDX-License-Identifier: Apache-2.0
/** A command line over nfkit. */
@NullMarked
package dev.nfkit.samples.cli;

import org.jspecify.annotations.NullMarked;
