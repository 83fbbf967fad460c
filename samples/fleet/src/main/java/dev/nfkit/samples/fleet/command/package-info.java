// SPDX-License-Identifier: Apache-2.0
/** The command line of the fleet. */
@NullMarked
package dev.nfkit.samples.fleet.command;

import org.jspecify.annotations.NullMarked;
