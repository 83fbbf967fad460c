// SPDX-License-Identifier: Apache-2.0
/** Groups of options that several commands have, and the conversion of their values. */
@NullMarked
package dev.nfkit.samples.cli.arguments;

import org.jspecify.annotations.NullMarked;
