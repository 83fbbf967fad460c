// SPDX-License-Identifier: Apache-2.0
/** Commands without the texts of their help, for a quick start. */
@NullMarked
package dev.nfkit.samples.cli.outline;

import org.jspecify.annotations.NullMarked;
