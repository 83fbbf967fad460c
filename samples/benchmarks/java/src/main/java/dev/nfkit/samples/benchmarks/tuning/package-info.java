// SPDX-License-Identifier: Apache-2.0
/** Measures what the options of sessions do, on the running kernel. */
@NullMarked
package dev.nfkit.samples.benchmarks.tuning;

import org.jspecify.annotations.NullMarked;
