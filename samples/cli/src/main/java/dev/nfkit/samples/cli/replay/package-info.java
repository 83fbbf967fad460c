// SPDX-License-Identifier: Apache-2.0
/** The command replay: prints a recording by the code that prints live traffic. */
@NullMarked
package dev.nfkit.samples.cli.replay;

import org.jspecify.annotations.NullMarked;
