// SPDX-License-Identifier: Apache-2.0
/** The command capture: writes and prints logged packets. */
@NullMarked
package dev.nfkit.samples.cli.capture;

import org.jspecify.annotations.NullMarked;
