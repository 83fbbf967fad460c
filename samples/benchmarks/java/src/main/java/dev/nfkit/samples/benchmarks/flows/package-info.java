// SPDX-License-Identifier: Apache-2.0
/** What the meter of flows costs. The script samples/benchmarks/flows starts these programs. */
@NullMarked
package dev.nfkit.samples.benchmarks.flows;

import org.jspecify.annotations.NullMarked;
