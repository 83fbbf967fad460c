// SPDX-License-Identifier: Apache-2.0
/** Benchmarks of nfkit. */
@NullMarked
package dev.nfkit.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
