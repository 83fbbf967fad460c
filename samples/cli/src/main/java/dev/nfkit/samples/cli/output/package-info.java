// SPDX-License-Identifier: Apache-2.0
/** Printers of packets and attributes as text and JSON, standard output, standard error and the terminal. */
@NullMarked
package dev.nfkit.samples.cli.output;

import org.jspecify.annotations.NullMarked;
